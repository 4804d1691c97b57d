# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.arithmetic.sign_magnitude_multiplier import (
    SignMagnitudeMultiplier,
    product,
)

from .gates import grid, independent


def number(factor: tuple[int, int], lane: int = 0) -> int:
    """What a lane stands for: -1, 0 or +1."""
    sign, magnitude = (word >> lane & 1 for word in factor)
    return magnitude * (1 - 2 * sign)


def test_each_pair_of_bits():
    """All sixteen in one go, a lane each; a zero has no sign."""
    a, b = (0xFF00, 0xF0F0), (0xCCCC, 0xAAAA)
    sign, magnitude = product(a, b)
    for lane in range(16):
        assert number((sign, magnitude), lane) == number(a, lane) * number(b, lane)
    assert sign & ~magnitude == 0


@pytest.mark.parametrize("signs", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_independent_magnitudes_multiply(signs):
    for p, q, x, y in grid(6):
        pairs = independent(p, q, 6)
        total = sum(number(product((signs[0], a), (signs[1], b))) for a, b in pairs)
        assert total == (1 - 2 * signs[0]) * x * (1 - 2 * signs[1]) * y * len(pairs)


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("lanes", [1, 3, 8])
def test_core_follows_reference(exchange, rng, lanes, stall):
    def factor():
        return {"sign": rng.getrandbits(lanes), "magnitude": rng.getrandbits(lanes)}

    pairs = [{"a": factor(), "b": factor()} for _ in range(100)]
    dut = SignMagnitudeMultiplier(lanes=lanes)
    came = exchange(dut, send={"i": pairs}, take={"o": 100}, stall=stall)
    assert [(c["sign"], c["magnitude"]) for c in came["o"]] == [
        product(
            (pair["a"]["sign"], pair["a"]["magnitude"]),
            (pair["b"]["sign"], pair["b"]["magnitude"]),
        )
        for pair in pairs
    ]


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a multiplier has at least one lane, not 0$"):
        SignMagnitudeMultiplier(lanes=0)
