"""What the main job is asked for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spikewright_hw.checks import instance, one_of, optional, pathlike, settle, whole, wholes
from spikewright_hw.engine.design import Design, EventDesign

from ..device.boards import VIRTUAL
from ..device.probe_choice import ProbeChoice
from ..gateware.bit_rate import AUTO, check_rate
from ..gateware.board import BOARDS, DEFAULT_BOARD, Board
from ..gateware.closing import LIMIT_S
from ..gateware.loading import Way
from ..network.training_config import TrainingConfig
from ..quantized.network import MOST_SEED, QuantizedNetwork
from ..task.task import Task

__all__ = ["RunOptions"]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What to run, and where.

    Parameters
    ----------
    board : Board
        What the bitstream is built for, and whose clock latencies are stated at.
    task : Task, optional
        What the network does; the digits unless given.
    network : str, Path or QuantizedNetwork, optional
        One that is trained already, or its ``.spw`` file; without one, a network is trained for
        each seed, and the first seed's is run.
    config : TrainingConfig, optional
        How networks are trained, see
        :func:`~spikewright.network.training_config.training_config`; by default as it is best for
        the task.
    port : str
        Path of the serial port that the board is at, or ``"virtual"``.
    rate : int or str
        Bits per second of that port, or ``"auto"``, see :func:`open_board`.
    seeds : tuple of int
        Seeds to train.
    samples : int, optional
        Samples that the board is given: the first of the test part; all unless given.
    design : Design
        The engine that the network runs on.
    fit : bool
        Search the design for the board first, by estimates: see :func:`fit_design`.
    demo : int, optional
        Store so many samples of the test part in the bitstream: a board that runs them by itself,
        without a host. With ``build_only``.
    build_only : bool
        Stop at the bitstream.
    allow_saturation : bool
        Without, a network with a state that can end at its format is refused before it is built.
    bitstream : bool
        Build a bitstream; without one, the report has no size and no highest clock frequency.
    load : str, optional
        Load the bitstream into the board when it is built: ``"load"``, until power is off, or
        ``"flash"``.
    probe : ProbeChoice, optional
        What reads the power of the board, which is at a port, after the samples were run; its
        figures take the place of the estimate. None unless given.
    highest_clock : bool
        Build at the highest clock that closes with a margin, and run at it: see
        :func:`build_at_highest_clock`. The board's own clock is tried first.
    placements : int
        Place and route with so many seeds of the placer besides, for the spread of the highest
        clock. With ``build_only``.
    limit_s : float
        Seconds for placing and routing, with all seeds of the placer together.
    build : Path
        Folder of everything generated.
    command : str
        The command line that this run goes by in its report.
    """

    board: Board = BOARDS[DEFAULT_BOARD]
    task: Task | None = None
    network: str | Path | QuantizedNetwork | None = None
    config: TrainingConfig | None = None
    port: str = VIRTUAL
    rate: int | str = AUTO
    seeds: tuple[int, ...] = (0, 1, 2)
    samples: int | None = None
    design: Design = field(default_factory=EventDesign)
    fit: bool = False
    demo: int | None = None
    build_only: bool = False
    allow_saturation: bool = True
    bitstream: bool = True
    load: Way | None = None
    probe: ProbeChoice | None = None
    highest_clock: bool = False
    placements: int = 0
    limit_s: float = LIMIT_S
    build: Path = Path("build")
    command: str = "spikewright run"

    def __post_init__(self):
        settle(
            self,
            task=optional(instance(Task)),
            network=optional(_file_or_network),
            config=optional(instance(TrainingConfig)),
            rate=check_rate,
            seeds=wholes(0, MOST_SEED),
            samples=optional(whole(1)),
            demo=optional(whole(1)),
            placements=whole(0),
            load=optional(one_of(("load", "flash"))),
            probe=optional(instance(ProbeChoice)),
        )
        if self.network is not None and self.config is not None:
            raise ValueError(
                "config is given, but network is one that is trained already; leave one of the two "
                "out"
            )
        if self.fit and not isinstance(self.design, EventDesign):
            raise ValueError(
                f"fit is True, which searches event engines, but the design is a {self.design}; "
                "leave one of the two out"
            )
        if self.build_only and not self.bitstream:
            raise ValueError("build_only is True, and bitstream is False; leave one of the two out")
        if self.demo is not None and not self.build_only:
            raise ValueError(
                "demo is given, of a board that answers no host, and build_only is False; leave "
                "demo= out, or set build_only=True"
            )
        if self.demo is not None and self.highest_clock:
            raise ValueError(
                "demo is given, and highest_clock is True, which is of a board with a link; leave "
                "one of the two out"
            )
        if self.placements and (self.highest_clock or not self.build_only):
            raise ValueError(
                f"placements is {self.placements}, of one bitstream that is built and not run; set "
                "build_only=True, and leave highest_clock= out"
            )
        if self.highest_clock and not self.bitstream:
            raise ValueError(
                "highest_clock is True, which is found by building the bitstream, and bitstream is "
                "False; leave one of the two out"
            )
        self._check_board()
        if self.network is None and not self.seeds:
            raise ValueError("seeds is empty; give at least one seed to train")

    def _check_board(self) -> None:
        """Refuse what the board cannot have, and what is not loaded into it."""
        if self.virtual:  # a board that is there says its clock itself
            self.board.check_rate(self.rate, optional=self.design.optional)
        if self.load is not None and not self.bitstream:
            raise ValueError("load is given, and bitstream is False; leave one of the two out")
        if self.load is not None and self.virtual and not self.build_only:
            raise ValueError("load is given, but the board is virtual; name the port of a real one")
        if self.probe is not None and self.build_only:
            raise ValueError(
                "probe is given, of a board that is run, and build_only is True; leave one of the "
                "two out"
            )
        if self.probe is not None and self.virtual:
            raise ValueError(
                "probe is given, which reads the power of a real board, but the board is virtual; "
                "name the port of a real one by port="
            )

    @property
    def virtual(self) -> bool:
        """Whether to make a virtual board; one may also be found at a port."""
        return self.port == VIRTUAL


def _file_or_network(name: str, value: Any) -> Path | QuantizedNetwork:
    return value if isinstance(value, QuantizedNetwork) else pathlike(name, value)
