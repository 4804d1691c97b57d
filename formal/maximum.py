"""What is proved of the maximum."""

from amaranth import Elaboratable, Mux, Value

from gate import each_lane, stage_specs


def bit(a: Value, b: Value) -> Value:
    return Mux(a > b, a, b)


def specs() -> dict[str, Elaboratable]:
    return stage_specs("maximum", owed=each_lane(bit))
