"""From a network in real numbers to one in integers, without training.

Each layer gets one scale, the size of a weight step, and a format for its membrane. The scale
follows from the weights, and the format from what the states reach on sample spikes. Where a
neuron's levels may all be counted in weight steps (:func:`~.quantize.scalable`), they are; for any
other neuron a weight step is a power of two. Biases are rounded to the membrane's format, which is
finer than a weight step.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from spikewright.errors import DataError, SpikewrightWarning
from spikewright.task.metrics import share_right
from spikewright_hw.checks import instance, one_of, optional, real, settle, whole
from spikewright_hw.definition.definition import Definition, Value
from spikewright_hw.fixed import Format
from spikewright_hw.layer import MEMBRANE_BITS
from spikewright_hw.network import Layer, Network, NetworkError

from .of_layers import each_layer, of_layers
from .quantization import Quantization, layer_fit
from .quantize import best_scale, bound, scalable
from .real_layer import RealLayer
from .real_network import RealNetwork
from .real_run import run_real
from .reference import check_spikes, run

__all__ = ["PostTraining", "quantize"]

#: Bits after the point of a membrane in weight steps: half a step of 2**-6 is the rounding of a
#: state in each step, well below the half weight step by which a weight is rounded.
_FRACTION = 6
#: Share of a matrix's weights that may be rounded to 0 without a word.
_LOST = 0.5


@dataclass(frozen=True, kw_only=True)
class PostTraining:
    """How a network is quantised without training.

    Parameters
    ----------
    weight_bits : int or sequence of int
        Of all layers, or of each: 2 to 8.
    method : str
        ``least squares`` takes the scale with the least squared error of a layer's weights;
        ``percentile`` that with which a share of them is not clipped.
    percentile : float
        That share in percent, above 0 and at most 100.
    membrane : Format, optional
        Of every layer. Unless given, each layer has one with six bits after the point, or as many
        as there is room for, and as many before it as its states need on the samples.
    margin : float
        By how much the states may exceed what they reach on the samples, at least 1.

    Raises
    ------
    ValueError
        A field is of another kind or out of its range; the message names it.
    """

    weight_bits: int | Sequence[int] = 6
    method: Literal["least squares", "percentile"] = "least squares"
    percentile: float = 99.9
    membrane: Format | None = None
    margin: float = 1.5

    def __post_init__(self):
        settle(
            self,
            weight_bits=of_layers(whole(2, 8)),
            method=one_of(("least squares", "percentile")),
            percentile=real(0, 100),
            membrane=optional(instance(Format)),
            margin=real(1),
        )
        if self.percentile <= 0:
            raise ValueError(f"percentile is {self.percentile}; it must be above 0")


def quantize(
    network: RealNetwork,
    spikes: np.ndarray,
    *,
    labels: np.ndarray | None = None,
    options: PostTraining | None = None,
) -> Quantization:
    """Quantise a network without training it.

    Parameters
    ----------
    network : RealNetwork
    spikes : array ``[samples, steps, inputs]``
        Of samples that stand for those to come: of the training part, not of the test part. They
        are 0 and 1, or whole numbers if the network takes graded inputs (see
        :func:`~spikewright.network.fold_coding.fold_coding`).
    labels : int array ``[samples]``, optional
        What is right, for the accuracies.
    options : PostTraining, optional
        Its defaults unless given.

    Returns
    -------
    Quantization
        The network, and a report of each layer.

    Raises
    ------
    DataError
        The spikes do not fit the network, or there are none; or a layer cannot be quantised as
        asked, and the sentence names it.
    ValueError
        An argument is of another kind, or the options do not fit the network.
    """
    instance(RealNetwork)("network", network)
    chosen = PostTraining() if options is None else instance(PostTraining)("options", options)
    widths = each_layer("weight_bits", chosen.weight_bits, layers=len(network.layers))
    spikes = np.asarray(spikes)
    check_spikes(network, spikes)
    before = run_real(network, spikes)
    if not len(spikes):
        raise DataError("there are no samples; the membranes' formats follow from what they reach")
    layers, scales = [], []
    for index, (layer, bits) in enumerate(zip(network.layers, widths, strict=True)):
        states = before.states[index]
        try:
            scale, made = _quantized(layer, states, chosen, bits)
        except NetworkError as error:
            raise DataError(f"layers[{index}] cannot be quantised: {error}") from error
        _warn_of_zeros(f"layers[{index}]", layer, made)
        layers.append(made)
        scales.append(scale)
    try:
        made = Network(tuple(layers), network.steps, network.readout)
    except NetworkError as error:
        raise DataError(f"the network cannot be quantised: {error}") from error
    after = run(made, spikes)
    return Quantization(
        network=made,
        layers=tuple(
            layer_fit(index, network.layers[index], made.layers[index], scale, before, after)
            for index, scale in enumerate(scales)
        ),
        agreement=share_right(before.predictions, after.predictions),
        accuracy_real=None if labels is None else share_right(before.predictions, labels),
        accuracy_integer=None if labels is None else share_right(after.predictions, labels),
    )


def _quantized(
    layer: RealLayer, states: Mapping[str, np.ndarray], options: PostTraining, bits: int
) -> tuple[float, Layer]:
    """Return the size of a weight step, and the layer in integers."""
    scale, exponent, in_steps = _scale(layer, options, bits), 0, scalable(layer.definition)
    parameters: Mapping[str, Value] = layer.parameters
    if in_steps:
        unit = scale
        parameters = _in_steps(layer.definition, parameters, scale)
    else:
        exponent, unit = max(0, round(-math.log2(scale))), 1.0
    membrane = options.membrane or _membrane(
        layer, parameters, {name: one / unit for name, one in states.items()},
        least=exponent, margin=options.margin,
    )
    if not in_steps:
        # A weight step is no finer than a step of the membrane.
        exponent = min(exponent, membrane.fraction)
        scale = 2.0**-exponent
    most = bound(bits)

    def steps(weights: np.ndarray) -> np.ndarray:
        return np.rint(weights / scale).clip(-most, most).astype(np.int64)

    bias = None
    if layer.bias is not None:
        bias = np.floor(layer.bias / unit * membrane.one + 0.5).astype(np.int64)
    return scale, Layer(
        weights=steps(layer.weights),  # pyright: ignore[reportArgumentType]
        weight_bits=bits,
        neuron=layer.definition,
        parameters=parameters,
        membrane=membrane,
        exponent=exponent,
        recurrent=None if layer.recurrent is None
        else steps(layer.recurrent),  # pyright: ignore[reportArgumentType]
        bias=bias,  # pyright: ignore[reportArgumentType]
        input_bits=layer.input_bits,
        connection=layer.connection,
        origins=layer.origins,
    )


def _warn_of_zeros(name: str, layer: RealLayer, made: Layer) -> None:
    """Warn of a matrix that is as good as lost, because its weights are far below a weight step."""
    for what in ("weights", "recurrent"):
        real = getattr(layer, what)
        if real is None or not np.any(real):
            continue
        lost = np.mean(np.array(getattr(made, what))[real != 0] == 0)
        if lost > _LOST:
            fewer = ", or inputs of fewer bits" if layer.input_bits > 1 else ""
            warnings.warn(
                f"{name}: {100 * lost:.0f} % of its {what} are rounded to 0, for one weight step "
                f"is that of all weights of a layer; take more weight_bits{fewer}",
                SpikewrightWarning, stacklevel=3,
            )


def _scale(layer: RealLayer, options: PostTraining, bits: int) -> float:
    matrices = [layer.weights, *([] if layer.recurrent is None else [layer.recurrent])]
    weights = np.concatenate([one.ravel() for one in matrices])
    if options.method == "least squares":
        return best_scale(torch.tensor(weights), bits=bits)
    top = float(np.percentile(np.abs(weights), options.percentile))
    return top / bound(bits) if top > 0 else 1.0


def _in_steps(
    definition: Definition, parameters: Mapping[str, Value], scale: float
) -> dict[str, Value]:
    """Return the parameters with those that are levels in weight steps."""
    def scaled(value: Value) -> Value:
        return tuple(one / scale for one in value) if isinstance(value, tuple) else value / scale  # pyright: ignore

    return {
        name: scaled(value) if definition.parameters[name].unit == "level" else value
        for name, value in parameters.items()
    }


def _membrane(
    layer: RealLayer,
    parameters: Mapping[str, Value],
    states: Mapping[str, np.ndarray],
    *,
    least: int,
    margin: float,
) -> Format:
    """Return a format for what the states reach, in the layer's unit, and for its levels.

    It has six bits after the point, or ``least`` if these are more; fewer only where the widest
    membrane would have no room.
    """
    definition = layer.definition
    reached = [
        margin * float(np.abs(value).max(initial=0.0))
        for name, value in states.items() if definition.states[name].bits is None
    ]
    levels = [
        float(np.abs(value).max()) for name, value in parameters.items()
        if definition.parameters[name].unit == "level"
    ]
    largest = max(*reached, *levels, 1.0)
    integer = math.floor(math.log2(largest)) + 2  # the sign among them
    room = MEMBRANE_BITS - max(state.guard for state in definition.states.values())
    return Format(min(integer, room), max(0, min(max(_FRACTION, least), room - integer)))
