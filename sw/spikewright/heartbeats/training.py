"""How the networks of the heartbeats are trained: chosen on held-out parts of the training part."""

from dataclasses import dataclass, replace

from spikewright_hw.engine.design import EventDesign

from ..network.training_config import TrainingConfig, training_config
from ..task.task import Task
from .front_end import BITS
from .split import ANOMALY, CLASSES

__all__ = ["BOARD", "HIDDEN", "Recipe", "design_of", "recipe_of"]

#: A board with an iCE40 UP5K.
BOARD = "icebreaker"
HIDDEN = 32
_STEPS = 3


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a split is learned.

    Parameters
    ----------
    shares : tuple of float
        How often the samples of each class are there, see :func:`~.split.drawn`.
    epochs : int
        In real numbers.
    learning_rate : float
    """

    shares: tuple[float, ...]
    epochs: int
    learning_rate: float

    def config(self, task: Task, *, hidden: int = HIDDEN) -> TrainingConfig:
        """Return how a network is trained, with leaky hidden neurons and a readout that sums."""
        config = training_config(
            task, hidden=(hidden,), coding="direct", steps=_STEPS, input_bits=BITS, weight_bits=6,
            membrane="Q10.4", bias=True, parameters={"decay": 0.75}, epochs=self.epochs,
            learning_rate=self.learning_rate,
        )
        model = replace(config.model, readout_parameters={"decay": 1.0})
        return replace(config, model=model, spike_cost=0.0, batch=256)


def design_of(task: Task) -> EventDesign:
    """Return the engine: four hidden neurons at a time, so that it is small, and all outputs."""
    each = (4, task.outputs)
    return EventDesign(fold=each, share=each)


def recipe_of(split: str, *, anomaly: bool) -> Recipe:
    """Return how a split is learned: between patients in few epochs, lest patients be learned."""
    classes = len(ANOMALY if anomaly else CLASSES)
    if split == "random":
        return Recipe(shares=(1.0,) * classes, epochs=15, learning_rate=0.02)
    return Recipe(
        shares=(1.0, 1.0) if anomaly else (0.7, 2.0, 1.0, 1.0, 1.0), epochs=3, learning_rate=0.01
    )
