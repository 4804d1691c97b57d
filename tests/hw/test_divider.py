# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction

import pytest

from spikewright_hw.stochastic.arithmetic.divider import Divider, start, step


def stream(operands: list[dict[str, int]], *, depth: int, lane: int = 0) -> list[int]:
    kept, made = start(depth=depth), []
    for one in operands:
        a, b = one["a"] >> lane & 1, one["b"] >> lane & 1
        kept, bit = step(kept, a, b, one.get("pick", 0), depth=depth)
        made.append(bit)
    return made


@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize(("a", "b"), [(0, 3), (1, 2), (3, 8), (5, 7), (8, 8)])
def test_expectation_of_a_bit_is_the_quotient(depth, a, b):
    """Bits kept that are ones with P(a) / P(b) stay so, and so does what is made of them."""
    quotient = Fraction(a, b)
    ones = {"kept": Fraction(0), "made": Fraction(0)}
    for kept in range(1 << depth):
        set_bits = kept.bit_count()
        share = quotient**set_bits * (1 - quotient) ** (depth - set_bits)
        for number in range(8):  # one source for both, so a is one only where b is
            for pick in range(depth):
                after, made = step(kept, int(number < a), int(number < b), pick, depth=depth)
                ones["kept"] += share * after.bit_count() / (8 * depth * depth)
                ones["made"] += share * made / (8 * depth)
    assert ones == {"kept": quotient, "made": quotient}


@pytest.mark.parametrize("depth", [1, 2, 8])
def test_a_divisor_of_one_passes_the_dividend(depth, rng):
    operands = [{"a": rng.getrandbits(1), "b": 1} for _ in range(50)]
    assert stream(operands, depth=depth) == [one["a"] for one in operands]


def moments(a: float, b: float, *, depth: int, length: int) -> tuple[float, float]:
    """Return mean and variance of the ones in a run, exactly, for bits independent in time.

    Of each state: its probability, and the expected ones and their square where it is the last.
    """
    chances = [(1, 1, a), (0, 1, b - a), (0, 0, 1 - b)]
    at = {start(depth=depth): (1.0, 0.0, 0.0)}
    for _ in range(length):
        after: dict[int, tuple[float, float, float]] = {}
        for kept, (share, ones, square) in at.items():
            for dividend, divisor, chance in chances:
                for pick in range(depth):
                    following, bit = step(kept, dividend, divisor, pick, depth=depth)
                    before = after.get(following, (0.0, 0.0, 0.0))
                    new = share, ones + bit * share, square + bit * (2 * ones + share)
                    x, y, z = (x + y * chance / depth for x, y in zip(before, new, strict=True))
                    after[following] = x, y, z
        at = after
    mean, square = (sum(state[k] for state in at.values()) for k in (1, 2))
    return mean, square - mean**2


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.5), (0.2, 0.9), (0.1, 0.25)])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_error_against_length(a, b, depth):
    """The start costs a number of bits, whatever the length; the variance falls with the length."""
    quotient = a / b
    per_bit = quotient * (1 - quotient) * (1 / b + (1 - b) * (1 + (1 - b) / (b * depth)))
    repeated = (depth + 1) / 2 * (1 - b) / b
    for length in (64, 128, 256):
        mean, variance = moments(a, b, depth=depth, length=length)
        if depth == 1:  # it starts with a zero
            assert mean - length * quotient == pytest.approx(-repeated * quotient, abs=1e-6)
        assert abs(mean - length * quotient) <= max(quotient, 1 - quotient) * repeated + 1e-6
        assert 1 - 12 / length < variance / (length * per_bit) < 1


@pytest.mark.parametrize("depth", [1, 2, 4, 64])
def test_what_is_kept_at_the_start_is_half_ones(depth):
    assert start(depth=depth).bit_count() == depth // 2
    assert start(depth=depth) < 1 << depth


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize(("depth", "lanes"), [(1, 1), (1, 5), (2, 1), (4, 3)])
def test_core_follows_reference(exchange, rng, depth, lanes, stall):
    """Also where the dividend is one and the divisor is not, which no quotient below one asks."""
    sent = [{"a": rng.getrandbits(lanes), "b": rng.getrandbits(lanes)} for _ in range(150)]
    if depth > 1:
        sent = [one | {"pick": rng.randrange(depth)} for one in sent]
    came = exchange(Divider(depth=depth, lanes=lanes), send={"i": sent}, take={"o": 150},
                    stall=stall)
    for lane in range(lanes):
        assert [w >> lane & 1 for w in came["o"]] == stream(sent, depth=depth, lane=lane)


@pytest.mark.parametrize("depth", [0, 3, 128])
def test_depth_out_of_range(depth):
    message = rf"^a divider keeps a power of two of bits from 1 to 64, not {depth}$"
    with pytest.raises(ValueError, match=message):
        Divider(depth=depth)


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a divider has at least one lane, not 0$"):
        Divider(lanes=0)
