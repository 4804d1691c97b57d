"""What is proved of the subtractor."""

from amaranth import Elaboratable, Value

from gate import each_lane, stage_specs


def bit(a: Value, b: Value) -> Value:
    return a > b


def specs() -> dict[str, Elaboratable]:
    return stage_specs("subtractor", owed=each_lane(bit))
