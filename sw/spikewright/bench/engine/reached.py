"""What rows of ``spikewright bench engine`` reach: cycles, sizes, clocks and times of an engine."""

from collections.abc import Callable, Sequence
from statistics import mean
from typing import Literal

import numpy as np

from ...gateware.board import BOARDS
from ...gateware.families.ice40 import LARGE_CELL
from ...record.figure import Computed, Figure, PostRoute, Provenance, Simulated
from ...record.store import read_report
from .subject import Engine, Subject
from .target import Found, NotHere, Target, at_most
from .work import Cycles, Work

__all__ = ["accuracy", "clock", "cycles", "interval", "latency", "of_heartbeats", "placed", "ratio"]

#: Bits that the block RAM of an ECP5-25F gives in a cycle: 36 of each.
_PORT_BITS = 36


def _figure(target: Target, value: float, provenance: Provenance, **detail: object) -> Figure:
    return Figure(target.name, value, target.unit, provenance, dict(detail))


def accuracy(work: Work, target: Target, *, subject: Subject) -> Found:
    """Return the share of the test part that the reference finds, of the first seed."""
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
        note=f"seed {work.seeds[0]}{spread}{_of_inputs(work, subject)}",
    )


def cycles(
    work: Work, target: Target, *, engine: Engine, of: Callable[[np.ndarray], float]
) -> Found:
    """Return what ``of`` makes of the cycles of all images."""
    found = work.cycles(engine)
    return Found(
        figure=_figure(target, round(float(of(found.each)), 2), _simulated(found, engine)),
        note=f"{engine.design}, share {engine.design.share}",
    )


def _of_inputs(work: Work, subject: Subject) -> str:
    if subject.inputs_kept is None:
        return ""
    return f"; {subject.inputs_kept} of {work.task(subject.task).values} inputs, chosen in training"


def _simulated(found: Cycles, engine: Engine) -> Simulated:
    if not engine.modelled:
        return Simulated(
            rtl=f"{engine.design}: the first {found.simulated} test images, where the gateware "
            "equals the reference in every value",
            simulator=found.simulator,
        )
    exceeded = f"and {found.more} more" if found.more else "which are the gateware's"
    return Simulated(
        rtl=f"{engine.design}: cycles of all {len(found.each)} test images by the engine's model, "
        f"{exceeded}, the most that the gateware took on the first {found.simulated}; there it "
        "equals the reference in every value",
        simulator=found.simulator,
    )


def ratio(work: Work, target: Target, *, engine: Engine) -> Found:
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


def placed(work: Work, target: Target, *, engine: Engine, what: str) -> Found:
    """Return how many cells of a kind there are, in the placement whose clock is the median."""
    placement, board = work.middle(engine), BOARDS[engine.board]
    post_route = PostRoute(placement.tool, placement.seed, board.device.corner)
    kinds = (LARGE_CELL,) if what == "large" else board.family.used[what]
    cells = sum(placement.used.get(kind, 0) for kind in kinds)
    return Found(
        figure=_figure(target, cells, post_route),
        note=f"{'alone, the' if engine.alone else 'whole board top of the'} {engine.design}; "
        f"{'' if engine.alone else f'{board.title}, '}{board.device.label}",
    )


def clock(
    work: Work, target: Target, *, engine: Engine, which: Literal["median", "slowest"]
) -> Found:
    """Return the highest clock, over the seeds of the placer."""
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


def latency(work: Work, target: Target, *, engine: Engine) -> Found:
    """Return the time of an image: its mean cycles at the median clock."""
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


def interval(work: Work, target: Target, *, engine: Engine) -> Found:
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


def of_heartbeats(work: Work, target: Target, *, split: str, figure: str) -> Found:
    """Return a figure of the report that ``spikewright bench heartbeats`` has written."""
    command = f"spikewright bench heartbeats --split {split} --place"
    path = work.build / "reports" / f"heartbeats-{split}" / "report.json"
    found = {} if not path.is_file() else {one.name: one for one in read_report(path).figures}
    if figure not in found:
        raise NotHere(f"`{command}` finds it, and docs/heartbeats.md has it")
    value = found[figure].value
    return Found(
        figure=_figure(target, round(value, 2), found[figure].provenance), note=f"by `{command}`"
    )
