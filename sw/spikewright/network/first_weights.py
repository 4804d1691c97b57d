"""A network before it is trained, in real numbers: its first weights are drawn."""

import torch

from spikewright_hw.neuron import DEFINITIONS

from .drive import drive
from .model_config import ModelConfig
from .real_network import RealLayer

__all__ = ["first_layers"]


def first_layers(config: ModelConfig, *, generator: torch.Generator) -> tuple[RealLayer, ...]:
    """Return the layers of a configuration with weights as strong as their neurons need them.

    Biases are 0 to begin with.
    """
    definitions = [DEFINITIONS[name] for name, _ in config.layers]
    strengths = [
        drive(definition, definition.values(given))
        for definition, (_, given) in zip(definitions, config.layers, strict=True)
    ]

    def drawn(strength: float, inputs: int, neurons: int) -> torch.Tensor:
        return strength * torch.randn(inputs, neurons, generator=generator) / inputs**0.5

    shapes = zip(config.sizes, config.sizes[1:], strict=False)
    weights = [
        drawn(2 * strength, *shape) for strength, shape in zip(strengths, shapes, strict=True)
    ]
    return tuple(
        RealLayer(
            weights=matrix.numpy(),
            neuron=name,
            parameters=given,
            bias=torch.zeros(size).numpy() if config.bias else None,
            recurrent=drawn(0.5 * strength, size, size).numpy()
            if any(one.source == "recurrent" for one in definition.inputs.values()) else None,
        )
        for matrix, (name, given), definition, strength, size in zip(
            weights, config.layers, definitions, strengths, config.sizes[1:], strict=True
        )
    )
