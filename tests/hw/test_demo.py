# amaranth: UnusedElaboratable=no
"""A demo: stored samples on the engine, by itself and by a button, told by lights and in text."""

import random
from itertools import pairwise

import pytest

from spikewright_hw.demo import DemoTop, said
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.reference import run
from spikewright_hw.fixed import Format

from .simulation import Simulator

NETWORK = example_network(sizes=(6, 4, 11), steps=2, weight_bits=4, membrane=Format(8, 4))
DIVISOR, PAUSE = 4, 50
draw = random.Random(7)
SAMPLES = [[draw.getrandbits(6) for _ in range(2)] for _ in range(5)]


def expected(sample):
    return run(NETWORK, sample)[0].prediction


def top(**given):
    return DemoTop(**{
        "network": NETWORK, "samples": SAMPLES, "divisor": DIVISOR, "pause": PAUSE, "settle": 8,
        **given,
    })


def watched(demo, cycles, presses=()):
    """Return the predictions in the cycles in which they come, and the bytes on tx."""
    shown, text = [], bytearray()

    async def lights(ctx):
        was = 0
        for cycle in range(cycles):
            ctx.set(demo.button, any(start <= cycle < end for start, end in presses))
            await ctx.tick()
            busy = ctx.get(demo.busy)
            if was and not busy:
                shown.append((cycle, ctx.get(demo.prediction)))
            was = busy

    async def line(ctx):
        while True:
            while ctx.get(demo.tx):
                await ctx.tick()
            levels = []
            for _ in range(10):
                levels.append(ctx.get(demo.tx))
                await ctx.tick().repeat(DIVISOR)
            assert levels[0] == 0 and levels[9] == 1
            text.append(sum(level << place for place, level in enumerate(levels[1:9])))

    simulator = Simulator(demo)
    simulator.add_clock(1e-6)
    simulator.add_testbench(lights)
    simulator.add_testbench(line, background=True)
    simulator.run()
    return shown, bytes(text)


@pytest.mark.parametrize("design", [None, EventDesign(banks=2, share=1)], ids=["default", "banks"])
def test_it_runs_its_samples_again_and_again(design):
    shown, text = watched(top(design=design), 3200)
    answers = [answer for _, answer in shown]
    assert len(answers) > 2 * len(SAMPLES) and len(set(answers)) > 1
    assert answers == [expected(SAMPLES[number % 5]) for number in range(len(answers))]
    told = b"".join(said(answer, outputs=11) for answer in answers)
    assert told.startswith(text) and len(text) > len(told) - 6
    between = [second - first for (first, _), (second, _) in pairwise(shown)]
    assert min(between) > PAUSE


def test_from_the_first_press_on_each_press_runs_one():
    """Bounces of less than eight cycles are none."""
    presses = [(500, 503), (1000, 1100), (1102, 1105), (2000, 2200), (3000, 3200)]
    shown, _ = watched(top(), 4000, presses)
    after = [cycle for cycle, _ in shown if cycle > 1200]
    assert len([cycle for cycle, _ in shown if cycle < 1000]) > 3, "it begins by itself"
    assert len(after) == 2 and 2000 < after[0] < 2300 and 3000 < after[1] < 3300
    answers = [answer for _, answer in shown]
    assert answers == [expected(SAMPLES[number % 5]) for number in range(len(answers))]


def test_a_class_is_said_in_as_many_digits_as_the_last_one_has():
    assert said(7, outputs=10) == b"7\n" and said(7, outputs=11) == b" 7\n"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"samples": []}, r"^samples are \[\] bitmaps; there is at least one sample, and each has"),
        ({"samples": [[1, 2], [3]]}, r"^samples are \[2, 1\] bitmaps; .* and each has 2$"),
        ({"pause": 0}, "^pause is 0 and settle 8; both are at least 1 cycle$"),
        ({"design": EventDesign(weights="loaded")}, "^weights is 'loaded'; a demo has no host"),
    ],
)
def test_demos_that_cannot_be(wrong, message):
    with pytest.raises(ValueError, match=message):
        top(**wrong)
