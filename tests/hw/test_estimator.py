# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction
from itertools import product
from math import exp, log

import pytest

from spikewright_hw.stochastic.number.estimator import (
    Boundary,
    Estimator,
    boundary,
    decides,
    run,
    stops,
)

from .simulation import Simulator

MODES = [
    {"length": 1},
    {"length": 9},
    {"length": 9, "threshold": 1},
    {"length": 9, "threshold": 4},
    {"length": 9, "threshold": 9},
    {"length": 1, "threshold": 1},
    {"length": 16, "confidence": 0.9},
    {"length": 40, "confidence": 0.95},
]


def test_without_a_threshold_all_bits_count():
    assert run([1, 0, 1, 1, 0, 1], length=4) == (3, 4, True)
    assert run([0, 0, 1], length=3) == (1, 3, False)


@pytest.mark.parametrize("threshold", range(1, 8))
def test_a_threshold_decides_as_all_bits_and_as_early_as_can_be(threshold):
    length = 7
    for bits in product((0, 1), repeat=length):
        count, used, decision = run(bits, length=length, threshold=threshold)
        assert count == sum(bits[:used])
        assert decision == (sum(bits) >= threshold)
        ones = sum(bits[: used - 1])  # one bit less, and both answers were still possible
        assert ones < threshold <= ones + length - used + 1


@pytest.mark.parametrize("length", [16, 100, 256])
@pytest.mark.parametrize("confidence", [0.6, 0.9, 0.99])
def test_the_line_is_the_stated_bound(length, confidence):
    """Where it stands is nowhere below the line that Hoeffding's bound asks for, nor far above."""
    line = boundary(length=length, confidence=confidence)
    slope = 2.0**-line.shift
    for used in range(1, length + 1):
        exact = log(1 / (1 - confidence)) / (2 * slope) + slope * used
        assert exact <= line.at(used) < exact + 2
    assert exp(-2 * slope * (line.intercept - 1)) <= (1 - confidence) * exp(2 * slope)


def wrong_runs(*, length: int, confidence: float, p: Fraction) -> Fraction:
    """Return the exact probability that a run is over early and says "more zeros"."""
    walks = {0: Fraction(1)}  # probability of each count of ones among runs that go on
    wrong = Fraction(0)
    for used in range(1, length + 1):
        following: dict[int, Fraction] = {}
        for ones, probability in walks.items():
            for bit, chance in ((1, p), (0, 1 - p)):
                count = ones + bit
                if used < length and stops(count, used, length=length, confidence=confidence):
                    wrong += probability * chance * (not decides(count, used))
                else:
                    following[count] = following.get(count, Fraction(0)) + probability * chance
        walks = following
    return wrong


@pytest.mark.parametrize("length", [16, 40, 100])
@pytest.mark.parametrize("confidence", [0.75, 0.9, 0.99])
def test_the_confidence_holds_exactly(length, confidence):
    """The worst case of a bipolar value that is not negative is 0; all runs are summed up."""
    worst = wrong_runs(length=length, confidence=confidence, p=Fraction(1, 2))
    better = wrong_runs(length=length, confidence=confidence, p=Fraction(5, 8))
    assert 0 < better < worst <= 1 - Fraction(confidence)


def test_a_clear_sign_needs_few_bits():
    assert run([1] * 256, length=256, confidence=0.99) == (22, 22, True)
    assert run([0] * 256, length=256, confidence=0.99) == (0, 22, False)
    assert run([0, 1] * 128, length=256, confidence=0.99) == (128, 256, True)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_core_follows_reference(mode, rng):
    dut = Estimator(**mode)
    threshold = mode.get("threshold")
    runs = 0

    async def testbench(ctx):
        nonlocal runs
        bits: list[int] = []
        for cycle in range(1500):
            bias = (0.5, 0.1, 0.9)[cycle // 100 % 3]
            bit, valid = int(rng.random() < bias), rng.random() < 0.8
            ready, clear = rng.random() < 0.6, rng.random() < 0.02
            ctx.set(dut.i.payload, bit)
            ctx.set(dut.i.valid, valid)
            ctx.set(dut.o.ready, ready)
            ctx.set(dut.clear, clear)
            over = bool(bits) and stops(sum(bits), len(bits), **mode)
            assert ctx.get(dut.o.valid) == over
            assert ctx.get(dut.i.ready) == ((ready or not over) and not clear)
            if over:
                payload = ctx.get(dut.o.payload)
                count, used, decision = run(bits, **mode)
                assert used == len(bits)
                assert (payload.count, payload.used, payload.decision) == (count, used, decision)
                assert decision == decides(count, used, threshold=threshold)
            taken = ctx.get(dut.i.ready) and valid
            await ctx.tick()
            if over and ready:
                runs += 1
                bits = []
            if clear and not (over and not ready):
                bits = []
            if taken:
                bits.append(bit)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert runs > 10


def test_a_line_falls_by_a_shift():
    assert [Boundary(3, 2).at(used) for used in (0, 3, 4, 8)] == [3, 3, 4, 5]


def test_bits_run_out():
    with pytest.raises(ValueError, match=r"^a run was not over after 3 bits$"):
        run([0, 1, 0], length=4)


def test_no_bits():
    with pytest.raises(ValueError, match=r"^an estimator takes at least one bit, not 0$"):
        Estimator(length=0)


@pytest.mark.parametrize("threshold", [0, 9])
def test_threshold_out_of_range(threshold):
    message = rf"^the threshold of 8 bits lies in 1 to 8, not {threshold}$"
    with pytest.raises(ValueError, match=message):
        Estimator(length=8, threshold=threshold)


@pytest.mark.parametrize("confidence", [0.5, 1.0])
def test_confidence_out_of_range(confidence):
    message = rf"^a confidence lies between 0\.5 and 1, not at {confidence}$"
    with pytest.raises(ValueError, match=message):
        Estimator(length=64, confidence=confidence)


def test_too_few_bits_for_a_confidence():
    message = r"^8 bits are too few for a confidence of 0\.999: no run would be over early$"
    with pytest.raises(ValueError, match=message):
        Estimator(length=8, confidence=0.999)


def test_threshold_and_confidence():
    message = r"^an estimator stops at a threshold or at a confidence, not at both$"
    with pytest.raises(ValueError, match=message):
        Estimator(length=64, threshold=3, confidence=0.9)
