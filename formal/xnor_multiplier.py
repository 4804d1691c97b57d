"""What is proved of the XNOR multiplier."""

from amaranth import Elaboratable, Value

from multiplier import MultiplierSpec
from spikewright_hw.stochastic.arithmetic.xnor_multiplier import XnorMultiplier


def bit(a: Value, b: Value) -> Value:
    return a == b


def specs() -> dict[str, Elaboratable]:
    return {
        "xnor_multiplier_l1": MultiplierSpec(XnorMultiplier(lanes=1), bit=bit),
        "xnor_multiplier_l8": MultiplierSpec(XnorMultiplier(lanes=8), bit=bit),
        "xnor_multiplier_fault": MultiplierSpec(XnorMultiplier(lanes=1), bit=bit, fault=True),
    }
