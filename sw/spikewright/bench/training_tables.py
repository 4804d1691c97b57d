"""Tables of the training's settings: what is compared beside the defaults, by name."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..coding.known import coding_of
from ..network.choices import SCALES
from ..network.model_config import ModelConfig
from ..network.training_config import Phase, TrainingConfig
from ..record.training_bench import DEFAULTS
from ..task.task import Task

__all__ = ["TABLES", "brief", "compared"]

#: Codings of images that make spikes or graded inputs of one event system.
_CODINGS = ("ttfs", "log_latency", "rate", "population", "direct")

Compared = Iterator[tuple[str, TrainingConfig]]


def compared(name: str, base: TrainingConfig, task: Task) -> dict[str, TrainingConfig]:
    """Return the settings of a table by name; the first is ``base`` itself."""
    found = dict(TABLES[name](base, task))
    return {DEFAULTS: base, **{key: one for key, one in found.items() if one != base}}


def brief(config: TrainingConfig, epochs: int) -> TrainingConfig:
    """Return a config with other epochs in real numbers, and on the grid in proportion."""
    real, grid = config.real, config.quantized
    on_grid = -(-epochs * grid.epochs // real.epochs)
    return replace(
        config,
        real=Phase(epochs=epochs, learning_rate=real.learning_rate),
        quantized=Phase(epochs=on_grid, learning_rate=grid.learning_rate),
    )


def _model(base: TrainingConfig, **changes) -> TrainingConfig:
    model: ModelConfig = replace(base.model, **changes)
    return replace(base, model=model)


def _codings(base: TrainingConfig, task: Task) -> Compared:
    for name in _CODINGS:
        coding = coding_of(task, name=name)
        sizes = (coding.inputs, *base.model.sizes[1:])
        bits = getattr(coding, "bits", 1)
        made = _model(base, sizes=sizes, input_bits=bits)
        yield coding.describe(), made if coding == base.coding else replace(made, coding=coding)


def _grids(base: TrainingConfig, task: Task) -> Compared:
    for name in SCALES[1:]:
        yield f"a scale of each {name}" if name == "channel" else "scales powers of two", _model(
            base, scales=name
        )
    for bits in (2, 3, 8):
        yield f"{bits} bits", _model(base, weight_bits=bits)
    for share in (0.5, 0.8):
        yield f"{100 * share:.0f} % pruned", replace(base, prune=share)


#: What makes the settings of each table.
TABLES: dict[str, Callable[[TrainingConfig, Task], Compared]] = {
    "codings": _codings, "grids": _grids,
}
