"""The rows of ``spikewright bench engine``."""

from collections.abc import Callable
from functools import partial

import numpy as np

from . import reached
from .engines import (
    ALONE,
    ARTIX,
    CLOTHES,
    CONVOLUTION,
    FAST,
    MNIST,
    SLOW,
    SMALL,
    TINY,
)
from .speeds import reference_speed, stochastic_speed
from .subject import Engine
from .target import Asked, Target, at_least, at_most

__all__ = ["TARGETS"]


def _of_engine(
    name: str, words: str, engine: Engine, *, mean_cycles: Asked, most: Asked | None = None,
    lut: Asked, bram: Asked, latency: Asked | None = None,
) -> tuple[Target, ...]:
    """Return the rows of an engine: its cycles, its size, its clock and its latency."""
    row = partial(_row, name, words, engine)
    return (
        *_cycles(row, mean_cycles, most),
        row("ram_ratio", "mean cycles over the block RAM's own limit", "times", reached.ratio,
            None),
        row("lut", "look-up tables", "LUT4", partial(reached.placed, what="lut"), lut),
        row("bram", "block RAMs", "EBR", partial(reached.placed, what="bram"), bram),
        row("fmax", "clock", "MHz", partial(reached.clock, which="median"), None),
        row("latency", "time of an image", "us", reached.latency, latency),
    )


def _of_tiny(name: str, words: str, engine: Engine) -> tuple[Target, ...]:
    """Return the rows of the engine of the smallest part, whose clock is asked of every seed."""
    row = partial(_row, name, words, engine)
    return (
        _accuracy(
            name, f"{words}: 784-128-10, 4-bit weights, in integers", engine, at_least(97.5)
        ),
        *_cycles(row, at_most(1_500)),
        row("cells", "logic cells", "LC", partial(reached.placed, what="lut"), at_most(3_000)),
        row("bram", "block RAMs", "EBR", partial(reached.placed, what="bram"), None),
        row("large", "large memories", "SPRAM", partial(reached.placed, what="large"), at_most(4)),
        row("fmax", "clock of the slowest seed", "MHz", partial(reached.clock, which="slowest"),
            at_least(24)),
        row("latency", "time of an image", "us", reached.latency, None),
    )


def _of_artix(name: str, words: str, engine: Engine) -> tuple[Target, ...]:
    """Return the rows of an engine on an Artix-7, whose placer names no cells."""
    row = partial(_row, name, words, engine)
    return (
        *_cycles(row, at_most(64)),
        row("fmax", "clock", "MHz", partial(reached.clock, which="median"), at_least(120)),
        row("latency", "time of an image", "us", reached.latency, None),
    )


def _of_maps(name: str, words: str, engine: Engine) -> tuple[Target, ...]:
    """Return the rows of a network with convolutions."""
    row = partial(_row, name, words, engine)
    return (
        _accuracy(name, f"{words}: 32C5-P2-64C5-P2-128-10, 4-bit weights, in integers", engine,
                  at_least(99.2)),
        *_cycles(row, at_most(40_000)),
        row("lut", "look-up tables", "LUT4", partial(reached.placed, what="lut"), None),
        row("bram", "block RAMs", "EBR", partial(reached.placed, what="bram"), None),
        row("fmax", "clock", "MHz", partial(reached.clock, which="median"), None),
    )


def _accuracy(name: str, title: str, engine: Engine, asked: Asked) -> Target:
    return Target(
        name=f"{name}_accuracy", title=title, unit="%", asked=asked,
        work=partial(reached.accuracy, subject=engine.subject), tasks=(engine.subject.task,),
    )


def _cycles(
    row: Callable[..., Target], mean_cycles: Asked | None = None, most: Asked | None = None
) -> tuple[Target, ...]:
    return (
        row("cycles_mean", "cycles of an image, mean", "cycles",
            partial(reached.cycles, of=np.mean), mean_cycles),
        row("cycles_max", "cycles of an image, at most", "cycles",
            partial(reached.cycles, of=np.max), most),
    )


def _row(
    name: str, words: str, engine: Engine, kind: str, title: str, unit: str, work: Callable,
    asked: Asked | None,
) -> Target:
    return Target(
        name=f"{name}_{kind}", title=f"{words}: {title}", unit=unit, asked=asked,
        work=partial(work, engine=engine), tasks=_tasks(engine.subject.task),
    )


def _tasks(name: str) -> tuple[str, ...]:
    """Return the data sets that a task needs: none of the digits, which come along."""
    return () if name == "digits" else (name,)


_HEARTBEATS = tuple(
    Target(
        name=f"heartbeats_{name}", title=f"MIT-BIH, iCE40 UP5K, {words}", unit=unit, asked=asked,
        work=partial(reached.of_heartbeats, split=split, figure=figure),
    )
    for name, words, unit, split, figure, asked in (
        ("accuracy", "random split: accuracy", "%", "random", "accuracy", None),
        ("f1_v", "between patients: F1 of V", "%", "patients", "f1_v", None),
        ("f1_s", "between patients: F1 of S", "%", "patients", "f1_s", None),
        ("energy", "between patients: energy, estimated", "uJ", "patients",
         "energy_per_inference_uj", at_most(2)),
        ("cells", "between patients: logic cells", "LC", "patients", "lut", at_most(3_500)),
    )
)
_ALONE = (
    _row("alone", "64-128-10, ECP5-25F, engine without a board", ALONE, "lut", "look-up tables",
         "LUT4", partial(reached.placed, what="lut"), at_most(5_000)),
    *(
        _row(name, f"{name} in an engine, iCE40 UP5K", engine, "fmax", "clock", "MHz",
             partial(reached.clock, which="median"), at_least(24))
        for name, engine in SLOW.items()
    ),
)

TARGETS: tuple[Target, ...] = (
    _accuracy("mnist", "MNIST 784-128-10, 4-bit weights, in integers", FAST, at_least(98.3)),
    *_of_engine(
        "mnist", "MNIST, ECP5-25F", FAST, mean_cycles=at_most(64), most=at_most(110),
        lut=at_most(12_000), bram=at_most(56), latency=at_most(1),
    ),
    Target(
        name="mnist_interval", title="MNIST, ECP5-25F: cycles from image to image", unit="cycles",
        work=partial(reached.interval, engine=FAST), tasks=("mnist",),
    ),
    _accuracy(
        "small", "MNIST, ECP5-25F, small: 504-128-10, 4-bit weights, in integers", SMALL,
        at_least(98.3),
    ),
    *_of_engine(
        "small", "MNIST, ECP5-25F, small", SMALL, mean_cycles=at_most(250), lut=at_most(5_000),
        bram=at_most(20),
    ),
    *_of_tiny("up5k", "MNIST, iCE40 UP5K", TINY),
    *_of_artix("artix", "MNIST, Artix-7 35T", ARTIX),
    *_of_maps("conv", "MNIST, ECP5-85F", CONVOLUTION),
    *_HEARTBEATS,
    *_ALONE,
    _accuracy(
        "fashion", "Fashion-MNIST 784-128-10, 4-bit weights, in integers", CLOTHES, at_least(88)
    ),
    *_cycles(partial(_row, "fashion", "Fashion-MNIST", CLOTHES)),
    Target(
        name="reference_speed", title="Integer reference: MNIST images a second, two threads",
        unit="images/s", asked=at_least(60_000), work=partial(reference_speed, subject=MNIST),
        tasks=("mnist",), timed=True,
    ),
    *(
        Target(
            name=f"stochastic_speed_{length}",
            title=f"Stochastic predictor, {length} bits, over the peer's native engine",
            unit="times", asked=at_least(8), work=partial(stochastic_speed, length=length),
            timed=True,
        )
        for length in (256, 1024)
    ),
)
"""The targets, in the order of the table."""
