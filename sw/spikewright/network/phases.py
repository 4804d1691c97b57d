"""The two phases of a training, epoch by epoch: kept in a file, told, stopped early if asked."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from spikewright.errors import TrainingError
from spikewright.files import write_bytes, write_text

from .checkpoint import Checkpoint, write_checkpoint
from .event_log import events
from .model import Model
from .objective import Objective
from .processes import ALONE, Processes
from .steps import NotFinite, Steps, TrainingSpikes
from .training_config import TrainingConfig

__all__ = ["PHASES", "Keeper", "Phases", "Progress", "copied"]

#: What the phases are called.
PHASES = ("float", "quantised")
_IN_WORDS = ("in real numbers", "on the grid")


@dataclass(frozen=True)
class Progress:
    """Where the training stands: ``epoch`` of ``epochs`` are done in ``phase``.

    Parameters
    ----------
    phase : str
        ``float`` or ``quantised``.
    epoch, epochs : int
    loss : float
        Mean over the epoch.
    learning_rate : float
        After it.
    held_out : float, optional
        Of a training that stops early: the accuracy on the held-out samples, 0 to 1, or the error.
    seconds : float
        What the epoch took.
    left : float
        Seconds that the rest takes if its epochs take as long as those so far.
    """

    phase: str
    epoch: int
    epochs: int
    loss: float
    learning_rate: float = 0.0
    held_out: float | None = None
    seconds: float = 0.0
    left: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Where a training is kept.

    Parameters
    ----------
    path : Path, optional
        Of the checkpoint; none is written unless given.
    log : Path, optional
        Of a table of the epochs, as CSV, or with ``tfevents`` in its name as events; none is
        written unless given.
    known : dict
        What the training is about.
    found : Checkpoint, optional
        From where it goes on.
    """

    path: Path | None = None
    log: Path | None = None
    known: dict[str, Any] = field(default_factory=dict)
    found: Checkpoint | None = None


class Phases:
    """The phases of a training.

    Parameters
    ----------
    model : Model
    config : TrainingConfig
    objective : Objective
    spikes : TrainingSpikes
    generator : torch.Generator
    keeper : Keeper
    held_out : callable, optional
        Returns how well the model meets the held-out samples; a training with ``patience`` has it.
    progress : callable
        Called after each epoch; what it raises ends the training.
    processes : Processes
        That have a share of each batch.
    """

    def __init__(
        self,
        model: Model,
        config: TrainingConfig,
        *,
        objective: Objective,
        spikes: TrainingSpikes,
        generator: torch.Generator,
        keeper: Keeper,
        held_out: Callable[[], float] | None,
        progress: Callable[[Progress], None],
        processes: Processes = ALONE,
    ):
        self._model, self._config, self._generator = model, config, generator
        self._given = {"objective": objective, "spikes": spikes, "generator": generator,
                       "processes": processes}
        self._keeper, self._held_out, self._progress = keeper, held_out, progress
        self._sign = 1 if objective.higher_is_better else -1
        self._history = [] if keeper.found is None else list(keeper.found.history)
        #: How the first phase ended, once it has.
        self.real = None if keeper.found is None else keeper.found.real

    def run(self, number: int) -> None:
        """Run a phase to its end, from where the checkpoint has it."""
        phase = (self._config.real, self._config.quantized)[number]
        steps = Steps(self._model, self._config, phase, **self._given)
        done, best = self._take(number, steps)
        while done < phase.epochs and not self._waited(done, best):
            began = time.monotonic()
            try:
                loss = fmean(steps.epoch())
                steps.check_weights()
            except NotFinite as error:
                raise TrainingError(
                    f"{error.what} in step {error.step} of epoch {done + 1} "
                    f"{_IN_WORDS[number]}: {error.where}; take a lower learning rate{self._kept()}"
                ) from None
            done += 1
            held = None if self._held_out is None else float(self._held_out())
            if held is not None and (best is None or self._is_better(held, best["score"])):
                best = {"epoch": done, "score": held, "model": copied(self._model)}
            row = Progress(
                PHASES[number], done, phase.epochs, loss, steps.learning_rate, held,
                time.monotonic() - began,
            )
            self._history.append(asdict(row) | {"left": self._left(number, done, row.seconds)})
            self._keep(number, done, steps, best)
            self._progress(Progress(**self._history[-1]))
        if best is not None:
            self._model.load_state_dict(best["model"])

    def _take(self, number: int, steps: Steps) -> tuple[int, dict[str, Any] | None]:
        """Take what the checkpoint has of a phase; return the epochs done, and what was best."""
        found = self._keeper.found
        if found is None or found.phase != number:
            return 0, None
        self._model.load_state_dict(found.model)
        steps.load(found.optimizer, found.schedule)
        self._generator.set_state(found.generator)
        return found.epoch, found.best

    def _waited(self, done: int, best: dict[str, Any] | None) -> bool:
        patience = self._config.patience
        return patience is not None and best is not None and done - best["epoch"] >= patience

    def _is_better(self, score: float, other: float) -> bool:
        return self._sign * score > self._sign * other

    def _left(self, number: int, done: int, seconds: float) -> float:
        name = PHASES[number]
        each = [row["seconds"] for row in self._history if row["phase"] == name] + [seconds]
        phases = (self._config.real, self._config.quantized)[number:]
        return fmean(each) * (sum(phase.epochs for phase in phases) - done)

    def _keep(
        self, number: int, done: int, steps: Steps, best: dict[str, Any] | None
    ) -> None:
        if self._keeper.path is not None:
            write_checkpoint(self._keeper.path, Checkpoint(
                phase=number, epoch=done, model=self._model.state_dict(), **steps.state(),
                generator=self._generator.get_state(), history=self._history, best=best,
                real=self.real,
            ), self._keeper.known)
        if self._keeper.log is not None:
            if "tfevents" in self._keeper.log.name:
                write_bytes(self._keeper.log, events(self._history))
            else:
                write_text(self._keeper.log, _table(self._history))

    def _kept(self) -> str:
        path = self._keeper.path
        if path is None or not path.exists():
            return ""
        return f"; {path} has the epochs before"


def _table(history: list[dict[str, Any]]) -> str:
    """Return what was told of the epochs as CSV."""
    columns = [field.name for field in fields(Progress) if field.name != "left"]
    rows = [["" if row[name] is None else str(row[name]) for name in columns] for row in history]
    return "".join(f"{','.join(row)}\n" for row in [columns, *rows])


def copied(model: Model) -> dict[str, Any]:
    """Return a model's state as it is now."""
    return {name: value.clone() for name, value in model.state_dict().items()}
