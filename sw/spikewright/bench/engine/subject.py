"""What rows of ``spikewright bench engine`` are about: a network, and an engine of it."""

from dataclasses import dataclass, field

from spikewright_hw.engine.design import EventDesign

from ...network.training_config import TrainingConfig, training_config
from ...task.task import Task

__all__ = ["Engine", "Subject"]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A network that rows are about.

    Parameters
    ----------
    task : str
        Name of its task.
    settings : dict
        Arguments of :func:`~spikewright.network.training_config.training_config`.
    inputs_kept : int, optional
        So many inputs, those that do most in a first network, are kept; all unless given.
    """

    task: str
    settings: dict = field(default_factory=dict)
    inputs_kept: int | None = None

    @property
    def key(self) -> tuple[str, tuple, int | None]:
        """All of it, hashable."""
        return self.task, tuple(sorted(self.settings.items())), self.inputs_kept

    def config(self, task: Task) -> TrainingConfig:
        """Return how it is trained, but for the inputs that are kept."""
        return training_config(task, **self.settings)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A network on an engine and a board.

    Parameters
    ----------
    subject : Subject
    design : EventDesign
    board : str
    clock_mhz : float
        What the placer aims for.
    modelled : bool
        Whether a model gives the cycles of all images; else they are those of the images that are
        simulated.
    samples : int
        Images that the gateware is simulated for, at least.
    alone : bool
        Place the engine without a board around it, between registers, with weights as they are
        first drawn.
    """

    subject: Subject
    design: EventDesign
    board: str = "ulx3s"
    clock_mhz: float = 100.0
    modelled: bool = True
    samples: int = 0
    alone: bool = False
