"""What is proved of the stochastic number generator."""

from typing import Any

from amaranth import Cat, Elaboratable, Mux, Value

from generator import ONE, ZERO, GeneratorSpec, PeriodSpec, generator_faults
from spikewright_hw.stochastic.number.sng import Sng


def less(number: Value, threshold: Value) -> Value:
    return (number - threshold)[-1]  # the difference is negative


def spec(*, width: int, lanes: int, fault: str = "") -> GeneratorSpec:
    highest = (1 << width) - 1
    return GeneratorSpec(
        Sng(width=width, lanes=lanes),
        due=lambda number, values: Cat(less(number, values[lane]) for lane in range(lanes)),
        ends={
            "zero": lambda value: value == 0,
            "one": lambda value: value == highest + 1,
            "in_between": lambda value: (value > 0) & (value <= highest),
        },
        fault=fault,
    )


def bipolar_spec(*, width: int, lanes: int) -> GeneratorSpec:
    half = 1 << (width - 1)
    return GeneratorSpec(
        Sng(width=width, lanes=lanes, encoding="bipolar"),
        due=lambda number, values: Cat(less(number, values[lane] + half) for lane in range(lanes)),
        ends={
            "zero": lambda value: value == -half,  # of the ones, that is: the value -1
            "one": lambda value: value == half,
            "in_between": lambda value: (value > -half) & (value < half),
        },
    )


def sign_magnitude_spec(*, width: int, lanes: int) -> GeneratorSpec:
    def due(number: Value, values: Any) -> Value:
        every = [values[lane] for lane in range(lanes)]
        return Cat(
            *(value.sign for value in every), *(less(number, value.magnitude) for value in every)
        )

    return GeneratorSpec(
        Sng(width=width, lanes=lanes, encoding="sign_magnitude"),
        due=due,
        ends={
            "zero": lambda value: value.magnitude == 0,
            "one": lambda value: value.magnitude == 1 << width,
            "minus_one": lambda value: value.sign & (value.magnitude == 1 << width),
        },
        first=lanes,
    )


def specs() -> dict[str, Elaboratable]:
    def legal(value: Value) -> Value:
        return value <= 16

    def legal_bipolar(value: Value) -> Value:
        return (value >= -8) & (value <= 8)

    return {
        "sng_w4": spec(width=4, lanes=1),
        "sng_w8": spec(width=8, lanes=4),
        "sng_bipolar_w8": bipolar_spec(width=8, lanes=4),
        "sng_sign_magnitude_w8": sign_magnitude_spec(width=8, lanes=4),
        "sng_counter": PeriodSpec(Sng(width=4), ones=lambda value: value, legal=legal, lfsr=False),
        "sng_lfsr": PeriodSpec(
            Sng(width=4),
            ones=lambda value: Mux(value == 0, 0, value - 1),
            legal=legal,
            lfsr=True,
        ),
        "sng_bipolar_counter": PeriodSpec(
            Sng(width=4, encoding="bipolar"),
            ones=lambda value: value + 8,
            legal=legal_bipolar,
            lfsr=False,
        ),
        "sng_fault": generator_faults(
            lambda fault: spec(width=4, lanes=1, fault=fault),
            lambda fault: PeriodSpec(
                Sng(width=3), ones=lambda value: value, legal=lambda value: value <= 8,
                lfsr=False, fault=fault,
            ),
            ends={"zero": ZERO, "one": ONE},
        ),
    }
