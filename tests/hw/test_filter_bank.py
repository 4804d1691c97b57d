# amaranth: UnusedElaboratable=no
# (a component that its constructor refuses is not used)
"""Filter bank: what its definition means, the core in Amaranth's simulator, and what it refuses."""

import math
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from spikewright_hw.audio.bank import Channel, counts, level, magnitude, resonate, spaced
from spikewright_hw.audio.filter_bank import FilterBank, core, sample_cycles

from .simulation import Simulator

EIGHT = spaced(channels=8, low=0.0125, high=0.4375, samples=80)
SMALL = spaced(
    channels=3, low=0.05, high=0.4, samples=4, octaves=5, sample_bits=6, guard=4, fraction=8
)


def tone(frequency: float, count: int, *, size: float = 20_000) -> list[int]:
    return [round(size * math.sin(2 * math.pi * frequency * time)) for time in range(count)]


@pytest.mark.parametrize("channel", range(8))
def test_a_tone_is_heard_best_in_its_band(channel):
    angle = math.atan2(EIGHT.sines[channel], EIGHT.cosines[channel])
    sums = [sum(each) for each in zip(*counts(EIGHT, tone(angle / 2 / math.pi, 2400)), strict=True)]
    assert sums.index(max(sums)) == channel


def test_a_louder_tone_spikes_more_often_by_its_logarithm():
    sums = [
        sum(each[3] for each in counts(EIGHT, tone(0.06, 1600, size=size))[10:])
        for size in (100, 400, 1600, 6400)
    ]
    steps = [b - a for a, b in pairwise(sums)]
    assert min(steps) > 5
    assert max(steps) - min(steps) <= 2
    assert not any(map(any, counts(EIGHT, [0] * 400)))


def test_a_resonator_follows_the_complex_equation(rng):
    channel, state, exact = 4, Channel(), 0j
    one = 1 << EIGHT.fraction
    pole = complex(EIGHT.cosines[channel], EIGHT.sines[channel]) / one
    for _ in range(500):
        sample = rng.randint(-(1 << 15), (1 << 15) - 1)
        state = Channel(*resonate(EIGHT, channel, state, sample))
        exact = pole * exact + sample * 2.0 ** (EIGHT.guard - EIGHT.shifts[channel])
        assert abs(complex(state.real, state.imaginary) - exact) <= 1 / (1 - abs(pole))


@pytest.mark.parametrize("bank", [EIGHT, SMALL])
def test_the_loudest_sound_there_is_stays_within_the_state(bank):
    room, loudest = 1 << bank.state_bits - 1, 1 << bank.sample_bits - 1
    for channel in range(bank.channels):
        angle = math.atan2(bank.sines[channel], bank.cosines[channel])
        state = Channel()
        for time in range(600):  # each sample as large as it may be, and with the state
            sample = -loudest if math.cos(angle * time) < 0 else loudest - 1
            state = Channel(*resonate(bank, channel, state, sample))
            assert max(abs(state.real), abs(state.imaginary)) < room


def test_a_magnitude_is_an_eighth_too_large_at_most(rng):
    for _ in range(500):
        parts = rng.randint(-(1 << 23), 1 << 23), rng.randint(-(1 << 23), 1 << 23)
        assert -1 <= magnitude(*parts) - math.hypot(*parts) <= math.hypot(*parts) / 8


def test_a_level_is_the_logarithm_to_an_eighth():
    bank = replace(EIGHT, floor=0, threshold=1000)
    assert level(bank, 0) == level(bank, 1) == 0
    for size in (2, 3, 100, 1 << 12, (1 << 24) - 1):
        assert 0 <= 8 * math.log2(size) - level(bank, size) < 1.7


def test_no_spike_is_lost_between_steps(rng):
    sound = [rng.randint(-9000, 9000) for _ in range(800)]
    fine = replace(EIGHT, samples=1)
    each = counts(fine, sound)
    summed = [
        [sum(column) for column in zip(*each[first : first + 80], strict=True)]
        for first in range(0, 800, 80)
    ]
    assert counts(EIGHT, sound) == summed
    assert max(map(max, each)) <= 1


def run(dut: FilterBank, sounds, *, stall) -> tuple[list[tuple[int, int]], list[int]]:
    """Run the core on sounds; return what it gave, and the cycles of each sample."""
    given: list[tuple[int, int]] = []
    cycles: list[int] = []

    async def source(ctx):
        for sound in sounds:
            for number, sample in enumerate(sound):
                ctx.set(dut.i.payload, {"sample": sample, "start": number == 0})
                ctx.set(dut.i.valid, 1)
                await ctx.tick().until(dut.i.ready)
                ctx.set(dut.i.valid, 0)
                waited = 1
                while not ctx.get(dut.i.ready):
                    await ctx.tick()
                    waited += 1
                cycles.append(waited)
        await ctx.tick().repeat(300)

    async def sink(ctx):
        while True:
            ctx.set(dut.o.ready, stall())
            _, _, valid, ready, payload = await ctx.tick().sample(
                dut.o.valid, dut.o.ready, dut.o.payload
            )
            if valid and ready:
                given.append((payload.channel, payload.count))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink, background=True)
    simulator.run()
    return given, cycles


@pytest.mark.parametrize("stalls", [False, True])
def test_core_follows_the_definition(stalls, rng):
    top = 1 << SMALL.sample_bits - 1
    sounds = [[rng.randint(-top, top - 1) for _ in range(count)] for count in (17, 3, 24)]
    given, cycles = run(FilterBank(SMALL), sounds, stall=lambda: not stalls or rng.random() < 0.05)
    wanted = [
        (channel, count)
        for sound in sounds for each in counts(SMALL, sound) for channel, count in enumerate(each)
    ]
    assert given == wanted
    assert (set(cycles) == {sample_cycles(3)}) == (not stalls)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cosines": (), "sines": (), "shifts": ()}, "a bank has 1 to 256 channels, not 0"),
        ({"sines": (1, 2)}, "there are 8 cosines and 2 sines; each channel has one of each"),
        ({"shifts": (9,) * 8}, "shifts[0] is 9; it must be a whole number from 0 to 8"),
        (
            {"cosines": (16384,) * 8},
            ("channel 0 has a pole of the radius 1.0027; it must be below 1, or what it once heard "
            "never ends"),
        ),
        (
            {"shifts": (1,) * 8},
            ("the state of channel 0 may come to 74939470, and has room for 8388607; give it a "
            "larger shift, or a pole of a smaller radius"),
        ),
        ({"floor": 191}, "floor is 191; it must be below the highest level, 191"),
        (
            {"threshold": 94},
            ("threshold is 94; it must be at least 95, the most that a sample adds, so that no "
            "sample is due two spikes"),
        ),
        ({"samples": 0}, "samples is 0; it must be a whole number from 1 to 1048576"),
    ],
)
def test_what_is_no_bank_is_refused(changes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(EIGHT, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channels": 1}, "channels is 1; it must be a whole number from 2 to 256"),
        ({"low": 0}, "low is 0; it must be above 0"),
        (
            {"high": 0.5},
            ("low is 0.0125 and high is 0.5 of the samples a second; high must be above low, and "
            "below 0.5"),
        ),
        (
            {"width": 0.02},
            ("band 0 is too narrow for 8 guard bits; make width larger, the bands fewer, or guard "
            "larger"),
        ),
        ({"octaves": 24}, "octaves is 24; it must be a whole number from 1 to 23"),
    ],
)
def test_bands_that_cannot_be_are_refused(changes, message):
    given = {"channels": 8, "low": 0.0125, "high": 0.4375, "samples": 80} | changes
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(**given)
