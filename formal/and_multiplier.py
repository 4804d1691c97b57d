"""What is proved of the AND multiplier."""

from amaranth import Elaboratable, Value

from multiplier import MultiplierSpec
from spikewright_hw.stochastic.arithmetic.and_multiplier import AndMultiplier


def bit(a: Value, b: Value) -> Value:
    return a & b


def specs() -> dict[str, Elaboratable]:
    return {
        "and_multiplier_l1": MultiplierSpec(AndMultiplier(lanes=1), bit=bit),
        "and_multiplier_l8": MultiplierSpec(AndMultiplier(lanes=8), bit=bit),
        "and_multiplier_fault": MultiplierSpec(AndMultiplier(lanes=1), bit=bit, fault=True),
    }
