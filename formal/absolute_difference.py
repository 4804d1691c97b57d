"""What is proved of the absolute difference."""

from amaranth import Elaboratable, Value

from gate import each_lane, stage_specs


def bit(a: Value, b: Value) -> Value:
    return a != b


def specs() -> dict[str, Elaboratable]:
    return stage_specs("absolute_difference", owed=each_lane(bit))
