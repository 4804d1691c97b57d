"""``spikewright bench sizes``: networks built for several parts, which estimates are fitted to.

Each is elaborated with its board top, synthesised, and packed by the placer, which counts the
part's cells; nothing is placed. Weights are as they are first drawn: sizes follow from shapes.
What was measured is kept beside the code that estimates by it. Networks that are not fitted are the
test of the estimates.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from spikewright_hw.board import BoardTop
from spikewright_hw.checks import pathlike
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.network import Network

from .. import terminal
from ..errors import DataError
from ..gateware.board import Board, board_named
from ..gateware.estimation.contents import contents_of, joined
from ..gateware.estimation.measured import MEASURED, Measured, read_measured, write_measured
from ..gateware.estimation.sizes import estimate_of
from ..gateware.pins import elaborate
from ..gateware.placement import packed_cells
from ..gateware.synthesis import synthesize
from ..job.board_estimate import contents_on
from ..job.progress import JobProgress
from ..network.training_config import training_config
from ..record.markdown import table
from ..task.task import Task
from .drawn import drawn_network

__all__ = ["SUBJECTS", "Subject", "bench_sizes"]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A network to build.

    Parameters
    ----------
    network : str
        Its short name, from input to output.
    image : tuple of int
        Height, width and channels of its input.
    settings : dict
        Arguments of :func:`~spikewright.network.training_config.training_config`.
    design : dict
        Fields of the design.
    fitted : bool
        Whether coefficients are fitted to it; else it tests them.
    """

    network: str
    image: tuple[int, ...] = (8, 8)
    settings: Mapping[str, Any] = field(default_factory=dict)
    design: Mapping[str, Any] = field(default_factory=dict)
    fitted: bool = True

    @property
    def name(self) -> str:
        """All of it in words."""
        more = {**self.settings, **self.design}
        inputs = "x".join(map(str, self.image))
        return ", ".join(
            [f"{inputs}-{self.network}", *(f"{key} {value}" for key, value in more.items())]
        )

    def made(self) -> Network:
        """Return the network with weights as they are first drawn."""
        outputs = 10
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (outputs + 1, *self.image))
        task = Task(
            name="random images", kind="image", low=0, high=255, classes=outputs,
            x_train=images[:outputs], y_train=np.arange(outputs), x_test=images[outputs:],
            y_test=np.zeros(1, int),
        )
        return drawn_network(training_config(task, network=self.network, **self.settings))


_DIGITS, _MNIST = (8, 8), (28, 28)
_FITTED = (
    Subject(network="128-10"),
    Subject(network="128-10", design={"share": 16}),
    Subject(network="64-10", settings={"neuron": "alif"}),
    Subject(network="16-10", settings={"weight_bits": 8, "membrane": "Q10.4"}, design={"share": 1}),
    Subject(network="128-10", image=_MNIST, design={"banks": (4, 4), "share": (4, 1)}),
    Subject(network="128-10", image=_MNIST, design={"banks": (2, 1), "share": 8}),
    Subject(network="48r-10", settings={"steps": 8}),
    Subject(network="64-32-10", settings={"neuron": "cuba_lif"}, design={"share": 8}),
    Subject(network="4C3-P2-10"),
    Subject(network="8C5-P2-16C3-P2-10", image=_MNIST, settings={"coding": "direct", "steps": 2}),
    Subject(network="24-10", settings={"neuron": "izhikevich", "membrane": "Q12.8"}),
    Subject(network="64@0,3-10"),
    Subject(network="32-10", settings={"neuron": "lif_refractory"}, design={"banks": 2}),
    Subject(network="8C5-P2-10", image=_MNIST),
    Subject(network="64-10", design={"fold": 16}),
    Subject(
        network="128-10", image=_MNIST, design={"fold": 16, "share": 16, "weights": "loaded"}
    ),
    Subject(network="128-10", design={"block_bits": 128}),
)
_TESTS = (
    Subject(network="128-10", design={"share": 8, "banks": 2}),
    Subject(network="96-10", image=_MNIST, design={"banks": (4, 2), "share": 4}),
    Subject(network="100-10", settings={"weight_bits": 6, "membrane": "Q10.4"}),
    Subject(network="64-10", settings={"neuron": "plif"}, design={"share": 2}),
    Subject(network="48-10", settings={"neuron": "adlif"}, design={"share": 8}),
    Subject(network="96-48-10", design={"share": 4}),
    Subject(network="6C3-P2-32-10"),
    Subject(network="8C3-P2-10"),
    Subject(network="64r-10", design={"share": 4}),
    Subject(network="64@0,3,6-10", settings={"steps": 8}),
    Subject(network="96-10", design={"fold": 8}),
    Subject(network="64-10", image=_MNIST, design={"fold": 16, "weights": "loaded"}),
)
SUBJECTS: tuple[Subject, ...] = (
    *_FITTED, *(Subject(**{**vars(one), "fitted": False}) for one in _TESTS),
)
"""What is built: networks that coefficients are fitted to, and twelve that test them."""

#: Boards, one of each family.
_BOARDS = ("ulx3s", "icebreaker", "tangnano20k", "arty-a7-35")


def bench_sizes(
    *boards: str, build: str | Path = "build", root: Path = Path(),
    console: Console | None = None,
) -> tuple[Measured, ...]:
    """Build all networks for boards, keep what they take up, and print the table.

    What was measured of the same gateware with the same tools is not built again.

    Parameters
    ----------
    boards : str
        Names of boards, of different families; one of each unless given.
    build, root : Path
        Folder of everything generated; the checkout, whose file of sizes is written.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        ``root`` is no checkout.
    BuildError, ToolError
        A network cannot be built, or a tool is missing.
    """
    folder, console = pathlike("build", build), console or terminal.console()
    path = root / MEASURED
    if not path.parent.is_dir():
        raise DataError(f"there is no folder {path.parent}; run this in the checkout")
    chosen = [board_named(name) for name in boards or _BOARDS]
    found = list(read_measured(path)) if path.is_file() else []
    with JobProgress() as progress, progress.part("Sizes") as tell:
        for one in _measured(chosen, folder, tell):
            found = [other for other in found if other.key != one.key] + [one]
            write_measured(path, found)
    known = {one.key for one in read_measured()}  # what estimates are fitted to from now on
    headings = ("network", "part", "LUT", "FF", "block RAM", "", "≈ LUT, off by")
    rows = [
        (one.name, one.part, one.lut, one.ff, one.bram, "" if one.fitted else "test",
         f"{100 * (estimate_of(one).lut / one.lut - 1):+.1f} %" if one.key in known else "")
        for one in found
    ]
    for line in table(headings, rows):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return tuple(found)


def _measured(
    boards: list[Board], build: Path, tell: Callable[[str], None]
) -> Iterator[Measured]:
    for subject in SUBJECTS:
        network = subject.made()
        for board in boards:
            tell(f"{subject.name}, {board.device.label}")
            yield _measure(subject, network, board, build)


def _measure(subject: Subject, network: Network, board: Board, build: Path) -> Measured:
    top = BoardTop(
        network=network, divisor=board.divisor, clock_hz=board.clock_hz, virtual=False,
        design=EventDesign(**subject.design),
    )
    source, constraints = elaborate(top, board=board)
    family = board.family
    netlist = synthesize(
        source, top="design", family=family.name, command=board.device.synthesis,
        language=family.language, build=build,
    )
    cells: Mapping[str, int] = {}
    if family.used:
        cells = packed_cells(netlist, part=board.part, constraints=constraints, build=build)
    counts = {
        kind: sum(cells.get(one, 0) for one in family.used[kind])
        if cells and kind in family.used else getattr(netlist.counts, kind)
        for kind in ("lut", "ff", "bram")
    }
    # Verilog is not counted; the same without the board's pins is.
    contents = contents_of(source) if family.language == "rtlil" else contents_on(
        network, EventDesign(**subject.design)
    )
    return Measured(
        name=subject.name, fitted=subject.fitted, family=family.name, part=board.part,
        contents=joined(list(contents.values())), tool=netlist.tool, **counts,
    )
