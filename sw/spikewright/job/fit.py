"""``--fit``: the designs of a network for a board compared by their estimates, and the best."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import mean

from spikewright_hw.checks import instance, optional, real, whole
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.network import Network

from ..errors import BuildError
from ..gateware.board import BOARDS, Board, board_named
from ..gateware.estimation.contents import Contents, joined
from ..gateware.estimation.sizes import families, size_of
from ..quantized.network import QuantizedNetwork
from ..task.task import Task
from .board_estimate import (
    BoardEstimate,
    Samples,
    contents_on,
    lack_words,
    lacking,
    on_board,
    said_of,
    samples_of,
)
from .fit_designs import designs_of, smaller_rows

__all__ = ["MARGIN", "Choice", "Fit", "fit_design"]

MARGIN = 0.15
"""Share of the look-up tables and flip-flops that stays free, for estimates may be so far off."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A design, and what is estimated of it.

    Parameters
    ----------
    design : EventDesign
    cycles : float, optional
        Of an inference, mean; None without samples.
    worst_cycles : int
        What no inference exceeds.
    on_board : BoardEstimate
    contents : Contents
        What it holds, for estimates on other parts.
    margin : float
        Share of the part that is to stay free.
    """

    design: EventDesign
    cycles: float | None
    worst_cycles: int
    on_board: BoardEstimate
    contents: Contents = field(repr=False, compare=False)
    margin: float

    @property
    def slowness(self) -> tuple[float, float]:
        """What the best has least of: cycles, mean or at most; and then look-up tables."""
        size = self.on_board.size
        return (
            self.worst_cycles if self.cycles is None else self.cycles,
            0 if size is None else size.lut,
        )

    @cached_property
    def fits_well(self) -> bool:
        """Whether it fits with the margin."""
        size, room = self.on_board.size, self.on_board.board.device.room
        return bool(self.on_board.fits) and size is not None and all(
            getattr(size, kind) <= (1 - self.margin) * room[kind] for kind in ("lut", "ff")
        )


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Designs of a network for a board, compared by estimates.

    Parameters
    ----------
    board : Board
    choices : tuple of Choice
        The fastest first.
    samples : str
        What means are of, or why there are none.
    advice : str
        By how much the nearest does not fit, and what would make it; empty where one fits.
    """

    board: Board
    choices: tuple[Choice, ...]
    samples: str
    advice: str = ""

    @property
    def best(self) -> Choice | None:
        """The fastest that fits with the margin; else the smallest that fits; else none."""
        well = [one for one in self.choices if one.fits_well]
        if well:
            return min(well, key=lambda one: one.slowness)
        barely = [one for one in self.choices if one.on_board.fits]
        return min(barely, key=lambda one: one.slowness[1], default=None)

    def design(self) -> EventDesign:
        """Return the best design.

        Raises
        ------
        BuildError
            None fits; the message is the advice.
        """
        if self.best is None:
            raise BuildError(self.advice)
        return self.best.design


def fit_design(
    network: QuantizedNetwork,
    *,
    board: str | Board,
    task: Task | None = None,
    design: EventDesign | None = None,
    samples: int = 200,
    margin: float = MARGIN,
    progress: Callable[[str], None] = lambda step: None,
) -> Fit:
    """Compare designs of a network for a board by their estimates, and find the best.

    Banks, neurons per updater, folding, bits of a row in block RAM and the style of memories are
    searched. The best is the fastest that fits with a margin.

    Parameters
    ----------
    network : QuantizedNetwork
    board : str or Board
    task : Task, optional
        Whose test part has the samples for the mean cycles; without one, the most count.
    design : EventDesign, optional
        Whether its weights are built in or loaded, and its commands, stay as they are, and so do
        memories in block RAM.
    samples : int
        How many of the test part, at most.
    margin : float
        Share of the look-up tables and flip-flops that stays free.
    progress : callable
        Told which design is being estimated.

    Raises
    ------
    DataError
        The network cannot do the task.
    BuildError
        No network was built for the board's family, so that no size can be estimated.
    ValueError
        There is no such board.
    """
    instance(QuantizedNetwork)("network", network)
    optional(instance(Task))("task", task)
    board, samples = board_named(board), whole(1)("samples", samples)
    base = EventDesign() if design is None else design
    instance(EventDesign)("design", base)
    if not 0 <= real(0)("margin", margin) < 1:
        raise ValueError(f"margin is {margin}; it must be a share from 0 to below 1")
    if board.family.name not in families():
        raise BuildError(
            f"no network was built for {board.family.label}, so that no size can be estimated; "
            "say a design by share and banks"
        )
    search = _Search(
        network=network.network, board=board, margin=margin,
        given=samples_of(network, task, most=samples),
    )
    every = designs_of(network.network, base)
    made = []
    for number, one in enumerate(every, start=1):
        progress(f"{number} of {len(every)}: {one}, share {one.share}")
        made += search.choices(one)
    # Designs that come to the same are one, such as shares of neurons that never take turns.
    choices = list({
        (one.slowness, one.worst_cycles, one.on_board.size): one for one in reversed(made)
    }.values())
    choices.sort(key=lambda one: one.slowness)
    found = Fit(board=board, choices=tuple(choices), samples=said_of(task, most=samples))
    return found if found.best is not None else replace(found, advice=search.advice(choices))


@dataclass(frozen=True, kw_only=True)
class _Search:
    """What is the same for all designs."""

    network: Network
    board: Board
    margin: float
    given: Samples | None

    def choices(self, design: EventDesign) -> list[Choice]:
        """Return a design as a choice, and where it does not fit, another one that may."""
        first = self.choice(design)
        short = first.on_board.lacking
        other = None
        if "bram" in short:
            other = smaller_rows(
                self.network, design, lacking=short["bram"], family=self.board.family.name
            )
        elif not first.fits_well and design.ram_style == "auto":
            other = replace(design, ram_style="block")
        if other is None or (second := self.choice(other)).on_board.size == first.on_board.size:
            return [first]
        return [first, second]

    def choice(self, design: EventDesign) -> Choice:
        """Return a design as a choice."""
        contents = joined(list(contents_on(self.network, design).values()))
        cycles = None if self.given is None else float(self.given.cycles(design).mean())
        worst = design.worst_cycles(self.network)
        return Choice(
            design=design, cycles=cycles, worst_cycles=worst, margin=self.margin,
            contents=contents, on_board=on_board(
                self.board, contents, cycles=cycles, worst=worst,
                synops=None if self.given is None else self.given.synops,
            ),
        )

    def advice(self, choices: Sequence[Choice]) -> str:
        """Say by how much the nearest choice does not fit, and what would make it."""
        room = self.board.device.room

        def far(one: Choice) -> float:
            return mean(over / max(1, room.get(kind, 0))
                        for kind, over in one.on_board.lacking.items())

        nearest = min(choices, key=far)
        design = nearest.design
        said = (
            f"the network fits {self.board.title} in no design: the nearest, an {design} with "
            f"share {design.share}, lacks {lack_words(nearest.on_board.lacking)} by its estimate"
        )
        ways = [*self._loaded(choices), *self._larger(choices), *self._fewer_bits(nearest)]
        *before, last = [*ways, "take a smaller network"]
        return f"{said}; {', '.join(before)}{', or ' if before else ''}{last}"

    def _loaded(self, choices: Sequence[Choice]) -> list[str]:
        """Say so where it fits with weights that a host stores."""
        folded = [one.design for one in choices if one.design.fold is not None]
        if not folded or folded[0].weights == "loaded":
            return []
        loaded = [
            self.choice(replace(one, weights="loaded", ram_style="block"))
            for one in sorted(folded, key=lambda one: (one.fold, -_most(one.share)))[:2]
        ]
        return ["have the weights loaded (--weights loaded)"] if any(
            one.on_board.fits for one in loaded
        ) else []

    def _larger(self, choices: Sequence[Choice]) -> list[str]:
        """Name the smallest part that one fits: of the same family, if there is such."""
        others = sorted(BOARDS.values(), key=lambda board: (
            board.family is not self.board.family, board.device.room.get("lut", 0), board.name
        ))
        for other in others:
            if other.family.name in families() and any(
                not lacking(size_of(
                    one.contents, family=other.family.name, large=other.device.large > 0
                ), other)
                for one in choices
            ):
                return [f"take a larger part (--board {other.name})"]
        return []

    def _fewer_bits(self, nearest: Choice) -> list[str]:
        """Say how many weight bits would fit, where block RAM alone is short."""
        short, size = nearest.on_board.lacking, nearest.on_board.size
        bits = max(layer.weight_bits for layer in self.network.layers)
        if size is None or short.keys() != {"bram"}:
            return []
        fewer = int(bits * self.board.device.room["bram"] / size.bram)
        return [f"train it with --weight-bits {fewer}"] if fewer >= 2 else []


def _most(share: int | tuple[int, ...]) -> int:
    return share if isinstance(share, int) else max(share)
