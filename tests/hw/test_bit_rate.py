# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.link.bit_rate import BitRate, rates
from spikewright_hw.protocol import trial_bits

from .simulation import Simulator


def run(events: list[tuple[int, bool]], **options: int) -> list[int]:
    """Return the cycles of a bit after each event; 0 asks for nothing."""
    dut = BitRate(bits=8, **options)
    found = []

    async def bench(ctx):
        for wanted, right in events:
            ctx.set(dut.wanted, wanted or 77)
            ctx.set(dut.change, bool(wanted))
            ctx.set(dut.right, right)
            await ctx.tick()
            found.append(ctx.get(dut.cycles))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def test_a_rate_at_which_nothing_right_comes_is_given_up():
    found = run([(0, False), (9, True), *[(0, False)] * 10], divisor=25, patience=3)
    assert found == [25, 25, *[9] * 8, *[25] * 2]


def test_a_rate_at_which_something_right_comes_stays():
    assert run([(9, False), (0, True), *[(0, False)] * 40], divisor=25, patience=3)[-1] == 9


@pytest.mark.parametrize(("divisor", "patience"), [(4, 2), (25, 4)])
def test_does_what_the_reference_does(divisor, patience, rng):
    events = [
        (rng.randrange(4, 256) if rng.random() < 0.1 else 0, rng.random() < 0.1)
        for _ in range(400)
    ]
    expected = rates(events, divisor=divisor, patience=patience)
    assert len(set(expected)) > 3 and divisor in expected
    assert run(events, divisor=divisor, patience=patience) == expected


@pytest.mark.parametrize("clock_hz", [12_000_000, 24_000_000, 80_000_000, 100_000_000])
def test_a_trial_takes_long_enough_for_a_host_and_no_longer_than_twice_that(clock_hz):
    assert 0.2 <= 2 ** trial_bits(clock_hz, virtual=False) / clock_hz <= 0.4


def test_refuses_what_it_cannot_be():
    with pytest.raises(ValueError, match=r"^divisor is at least 4 clock cycles per bit, not 3$"):
        BitRate(divisor=3, bits=8, patience=3)
    with pytest.raises(ValueError, match=r"^a divisor of 300 does not fit 8 bits$"):
        BitRate(divisor=300, bits=8, patience=3)
    with pytest.raises(ValueError, match=r"^patience is at least 1, for 2 cycles, not 0$"):
        BitRate(divisor=4, bits=8, patience=0)
