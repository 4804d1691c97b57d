# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.source import sobol, van_der_corput
from spikewright_hw.stochastic.source.shared_source import WAYS, SharedSource, share

from .simulation import Simulator
from .sources import prefixes


def test_lanes_of_a_small_number():
    assert share(0b0010, width=4, lanes=4, how="rotate") == [0b0010, 0b0100, 0b1000, 0b0001]
    assert share(0b0010, width=4, lanes=4, how="reverse") == [0b0010, 0b0100, 0b0100, 0b0010]
    assert share(0b0010, width=4, lanes=4, how="shift") == [0b0010, 0b1010, 0b0110, 0b1110]


def test_a_stride_skips_lanes():
    for how in ("rotate", "shift"):
        all_lanes = share(0b0111, width=4, lanes=4, how=how)
        assert share(0b0111, width=4, lanes=2, how=how, stride=2) == all_lanes[::2]
    pairs = share(0b0111, width=4, lanes=4, how="reverse", stride=3)
    assert pairs == [0b0111, 0b1110, 0b1011, 0b1101]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(("width", "lanes"), [(3, 3), (5, 5), (8, 8)])
def test_each_lane_has_every_number_once(width, lanes, how):
    shared = [share(n, width=width, lanes=lanes, how=how) for n in range(1 << width)]
    for lane, numbers in enumerate(zip(*shared, strict=True)):
        assert sorted(numbers) == list(range(1 << width)), f"lane {lane}"
    assert [numbers[0] for numbers in shared] == list(range(1 << width))


@pytest.mark.parametrize("dimension", [0, 3])
def test_a_shift_keeps_blocks_even(dimension):
    """What rotating does not: the highest bit of lane 1 is not the one that changes most often."""
    numbers = [sobol.number(n, width=6, dimension=dimension) for n in range(64)]
    lanes = zip(*(share(n, width=6, lanes=5, how="shift") for n in numbers), strict=True)
    for lane in lanes:
        for bits in range(7):
            for block in prefixes(list(lane), width=6, bits=bits):
                assert block == list(range(1 << bits))
    rotated = [share(n, width=6, lanes=2, how="rotate")[1] for n in numbers]
    assert prefixes(rotated, width=6, bits=1)[0] != [0, 1]


def test_a_pair_by_reverse_is_a_counter_and_van_der_corput():
    for n in range(64):
        first, second = share(n, width=6, lanes=2, how="reverse")
        assert first == n
        assert second == van_der_corput.number(n, width=6)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(("width", "lanes"), [(4, 4), (8, 7)])
def test_core_follows_reference(width, lanes, how, rng):
    dut = SharedSource(width=width, lanes=lanes, how=how)

    async def testbench(ctx):
        for state in [0, (1 << width) - 1, *(rng.getrandbits(width) for _ in range(100))]:
            ctx.set(dut.state, state)
            await ctx.delay(1e-6)
            expected = share(state, width=width, lanes=lanes, how=how)
            assert [ctx.get(dut.states[lane]) for lane in range(lanes)] == expected

    simulator = Simulator(dut)
    simulator.add_testbench(testbench)
    simulator.run()


@pytest.mark.parametrize("width", [0, 33])
def test_width_out_of_range(width):
    with pytest.raises(ValueError, match=rf"^a shared source is 1 to 32 bits wide, not {width}$"):
        SharedSource(width=width, lanes=1, how="shift")


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a shared source has at least one lane, not 0$"):
        SharedSource(width=8, lanes=0, how="shift")


def test_no_such_sharing():
    message = r"^a source is shared by rotate, reverse or shift, not 'permute'$"
    with pytest.raises(ValueError, match=message):
        SharedSource(width=8, lanes=2, how="permute")


def test_no_stride():
    with pytest.raises(ValueError, match=r"^the stride from lane to lane is at least 1, not 0$"):
        SharedSource(width=8, lanes=1, how="rotate", stride=0)


@pytest.mark.parametrize(
    ("how", "stride", "lane"), [("rotate", 2, 4), ("reverse", 4, 4), ("shift", 32, 8)]
)
def test_lanes_that_would_repeat(how, stride, lane):
    assert len(share(1, width=8, lanes=lane, how=how, stride=stride)) == lane
    message = (
        rf"^by {how} with stride {stride}, lane {lane} of 8 bits would be lane 0 again; "
        rf"take at most {lane} lanes, or another stride$"
    )
    with pytest.raises(ValueError, match=message):
        SharedSource(width=8, lanes=lane + 1, how=how, stride=stride)
