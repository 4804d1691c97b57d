# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

"""Argmax: the index of the largest value."""

import pytest
from amaranth import Module, Signal

from spikewright_hw.engine.argmax import Argmax, argmax, argmax_latency

from .simulation import Simulator


def largest(values: list[int]) -> int:
    """Index of the largest; of equal ones, the first."""
    return values.index(max(values))


def run(dut: Argmax, offers: list[tuple[list[int], bool]]) -> list[int | None]:
    """Return the index in each cycle, none where it is not valid; one word of values per cycle."""
    given: list[int | None] = []

    async def testbench(ctx):
        for values, valid in [*offers, *[([0] * dut.together, False)] * dut.latency]:
            ctx.set(dut.i_values, values)
            ctx.set(dut.i_valid, valid)
            _, _, index, there = await ctx.tick().sample(dut.o_index, dut.o_valid)
            given.append(index if there else None)

    m = Module()
    m.submodules.dut = dut
    m.d.sync += Signal(name="clocked").eq(1)  # the core of one value has no register
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return given


@pytest.mark.parametrize(
    ("width", "count", "latency"),
    [(4, 1, 1), (3, 2, 1), (8, 3, 1), (2, 5, 2), (16, 10, 2), (3, 17, 3)],
)
def test_every_cycle_a_set_of_values(rng, width, count, latency):
    dut = Argmax(width=width, count=count)
    assert dut.latency == argmax_latency(count) == latency
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    ends = [[low] * count, [high] * count, [0] * count]
    ends += [[high if at == place else low for at in range(count)] for place in range(count)]
    ends += [[-1 if at < place else 0 for at in range(count)] for place in range(count)]
    drawn = [[rng.randint(low, high) for _ in range(count)] for _ in range(300)]
    near = [[rng.choice([-1, 0]) for _ in range(count)] for _ in range(100)]
    offers = [(values, rng.random() < 0.8) for values in ends + drawn + near]
    expected = [largest(values) if valid else None for values, valid in offers]
    assert run(dut, offers) == [None] * latency + expected


@pytest.mark.parametrize(
    ("width", "count", "words", "latency"),
    [(3, 3, 3, 2), (4, 6, 2, 2), (5, 10, 5, 2), (3, 10, 2, 3)],
)
def test_values_that_come_in_words(rng, width, count, words, latency):
    dut = Argmax(width=width, count=count, words=words)
    assert dut.latency == argmax_latency(count, words=words) == latency
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    offers: list[tuple[list[int], bool]] = []
    expected: list[int | None] = []
    for ends in ((low, high), (-1, 0), (low, low)):
        for _ in range(100):
            values = [rng.randint(*ends) for _ in range(count)]
            for at in range(0, count, dut.together):
                while rng.random() < 0.2:
                    offers.append(([high] * dut.together, False))
                    expected.append(None)
                offers.append((values[at : at + dut.together], True))
                expected.append(largest(values) if at + dut.together == count else None)
    assert run(dut, offers) == [None] * latency + expected


def test_the_reference_takes_the_first_of_equal_values(rng):
    for count in (1, 2, 7):
        for _ in range(200):
            values = [rng.choice([-2, -1, 0, 1]) for _ in range(count)]
            assert argmax(values) == largest(values)


def test_no_values_are_refused():
    with pytest.raises(ValueError, match=r"^there is no largest of 0 values$"):
        Argmax(width=8, count=0)


@pytest.mark.parametrize("words", [0, 4])
def test_words_that_are_no_divisor_are_refused(words):
    message = rf"^words is {words}; 10 values come in a divisor of 10 words$"
    with pytest.raises(ValueError, match=message):
        Argmax(width=8, count=10, words=words)
