"""What is proved of the weighted binary generator."""

from typing import Any

from amaranth import Cat, Elaboratable, Value

from generator import ZERO, GeneratorSpec, PeriodSpec, generator_faults
from spikewright_hw.stochastic.number.weighted_generator import WeightedGenerator


def picked(number: Value, value: Value, *, width: int) -> Value:
    """Pick by the size of the number: from ``2**at`` on, below the next power, bit ``at``."""
    return Cat((number >= 1 << at) & (number < 2 << at) & value[at] for at in range(width)).any()


def spec(*, width: int, lanes: int, fault: str = "") -> GeneratorSpec:
    def due(number: Value, values: Any) -> Value:
        return Cat(picked(number, values[lane], width=width) for lane in range(lanes))

    return GeneratorSpec(
        WeightedGenerator(width=width, lanes=lanes),
        due=due,
        ends={"zero": lambda value: value == 0, "highest": lambda value: value.all()},
        latency=2,
        fault=fault,
    )


def specs() -> dict[str, Elaboratable]:
    return {
        "weighted_generator_w4": spec(width=4, lanes=1),
        "weighted_generator_w8": spec(width=8, lanes=4),
        "weighted_generator_counter": PeriodSpec(
            WeightedGenerator(width=4), ones=lambda value: value, lfsr=False
        ),
        "weighted_generator_lfsr": PeriodSpec(
            WeightedGenerator(width=4), ones=lambda value: value, lfsr=True
        ),
        "weighted_generator_fault": generator_faults(
            lambda fault: spec(width=4, lanes=1, fault=fault),
            lambda fault: PeriodSpec(
                WeightedGenerator(width=3), ones=lambda value: value, lfsr=False, fault=fault
            ),
            ends={"zero": ZERO},
        ),
    }
