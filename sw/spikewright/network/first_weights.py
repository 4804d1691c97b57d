"""A network before it is trained, in real numbers: its first weights are drawn, or given."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from spikewright_hw.definition.definition import Definition, Value
from spikewright_hw.layer_graph import Node
from spikewright_hw.neuron import DEFINITIONS

from .drive import drive
from .model_config import ModelConfig
from .plain_steps import bell
from .quantize import largest_level, scalable
from .real_layer import RealLayer
from .real_network import RealNetwork

__all__ = ["drawn_layers", "first_layers", "given_layers"]


#: In so many steps, graded inputs that come in each of them are no more than weights are drawn for.
_FEW = 4


def first_layers(
    config: ModelConfig, *, generator: torch.Generator, plain: bool = False,
    steps: int | None = None,
) -> tuple[RealLayer, ...]:
    """Return the layers of a configuration with weights as strong as their neurons need them.

    Biases are 0 to begin with. ``plain`` weights are drawn the same on every processor. Graded
    inputs come in each of the ``steps``, and more of them spikes, so that weights are as much
    smaller as there are more steps than a few: otherwise, neurons spike in every step or never.
    """
    neurons = [(DEFINITIONS[name], given) for name, given in config.layers]
    layers = drawn_layers(config, neurons, generator=generator, plain=plain)
    if config.input_bits == 1 or steps is None or steps <= _FEW:
        return layers
    return tuple(replace(layer, weights=layer.weights * (_FEW / steps)) for layer in layers)


def drawn_layers(
    config: ModelConfig,
    neurons: Sequence[tuple[Definition, Mapping[str, Value]]],
    *,
    generator: torch.Generator,
    plain: bool = False,
) -> tuple[RealLayer, ...]:
    """Return the same with other neurons: of each layer a definition, and its parameters."""
    strengths = [drive(definition, definition.values(given)) for definition, given in neurons]

    def drawn(strength: float, rows: int, lanes: int, *, fan_in: float) -> torch.Tensor:
        normal = bell if plain else torch.randn
        return strength * normal(rows, lanes, generator=generator) / fan_in**0.5

    weights = [
        drawn(2 * strength, one.connection.rows, one.connection.lanes, fan_in=max(1, _fan_in(one)))
        for strength, one in zip(strengths, config.nodes, strict=True)
    ]
    return tuple(
        RealLayer(
            weights=matrix.numpy(),
            neuron=definition,
            parameters=given,
            bias=torch.zeros(one.target.channels).numpy() if config.bias else None,
            recurrent=drawn(0.5 * strength, size, size, fan_in=size).numpy()
            if definition.hears_itself else None,
            connection=one,
            origins=origins,
        )
        for matrix, (definition, given), strength, one, origins in zip(
            weights, neurons, strengths, config.wires, config.heard, strict=True
        )
        for size in [len(one.target)]
    )


def _fan_in(node: Node) -> float:
    """Return how many inputs a neuron has that are as large as the largest."""
    greatest, most = node.greatest, max(node.greatest)
    if min(greatest) == most:
        return node.connection.fan_in
    return max(
        sum((greatest[row] / most) ** 2 for row in fan) for fan in node.connection.fans
    )


def given_layers(network: RealNetwork) -> tuple[RealLayer, ...]:
    """Return the layers of a network in units that a learning rate suits, as drawn ones have them.

    Where all levels of a neuron may be counted in another unit, and the spikes stay the same, the
    largest level becomes 1; of a neuron without levels, such as a readout, the weights become as
    large as the first weights of a drawn layer. The largest input of the first layer becomes 1.
    """
    return tuple(_in_own_unit(layer) for layer in network.layers)


def _in_own_unit(layer: RealLayer) -> RealLayer:
    definition = layer.definition
    layer = replace(layer, weights=layer.weights * layer.most_input, input_bits=1)
    if not scalable(definition):
        return layer
    unit = largest_level(definition, layer.parameters)
    if unit == 0:
        unit = float(np.sqrt(np.mean(np.square(layer.weights)))) * layer.connection.fan_in**0.5 / 2
    if unit == 0:
        return layer
    levels = {
        name: tuple(np.divide(value, unit).tolist()) if isinstance(value, tuple) else value / unit  # pyright: ignore
        for name, value in layer.parameters.items()
        if definition.parameters[name].unit == "level"
    }
    return replace(
        layer,
        weights=layer.weights / unit,
        parameters={**layer.parameters, **levels},
        bias=None if layer.bias is None else layer.bias / unit,
        recurrent=None if layer.recurrent is None else layer.recurrent / unit,
    )
