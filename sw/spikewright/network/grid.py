"""The integer grid of a layer: how large a weight step is, and what neurons count in it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikewright_hw.definition.definition import Definition, Value
from spikewright_hw.fixed import Format

from .quantize import best_scale, largest_level, scalable, threshold

__all__ = ["Grid", "layer_grid"]


@dataclass(frozen=True)
class Grid:
    """The integer grid of a layer: what quantisation fixes once, before it trains on.

    Parameters
    ----------
    scale : float or Tensor
        Size of a weight step in the real network's units; of each neuron or channel, if they
        differ.
    exponent : int
        As :class:`~spikewright_hw.network.Layer` has it.
    parameters : mapping of str to float
        The neuron's, in the units of the quantised layer.
    """

    scale: float | Tensor
    exponent: int
    parameters: Mapping[str, Value]

    def step(self, membrane: Format) -> float | Tensor:
        """Return what a step of the membrane's format is in the real network's units."""
        return self.scale / (membrane.one * 2.0**-self.exponent)


def layer_grid(
    weights: Tensor,
    bits: int,
    membrane: Format,
    definition: Definition,
    values: Mapping[str, Value],
    *,
    largest: float,
    by_channel: bool,
    powers: bool,
) -> Grid:
    """Return the grid of a layer.

    Parameters
    ----------
    weights : Tensor ``[rows, lanes]``
        In real numbers.
    bits : int
        Of a weight.
    membrane : Format
    definition : Definition
        The neuron's.
    values : mapping of str to float
        Its parameters.
    largest : float
        Largest membrane for which there must be room.
    by_channel : bool
        Whether each column has a step of its own, where levels are counted in steps.
    powers : bool
        Whether thresholds are powers of two.

    Raises
    ------
    ValueError
        The levels do not fit the format.
    """
    if scalable(definition):
        # The real 1.0, most neurons' threshold, becomes a whole number of membrane units.
        levels = definition.parameters
        largest = max(largest, largest_level(definition, values))
        scales = [
            membrane.one / threshold(
                best_scale(one, bits=bits), membrane, largest=largest, power_of_two=powers
            )
            for one in (weights.T if by_channel else [weights])
        ]
        values = {
            name: _in_steps(value, scales) if levels[name].unit == "level" else value
            for name, value in values.items()
        }
        scale = scales[0] if len(scales) == 1 else torch.tensor(scales, device=weights.device)
        return Grid(scale, 0, values)
    scale = best_scale(weights, bits=bits)
    exponent = max(0, min(membrane.fraction, round(-math.log2(scale))))
    return Grid(2.0**-exponent, exponent, values)


def _in_steps(value: Value, scales: Sequence[float]) -> Value:
    """Return a level in weight steps: one, if it and the scale are the same of all neurons."""
    if isinstance(value, int | float) and len(scales) == 1:
        return value * (1 / scales[0])
    each = [value] if isinstance(value, int | float) else value
    return tuple(
        each[at % len(each)] * (1 / scales[at % len(scales)])
        for at in range(max(len(each), len(scales)))
    )
