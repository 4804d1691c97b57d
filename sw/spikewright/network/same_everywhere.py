"""What a training must be to be the same on every processor: checked before it begins."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spikewright_hw.connection import Dense
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.expression import Expression
from spikewright_hw.neuron import DEFINITIONS

if TYPE_CHECKING:
    from .training_config import TrainingConfig

__all__ = ["check_same_everywhere"]

#: Operations of a neuron that libraries round in ways of their own.
_OWN_WAYS = {"exp", "expm1", "exprel", "log", "tanh", "sigmoid"}
#: Surrogates of sums, products and quotients alone.
_SURROGATES = ("arc_tangent", "fast_sigmoid", "triangle", "rectangle", "straight_through")


def check_same_everywhere(config: "TrainingConfig") -> None:
    """Raise :exc:`ValueError` if a part of a training would differ between processors."""
    for what in _differing(config):
        raise ValueError(
            f"same_everywhere=True does not go with {what}, whose sums or functions differ between "
            "processors; change that, or leave same_everywhere= out"
        )


def _differing(config: "TrainingConfig") -> Iterator[str]:
    model = config.model
    if config.network is not None:
        yield "a network that is trained on"
    if config.streams is not None:
        yield "bitstreams"
    for name in ("event_products", "recompute"):
        if getattr(config, name):
            yield f"{name}=True"
    if config.precision != "float32":
        yield f"precision={config.precision!r}"
    if config.prune:
        yield f"prune={config.prune:g}"
    if config.loss != "outputs":
        yield f"loss={config.loss!r}"
    if model.surrogate not in _SURROGATES:
        yield f"surrogate={model.surrogate!r}"
    if model.learn_surrogate:
        yield "learn_surrogate=True"
    if model.normalisation != "none":
        yield f"normalisation={model.normalisation!r}"
    if model.delays != "fixed":
        yield f"delays={model.delays!r}"
    if any(origin.back == 0 for origins in model.heard for origin in origins):
        yield "a layer that hears itself"
    for name, _ in model.layers:
        why = _of_neuron(DEFINITIONS[name])
        if why:
            yield f"{name}, which {why}"
    if any(not isinstance(one, Dense) for one in model.wires):
        yield "a layer that is a convolution, or hears several layers or delays"


def _of_neuron(definition: Definition) -> str:
    """Return what of a neuron differs between processors; an empty text if nothing does."""
    if definition.hears_itself:
        return "hears its own layer"
    if any(one.trained for one in definition.parameters.values()):
        return "learns parameters"
    functions = _operations(definition.update.values()) & _OWN_WAYS
    return f"computes {', '.join(sorted(functions))}" if functions else ""


def _operations(those) -> set[str]:
    waiting: list[Expression] = list(those)
    seen: dict[int, Expression] = {}
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen[id(one)] = one
            waiting += one.parts
    return {one.operation for one in seen.values()}
