"""The rows of ``spikewright bench engine``."""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import mean
from typing import Literal

import numpy as np

from spikewright_hw.engine.design import EventDesign

from ...gateware.board import BOARDS
from ...gateware.families.ice40 import LARGE_CELL
from ...record.figure import Computed, Figure, PostRoute, Provenance, Simulated
from .speeds import reference_speed, stochastic_speed
from .target import Asked, Found, Target, at_least, at_most
from .work import Cycles, Engine, Subject, Work

__all__ = ["FAST", "SMALL", "TARGETS", "TINY"]

MNIST = Subject(task="mnist", settings={"hidden": (128,), "weight_bits": 4, "steps": 4})
#: Chosen on 5,000 held-out training images, with 12,000 others to train on: grey tones and fine
#: textures tell clothes apart, so that nearly all tones spike, and more steps tell them apart.
FASHION = Subject(
    task="fashion_mnist",
    settings={
        "hidden": (128,), "weight_bits": 4, "steps": 8, "silent": 0.03, "learning_rate": 0.004,
        "augmentation": False,
    },
)

FAST = Engine(
    subject=MNIST, design=EventDesign(
        banks=(3, 8), share=(4, 1), ram_style="block", commands="few",
    ),
)
"""The engine that is to be fast; its board has the commands that an inference needs."""

SMALL = Engine(subject=MNIST, design=EventDesign(share=16))
"""The engine that is to be small."""

CLOTHES = Engine(subject=FASHION, design=FAST.design)

TINY = Engine(
    subject=MNIST, design=EventDesign(
        share=(8, 2), fold=(16, 2), weights="loaded", ram_style="block", commands="few",
    ),
    board="ice40up5k-b-evn", clock_mhz=24,
)
"""The engine of the smallest part: a row of weights, in the large memories, is read in words."""

#: Bits that the block RAM of an ECP5-25F gives in a cycle: 36 of each.
_PORT_BITS = 36


def _figure(target: Target, value: float, provenance: Provenance, **detail: object) -> Figure:
    return Figure(target.name, value, target.unit, provenance, dict(detail))


def _accuracy(work: Work, target: Target, *, subject: Subject) -> Found:
    each = {seed: round(work.accuracy(subject, seed), 2) for seed in work.seeds}
    count = len(work.task(subject.task).y_test)
    spread = ""
    if len(each) > 1:
        spread = f"; {min(each.values()):.2f} to {max(each.values()):.2f} over {len(each)} seeds"
    return Found(
        figure=_figure(
            target, each[work.seeds[0]],
            Computed(f"integer reference on all {count} test images"), seeds={
                str(seed): value for seed, value in each.items()
            },
        ),
        note=f"seed {work.seeds[0]}{spread}",
    )


def _cycles(
    work: Work, target: Target, *, engine: Engine, of: Callable[[np.ndarray], float]
) -> Found:
    found = work.cycles(engine)
    return Found(
        figure=_figure(target, round(float(of(found.each)), 2), _simulated(found, engine)),
        note=f"{engine.design}, share {engine.design.share}",
    )


def _simulated(found: Cycles, engine: Engine) -> Simulated:
    exceeded = f"and {found.more} more" if found.more else "which are the gateware's"
    return Simulated(
        rtl=f"{engine.design}: cycles of all {len(found.each)} test images by the engine's model, "
        f"{exceeded}, the most that the gateware took on the first {found.simulated}; there it "
        "equals the reference in every value",
        simulator=found.simulator,
    )


def _ratio(work: Work, target: Target, *, engine: Engine) -> Found:
    """Return the mean cycles over those in which the part's block RAM could give all rows."""
    found, part = work.cycles(engine), BOARDS[engine.board].device
    first = work.of(engine.subject).network.layers[0]
    row = first.neurons * first.weight_bits
    spikes = float(work.inputs(engine.subject).sum(axis=(1, 2)).mean())
    fewest = spikes * row / (part.room["bram"] * _PORT_BITS)
    return Found(
        figure=_figure(
            target, round(float(found.each.mean()) / fewest, 2), _simulated(found, engine),
            fewest_cycles=fewest, input_spikes=spikes,
        ),
        note=f"{fewest:.1f} cycles for {spikes:.1f} rows of {row} bits, from all "
        f"{part.room['bram']} block RAMs at once",
    )


def _placed(work: Work, target: Target, *, engine: Engine, what: str) -> Found:
    placement, board = work.middle(engine), BOARDS[engine.board]
    post_route = PostRoute(placement.tool, placement.seed, board.device.corner)
    kinds = (LARGE_CELL,) if what == "large" else board.family.used[what]
    cells = sum(placement.used.get(kind, 0) for kind in kinds)
    return Found(
        figure=_figure(target, cells, post_route),
        note=f"whole board top of the {engine.design}; {board.title}, {board.device.label}",
    )


def _clock(
    work: Work, target: Target, *, engine: Engine, which: Literal["median", "slowest"]
) -> Found:
    every = work.placed(engine)
    one = work.middle(engine) if which == "median" else every[0]
    board, rates = BOARDS[engine.board], [each.fmax_of() for each in every]
    return Found(
        figure=_figure(
            target, round(one.fmax_of(), 2), PostRoute(one.tool, one.seed, board.device.corner),
            seeds={str(each.seed): each.fmax_of() for each in every},
        ),
        note=f"{_spread(which, rates)}; {board.device.label}",
    )


def _spread(which: str, rates: Sequence[float]) -> str:
    """Return in words of which clocks, in order, one is the median or the slowest."""
    if len(rates) == 1:
        return "one seed"
    return f"{which} of {len(rates)} seeds, {rates[0]:.1f} to {rates[-1]:.1f} MHz"


def _middle(seeds: int) -> str:
    return "of one seed" if seeds == 1 else f"the median of {seeds} seeds"


def _latency(work: Work, target: Target, *, engine: Engine) -> Found:
    found, placement = work.cycles(engine), work.middle(engine)
    fmax = placement.fmax_of()
    return Found(
        figure=_figure(
            target, round(float(found.each.mean()) / fmax, 4),
            PostRoute(placement.tool, placement.seed, BOARDS[engine.board].device.corner),
            fmax_mhz=fmax, cycles_mean=float(found.each.mean()),
            slowest_us=float(found.each.max()) / fmax,
        ),
        note=f"mean cycles at {fmax:.1f} MHz, {_middle(len(work.placed(engine)))}; "
        f"{found.each.max() / fmax:.2f} us at most",
    )


def _interval(work: Work, target: Target, *, engine: Engine) -> Found:
    """Return the cycles from one image to the next, beside those of its busiest layer."""
    found = work.cycles(engine)
    busiest = mean(_busiest(work, engine).tolist())
    return Found(
        figure=_figure(
            target, round(float(found.each.mean()), 2), _simulated(found, engine),
            busiest_layer=busiest,
        ),
        note="an image begins when the one before has its result",
        asked=at_most(round(busiest, 2)),
    )


def _busiest(work: Work, engine: Engine) -> np.ndarray:
    """Return the cycles that the busiest layer has events in, of each image."""
    network = work.of(engine.subject).network
    heard = [work.inputs(engine.subject), *work.run(engine.subject).spikes[:-1]]
    banks = engine.design.banks
    each = [banks] * len(heard) if isinstance(banks, int) else banks
    return np.max([
        np.maximum(np.max([
            spikes[..., bank::count].sum(axis=2) for bank in range(count)
        ], axis=0), 1).sum(axis=1)
        for spikes, count, _ in zip(heard, each, network.layers, strict=True)
    ], axis=0)


def _of_engine(
    name: str, words: str, engine: Engine, *, mean_cycles: Asked, most: Asked | None = None,
    lut: Asked, bram: Asked, latency: Asked | None = None,
) -> tuple[Target, ...]:
    """Return the rows of an engine: its cycles, its size, its clock and its latency."""
    row = partial(_row, name, words, engine)
    return (
        row("cycles_mean", "cycles of an image, mean", "cycles", partial(_cycles, of=np.mean),
            mean_cycles),
        row("cycles_max", "cycles of an image, at most", "cycles", partial(_cycles, of=np.max),
            most),
        row("ram_ratio", "mean cycles over the block RAM's own limit", "times", _ratio, None),
        row("lut", "look-up tables", "LUT4", partial(_placed, what="lut"), lut),
        row("bram", "block RAMs", "EBR", partial(_placed, what="bram"), bram),
        row("fmax", "clock", "MHz", partial(_clock, which="median"), None),
        row("latency", "time of an image", "us", _latency, latency),
    )


def _of_tiny(name: str, words: str, engine: Engine) -> tuple[Target, ...]:
    """Return the rows of the engine of the smallest part, whose clock is asked of every seed."""
    row = partial(_row, name, words, engine)
    return (
        Target(
            name=f"{name}_accuracy", title=f"{words}: 784-128-10, 4-bit weights, in integers",
            unit="%", asked=at_least(97.5), work=partial(_accuracy, subject=engine.subject),
            tasks=(engine.subject.task,),
        ),
        row("cycles_mean", "cycles of an image, mean", "cycles", partial(_cycles, of=np.mean),
            at_most(1_500)),
        row("cycles_max", "cycles of an image, at most", "cycles", partial(_cycles, of=np.max),
            None),
        row("cells", "logic cells", "LC", partial(_placed, what="lut"), at_most(3_000)),
        row("bram", "block RAMs", "EBR", partial(_placed, what="bram"), None),
        row("large", "large memories", "SPRAM", partial(_placed, what="large"), at_most(4)),
        row("fmax", "clock of the slowest seed", "MHz", partial(_clock, which="slowest"),
            at_least(24)),
        row("latency", "time of an image", "us", _latency, None),
    )


def _row(
    name: str, words: str, engine: Engine, kind: str, title: str, unit: str, work: Callable,
    asked: Asked | None,
) -> Target:
    return Target(
        name=f"{name}_{kind}", title=f"{words}: {title}", unit=unit, asked=asked,
        work=partial(work, engine=engine), tasks=(engine.subject.task,),
    )


TARGETS: tuple[Target, ...] = (
    Target(
        name="mnist_accuracy", title="MNIST 784-128-10, 4-bit weights, in integers", unit="%",
        asked=at_least(98.3), work=partial(_accuracy, subject=MNIST), tasks=("mnist",),
    ),
    *_of_engine(
        "mnist", "MNIST, ECP5-25F", FAST, mean_cycles=at_most(64), most=at_most(110),
        lut=at_most(12_000), bram=at_most(56), latency=at_most(1),
    ),
    Target(
        name="mnist_interval", title="MNIST, ECP5-25F: cycles from image to image", unit="cycles",
        work=partial(_interval, engine=FAST), tasks=("mnist",),
    ),
    *_of_engine(
        "small", "MNIST, ECP5-25F, small", SMALL, mean_cycles=at_most(250), lut=at_most(5_000),
        bram=at_most(20),
    ),
    *_of_tiny("up5k", "MNIST, iCE40 UP5K", TINY),
    Target(
        name="fashion_accuracy", title="Fashion-MNIST 784-128-10, 4-bit weights, in integers",
        unit="%", asked=at_least(88), work=partial(_accuracy, subject=FASHION),
        tasks=("fashion_mnist",),
    ),
    Target(
        name="fashion_cycles_mean", title="Fashion-MNIST: cycles of an image, mean", unit="cycles",
        work=partial(_cycles, engine=CLOTHES, of=np.mean), tasks=("fashion_mnist",),
    ),
    Target(
        name="fashion_cycles_max", title="Fashion-MNIST: cycles of an image, at most",
        unit="cycles", work=partial(_cycles, engine=CLOTHES, of=np.max), tasks=("fashion_mnist",),
    ),
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
