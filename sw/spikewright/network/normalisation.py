"""Normalisation of a hidden layer's currents, which goes into its weights before it is quantised.

A current is brought to a mean of 0 and a variance of 1, then multiplied by a learned gain of its
channel; the layer's bias, which is learned, too, is its shift. What differs is over what mean and
variance are taken:

- ``batch``: over samples, steps and places (S. Ioffe, C. Szegedy, ICML, 2015);
- ``tdbn``: the same, and the gain starts at what makes a neuron spike, over the root of how many
  layers are heard (threshold-dependent: H. Zheng et al., AAAI, 2021);
- ``tebn``: as ``batch``, and each step has a learned gain in common (temporal effective: C. Duan et
  al., NeurIPS, 2022), which is the neuron's (:func:`~spikewright_hw.definition.gains.with_gains`);
- ``layer``: over the neurons of a layer, of each sample in each step (J. Ba et al., 2016).

Of the first three, mean and variance are those of all batches so far once training is over: a
factor and a shift, which weights and biases take. Of ``layer`` they are another of each sample, and
no weight is that.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from spikewright_hw.connection import Connection
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.gains import MOST_STEPS, with_gains
from spikewright_hw.origin import Hearing

from .choices import check_hidden

__all__ = ["Normalisation", "check_foldable", "check_normalised", "normalised", "weight_channels"]

_MOMENTUM = 0.1
_SMALL = 1e-5


class Normalisation(nn.Module):
    """What normalises the currents of a layer, ``[steps, samples, neurons]``.

    Parameters
    ----------
    kind : str
        One of :data:`~spikewright.network.choices.NORMALISATIONS` but ``none``.
    channels : int
        Of the layer's map; of a dense layer, its neurons.
    gain : float
        Where the gains start.

    Attributes
    ----------
    gain : Parameter ``[channels]``
    mean, variance : Tensor ``[channels]``
        Of the batches so far; of ``layer`` they are not used.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, kind: str, *, channels: int, gain: float = 1.0):
        super().__init__()
        self.kind = kind
        self.gain = nn.Parameter(torch.full((channels,), gain))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, current: Tensor) -> Tensor:
        """Return the currents normalised, in training by their own mean and variance."""
        if self.kind == "layer":
            neurons = current.shape[-1]
            gain = self.gain.repeat(neurons // len(self.gain))
            return functional.layer_norm(current, (neurons,), gain, eps=_SMALL)
        each = current.reshape(-1, len(self.gain))
        if self.training and len(each) < 2:
            raise ValueError(
                f"normalisation is {self.kind!r}, and one sample of one step has no variance; "
                "train on batches of two or more"
            )
        return functional.batch_norm(
            each, self.mean, self.variance, self.gain, training=self.training,
            momentum=_MOMENTUM, eps=_SMALL,
        ).view_as(current)

    def folded(self) -> tuple[Tensor, Tensor]:
        """Return what it does after training: a factor and a shift of each channel."""
        factor = self.gain.detach() / (self.variance + _SMALL).sqrt()
        return factor, -self.mean * factor


def check_foldable(kind: str) -> None:
    """Raise :exc:`ValueError` for a normalisation that cannot go into weights."""
    if kind == "layer":
        raise ValueError(
            "normalisation is 'layer', which divides by the spread of each sample's own currents "
            "in each step: no weight and no threshold is that, so it cannot be folded; take batch, "
            "tdbn or tebn, or train in real numbers alone (spw.SpikingNet)"
        )


def check_normalised(
    kind: str, layers: Sequence[tuple[Definition, Hearing]], *, steps: int | None
) -> None:
    """Raise :exc:`ValueError` if the hidden ones of layers cannot be normalised.

    ``layers`` are the neurons of all of them, and what each hears.
    """
    if kind == "none":
        return
    check_hidden(kind, layers=len(layers))
    if kind == "tebn" and (steps is None or not 1 <= steps <= MOST_STEPS):
        given = "steps is not given" if steps is None else f"there are {steps} steps"
        raise ValueError(
            f"normalisation is 'tebn', which has a gain of each of 1 to {MOST_STEPS} steps, and "
            f"{given}"
        )
    for number, (definition, hearing) in enumerate(layers[:-1]):
        apart = {one.source for one in definition.inputs.values()} & {"excitatory", "inhibitory"}
        if apart:
            raise ValueError(
                f"normalisation is {kind!r}, and {definition.name} takes positive and negative "
                "weights apart, which a normalisation would mix; take another neuron"
            )
        if any(origin.back == 0 for origin in hearing.origins):
            raise ValueError(
                f"normalisation is {kind!r}, and layer {number} hears itself by its connection, "
                "step by step, so that there is no batch of all steps; take recurrent_lif, whose "
                "own spikes are not normalised, or no normalisation"
            )


def normalised(kind: str, definition: Definition, *, steps: int | None) -> Definition:
    """Return the neuron of a hidden layer: one of a gain for each step, if the kind has them."""
    return with_gains(definition, steps=steps) if kind == "tebn" and steps else definition


def weight_channels(connection: Connection) -> np.ndarray:
    """Return the channel of the target that each weight adds to, ``[rows or 1, lanes]``."""
    channels, lanes = connection.target.channels, connection.lanes
    each = np.arange(lanes)[None] % channels
    if lanes % channels == 0:
        return each
    first = np.zeros((connection.rows, 1), np.int64)
    for word, rows in enumerate(connection.row_sets):
        first[list(rows)] = word * lanes % channels
    return first + each
