"""How a network that is trained already is trained on, on the integer grid."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from spikewright.coding.coding import Coding
from spikewright.task.task import Task
from spikewright_hw.checks import instance, optional, whole
from spikewright_hw.fixed import Format

from .fold_coding import fold_coding
from .of_layers import formats
from .post_training import PostTraining, quantize
from .real_network import RealNetwork
from .training_config import Phase, TrainingConfig, training_config

__all__ = ["retraining_config"]

#: Samples on which the membranes' format is found.
_SAMPLES = 500


def retraining_config(
    task: Task,
    network: RealNetwork,
    *,
    coding: Coding | str | None = None,
    weight_bits: int | Sequence[int] = 6,
    membrane: Format | str | Sequence[Format | str] | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    event_products: bool = False,
    recompute: bool = False,
    device: str = "cpu",
) -> TrainingConfig:
    """Return how a network is trained on: with quantisation in the loop, from the first epoch on.

    Parameters
    ----------
    task : Task
        Of labels.
    network : RealNetwork
        Where training starts: imported, or, of one in integers,
        :func:`~spikewright.network.real_network.in_reals`.
    coding : Coding or str, optional
        How the samples become spikes, or its name; that of the kind of task, with the network's
        steps, unless given.
    weight_bits : int or sequence of int
        Of all layers, or of each: 2 to 8.
    membrane : Format, str, or sequence of these, optional
        Format of the membranes of all layers, or of each; unless given, the narrowest that has room
        for the membranes of every layer on samples of the training part.
    epochs : int, optional
        Epochs on the grid; those of a new training unless given.
    learning_rate : float, optional
        Where it starts; that of a new training on the grid unless given.
    event_products, recompute : bool
        As :class:`TrainingConfig` has it.
    device : str
        The same.

    Raises
    ------
    DataError
        The samples or the coding do not fit the network.
    ValueError
        An argument is of another kind or out of its range; the message names it.
    """
    instance(Task)("task", task)
    instance(RealNetwork)("network", network)
    optional(whole(0, 1_000_000))("epochs", epochs)
    steps = network.steps if coding is None or isinstance(coding, str) else None
    bits = PostTraining(weight_bits=weight_bits).weight_bits
    base = training_config(
        task, coding=coding, steps=steps, event_products=event_products, recompute=recompute,
        device=device,
    )
    network = fold_coding(network, base.coding)
    if membrane is None:
        membrane = _membrane(network, task, base.coding, bits)
    grid = base.quantized
    return replace(
        base,
        model=replace(
            base.model, sizes=network.sizes, weight_bits=bits,
            membrane=formats("membrane", membrane), readout=network.readout, **_shape(network),
        ),
        network=network,
        real=Phase(epochs=0, learning_rate=base.real.learning_rate),
        quantized=Phase(
            epochs=grid.epochs if epochs is None else epochs,
            learning_rate=grid.learning_rate if learning_rate is None else learning_rate,
        ),
    )


def _shape(network: RealNetwork) -> dict[str, Any]:
    """Return the connections and origins of a network, where these are not what the sizes say."""
    if all(layer.is_flat and layer.is_plain for layer in network.layers):
        return {}
    return {
        "connections": tuple(layer.connection for layer in network.layers),
        "origins": tuple(layer.origins for layer in network.layers),
    }


def _membrane(
    network: RealNetwork, task: Task, coding: Coding, weight_bits: int | Sequence[int]
) -> Format:
    made = quantize(
        network, coding.encode(task.x_train[:_SAMPLES]),
        options=PostTraining(weight_bits=weight_bits),
    )
    # Of a layer with graded inputs, the point lies further right again; see ModelConfig.membranes.
    points = [
        (layer.membrane, layer.input_bits if layer.input_bits > 1 else 0)
        for layer in made.network.layers
    ]
    return Format(
        max(1, *(form.integer - more for form, more in points)),
        min(form.fraction + more for form, more in points),
    )
