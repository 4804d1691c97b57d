"""What the rows of ``spikewright bench engine`` share: networks, cycles, placements, each once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median_low
from typing import Any

import numpy as np

from spikewright_hw.board import BoardTop
from spikewright_hw.emit import as_rtlil

from ...cache import NotKept, only_kept
from ...coding.coding import encode
from ...engine_cycles.inference import cycles
from ...errors import DeviceError
from ...gateware.board import BOARDS
from ...gateware.design import run_reference
from ...gateware.harness import Harness
from ...gateware.pins import elaborate
from ...gateware.placement import Placement, place
from ...gateware.synthesis import synthesize
from ...job.input_selection import select_inputs
from ...job.training import train
from ...network.phases import Progress
from ...network.reference import Run
from ...quantized.network import QuantizedNetwork
from ...task.known import load_task
from ...task.task import Task
from ..drawn import drawn_network
from .simulation import simulated
from .subject import Engine, Subject

__all__ = ["Cycles", "Work", "best_rate"]


@dataclass(frozen=True)
class Cycles:
    """Cycles of all images of a test part, or of those that are simulated where no model is.

    Parameters
    ----------
    each : int array ``[samples]``
        By the model of the engine's cycles, and as many more as the gateware took at most; without
        a model, the gateware's.
    simulated : int
        Images, the first ones, that the gateware was simulated for; all that it gave equals the
        reference.
    more : int
        By how many cycles it exceeded the model at most there.
    simulator : str
    """

    each: np.ndarray
    simulated: int
    more: int
    simulator: str


class _Some(list):
    """Placements of some of the seeds."""


class Work:
    """What rows need; each is worked out when it is first asked for.

    Parameters
    ----------
    folder : Path, optional
        Folder of the data sets.
    seeds : tuple of int
        Of the trainings; the first one's network is built.
    pnr_seeds : tuple of int
        Of the placer.
    samples : int
        Images that gateware is simulated for.
    build : Path
        Folder of everything generated.
    tell : callable
        Told what is being done.
    """

    def __init__(
        self, *, folder: Path | None, seeds: tuple[int, ...], pnr_seeds: tuple[int, ...],
        samples: int, build: Path, tell: Callable[[str], None] = lambda _: None,
    ):
        self.folder, self.seeds, self.pnr_seeds = folder, seeds, pnr_seeds
        self.samples, self.build, self.tell = samples, build, tell
        self.task = cache(self._task)
        self.network = cache(self._network)
        self.spikes = cache(self._spikes)
        self.answers = cache(self._answers)
        self._found: dict[tuple[str, str], Any] = {}
        self._looks_up = False
        self.partial = False

    @contextmanager
    def looking_up(self) -> Iterator[None]:
        """Train, simulate and place nothing within; what is not known raises ``NotKept``.

        ``partial`` then says whether placements were asked for of which some are not known.
        """
        with only_kept():
            self._looks_up, self.partial = True, False
            try:
                yield
            finally:
                self._looks_up = False
                for key in [key for key, one in self._found.items() if not _is_whole(one)]:
                    del self._found[key]

    def _once(self, what: str, engine: Engine, make: Callable[[Engine], Any]) -> Any:
        """Return what is made of an engine, each once; that it is not known is found out once."""
        key = (what, repr(engine))
        if key not in self._found:
            try:
                self._found[key] = make(engine)
            except NotKept as error:
                if not self._looks_up:
                    raise
                self._found[key] = error
        if isinstance(self._found[key], NotKept):
            raise self._found[key]
        return self._found[key]

    def _task(self, name: str) -> Task:
        return load_task(name) if name == "digits" else load_task(name, folder=self.folder)

    def of(self, subject: Subject, seed: int | None = None) -> QuantizedNetwork:
        """Return a subject's network, trained with a seed; the first one unless given."""
        seed = self.seeds[0] if seed is None else seed
        return self.network(*subject.key, seed)

    def _network(
        self, task: str, settings: tuple, inputs_kept: int | None, seed: int
    ) -> QuantizedNetwork:
        def told(at: Progress) -> None:
            self.tell(
                f"training on {task}, seed {seed}: {at.phase}, epoch {at.epoch} of {at.epochs}"
            )

        loaded = self.task(task)
        config = Subject(task=task, settings=dict(settings)).config(loaded)
        how = {"seed": seed, "build": self.build, "progress": told}
        if inputs_kept is not None:
            config = select_inputs(loaded, config, inputs_kept=inputs_kept, **how)
        return train(loaded, config, **how)

    def _spikes(self, task: str, coding: object) -> np.ndarray:
        return encode(self.task(task).x_test, coding)  # pyright: ignore[reportArgumentType]

    def inputs(self, subject: Subject) -> np.ndarray:
        """Return the encoded test part of a subject's task."""
        return self.spikes(subject.task, self.of(subject).coding)

    def _answers(
        self, task: str, settings: tuple, inputs_kept: int | None, seed: int
    ) -> Run:
        network = self.network(task, settings, inputs_kept, seed)
        self.tell(f"the reference on {task}")
        return run_reference(network, self.spikes(task, network.coding), hidden_membranes=False)

    def run(self, subject: Subject, seed: int | None = None) -> Run:
        """Return what the reference gives on the test part."""
        seed = self.seeds[0] if seed is None else seed
        return self.answers(*subject.key, seed)

    def accuracy(self, subject: Subject, seed: int) -> float:
        """Return the share of the test part that is classified rightly, in per cent."""
        task = self.task(subject.task)
        return 100 * float((self.run(subject, seed).predictions == task.y_test).mean())

    def cycles(self, engine: Engine) -> Cycles:
        """Return the cycles of all images; the gateware is simulated for the first ones.

        Raises
        ------
        DeviceError
            The gateware gave something else than the reference.
        """
        return self._once("cycles", engine, self._cycles)

    def _cycles(self, engine: Engine) -> Cycles:
        network, spikes = self.of(engine.subject), self.inputs(engine.subject)
        count = max(self.samples, engine.samples)
        ran = simulated(
            network, spikes[:count], design=engine.design, board=BOARDS[engine.board],
            build=self.build, tell=self.tell,
        )
        if not engine.modelled:
            return Cycles(ran.cycles, len(ran.cycles), 0, ran.simulator)
        model = cycles(network.network, spikes, self.run(engine.subject), design=engine.design)
        more = ran.cycles - model[: len(ran.cycles)]
        if (more < 0).any():
            raise DeviceError(
                f"the {engine.design} took {-more.min()} cycles less than its model says; the "
                "model of its cycles is not that of this engine"
            )
        return Cycles(model + more.max(), len(ran.cycles), int(more.max()), ran.simulator)

    def placed(self, engine: Engine) -> list[Placement]:
        """Return the board's placements, one of each seed of the placer, the slowest first.

        Within :meth:`looking_up` those of the seeds that are known.
        """
        found = self._once("placed", engine, self._place)
        self.partial |= isinstance(found, _Some)
        return sorted(found, key=Placement.fmax_of)

    def _place(self, engine: Engine) -> list[Placement]:
        board = BOARDS[engine.board].at(engine.clock_mhz)
        source, constraints = self._once("emitted", engine, self._emitted)
        self.tell(f"synthesising the {engine.design}")
        netlist = synthesize(
            source, top="design", family=board.family.name, command=board.device.synthesis,
            language="rtlil" if engine.alone else board.family.language, pads=engine.alone,
            build=self.build,
        )
        found, unknown = [], None
        for seed in self.pnr_seeds:
            self.tell(f"placing and routing, seed {seed}")
            try:
                found.append(place(
                    netlist, part=board.part, seed=seed, frequency_mhz=engine.clock_mhz,
                    constraints=constraints, build=self.build,
                ))
            except NotKept as error:
                unknown = error
        if not found:
            raise NotKept(f"no seed of the placer is known of the {engine.design}") from unknown
        return found if unknown is None else _Some(found)

    def _emitted(self, engine: Engine) -> tuple[str, str | None]:
        """Return the source that is placed, and its constraints: of a board, or of an engine."""
        board = BOARDS[engine.board].at(engine.clock_mhz)
        if engine.alone:
            network = drawn_network(engine.subject.config(self.task(engine.subject.task)))
            core = engine.design.engine(network)
            return as_rtlil(Harness(core, lean=True), name="design"), None
        top = BoardTop(
            network=self.of(engine.subject).network, divisor=board.divisor,
            clock_hz=board.clock_hz, virtual=False, design=engine.design,
        )
        return elaborate(top, board=board)

    def middle(self, engine: Engine) -> Placement:
        """Return the placement whose clock is the median, the lower of two."""
        found = self.placed(engine)
        return found[[one.fmax_of() for one in found].index(
            median_low(one.fmax_of() for one in found)
        )]


def _is_whole(found: Any) -> bool:
    """Whether what was looked up is all that there is: not of some seeds of the placer alone."""
    return not isinstance(found, NotKept | _Some)


def best_rate(work: Callable[[], object], *, count: int, turns: int = 3) -> float:
    """Return how many a second are done, in the fastest of some turns."""
    seconds = []
    for _ in range(turns):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return count / min(seconds)
