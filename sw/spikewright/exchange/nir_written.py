"""Connections as nodes of NIR, and values of neurons by the axes that these have there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright.network.real_layer import RealLayer
from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Pooled
from spikewright_hw.layer_graph import inputs_of

from .joined import numbered
from .kernel import kernel_of
from .step import View

__all__ = ["Heard", "axes_of", "inputs_heard", "recurrence", "view_of", "written"]


@dataclass(frozen=True)
class Heard:
    """Neurons, or the inputs, as NIR has them.

    Parameters
    ----------
    node : str
    shape : FeatureMap
        In the order of their numbers.
    view : View
        Axes.
    """

    node: str
    shape: FeatureMap
    view: View


#: Nodes of a part of a layer, each with the end of its name.
Nodes = list[tuple[str, Any]]


def axes_of(layers: Sequence[RealLayer]) -> int:
    """Return the axes that the maps of a network have in NIR besides their channels: 1 or 2.

    NIR has no pooling along one.
    """
    parts = [part for layer in layers for part in layer.connection.branches]
    return 1 if all(map(_is_of_signals, parts)) else 2


def _is_of_signals(connection: Connection) -> bool:
    if connection.source.height > 1:
        return False
    if isinstance(connection, Convolution):
        along_height = connection.kernel, connection.stride, connection.dilation
        return all(one[0] == 1 for one in along_height) and connection.padding[0] == 0
    return isinstance(connection, Dense)


def inputs_heard(layers: Sequence[RealLayer], axes: int) -> Heard:
    """Return the inputs of a network: without a place, if every part takes them so."""
    shape = inputs_of(layers)
    parts = [
        part for index, layer in enumerate(layers) for part, origin in layer.parts
        if origin.back == index + 1
    ]
    flat = shape.is_flat and all(isinstance(part, Dense) for part in parts)
    return Heard("input", shape, (len(shape),) if flat else _of_axes(shape, axes))


def view_of(layer: RealLayer, axes: int) -> View:
    """Return the axes of a layer's neurons: none of a map, where a matrix leads to them."""
    if any(isinstance(_end_of(part), Dense) for part, _ in layer.parts):
        return (layer.neurons,)
    return _of_axes(layer.connection.target, axes)


def _of_axes(shape: FeatureMap, axes: int) -> View:
    return (shape.channels, shape.height, shape.width)[:: 1 if axes == 2 else 2]


def _end_of(connection: Connection) -> Connection:
    """Return what a connection comes to after its poolings."""
    return _end_of(connection.then) if isinstance(connection, Pooled) else connection


def written(
    name: str, layer: RealLayer, number: int, heard: Heard, *, axes: int, dt: float | None
) -> Nodes:
    """Return the nodes of a part of a layer's connection.

    Parameters
    ----------
    name : str
        Of the layer, for errors.
    layer : RealLayer
    number : int
        Of the part.
    heard : Heard
        What it hears.
    axes : int
        Those of maps besides their channels.
    dt : float, optional
        Length of a step, where the neurons do not say it.

    Raises
    ------
    DataError
        NIR has no node for it.
    """
    connection, origin = layer.parts[number]
    first = sum(part.rows for part, _ in layer.parts[:number])
    weights = layer.weights[first : first + connection.rows]
    before, view = heard.shape, heard.view
    nodes: Nodes = []
    # A loop of NIR takes a step.
    late = np.array(origin.delays) - (origin.back == 0)
    if late.any():
        nodes.append(("delay", _delay(name, layer, late, heard, dt)))
    if not isinstance(connection, Dense) and len(view) != axes + 1:
        raise DataError(
            f"{name} takes {before} neurons of a dense layer as a map, and NIR has no node that "
            "makes one of them"
        )
    if not isinstance(connection, Dense) and connection.source.sides != before.sides:
        raise DataError(
            f"{name} takes {before} neurons as {connection.source}, and NIR has no node that "
            "makes one of the other"
        )
    pools = 0
    while isinstance(connection, Pooled):
        nodes.append((f"pool{pools or ''}", _sum(connection)))
        pools += 1
        connection = connection.then
        before = connection.source
        view = before.sides
    has_bias = number == next(
        (at for at, (_, one) in enumerate(layer.parts) if one.back), 0
    )
    if isinstance(connection, Convolution):
        bias = _of_channels(name, layer, has_bias)
        nodes.append(("weights", _convolution(connection, weights, bias, axes)))
        made = _of_axes(connection.target, axes)
        return [*nodes, ("flat", _flattened(made))] if len(view_of(layer, axes)) == 1 else nodes
    assert isinstance(connection, Dense)
    if len(view) > 1:
        nodes.append(("flatten", _flattened(view)))
    placed = np.empty_like(weights)
    placed[numbered(before)] = weights
    bias = layer.of_neurons(layer.bias) if has_bias and layer.bias is not None else None
    return [*nodes, ("weights", matrix(placed, bias))]


def recurrence(name: str, layer: RealLayer, view: View) -> Any:
    """Return the node by which neurons hear themselves by an input of their own."""
    if len(view) > 1:
        raise DataError(
            f"{name} is a map and takes its own spikes by a matrix, and matrices of NIR take "
            "values without a place"
        )
    return matrix(np.asarray(layer.recurrent), None)


def _delay(
    name: str, layer: RealLayer, late: np.ndarray, heard: Heard, dt: float | None
) -> Any:
    import nir

    step = layer.parameters.get("dt", dt)
    if not isinstance(step, float | int):
        raise DataError(
            f"{name} hears spikes some steps later; pass dt=, the length of a step in the unit of "
            "time of the file"
        )
    made = np.empty(len(heard.shape))
    made[numbered(heard.shape)] = late
    return nir.Delay(step * made.reshape(heard.view))


def matrix(weights: np.ndarray, bias: np.ndarray | None) -> Any:
    """Return the node of a matrix ``[inputs, outputs]``."""
    import nir

    return nir.Linear(weights.T) if bias is None else nir.Affine(weights.T, bias)


def _flattened(view: View) -> Any:
    import nir

    return nir.Flatten({"input": np.array(view)}, 0)


def _sum(connection: Pooled) -> Any:
    import nir

    return nir.SumPool2d(
        np.array(connection.window), np.array(connection.stride), np.array((0, 0))
    )


def _of_channels(name: str, layer: RealLayer, has_bias: bool) -> np.ndarray:
    """Return the biases of a convolution, one for each channel; 0 unless it has them."""
    channels = layer.connection.target.channels
    if layer.bias is None or not has_bias:
        return np.zeros(channels)
    places = layer.of_neurons(layer.bias).reshape(-1, channels)
    if (places != places[0]).any():
        raise DataError(
            f"{name} has biases that differ from place to place, as a shift before a padded "
            "convolution makes them, and a convolution of NIR has one for each channel"
        )
    return places[0].copy()


def _convolution(
    connection: Convolution, weights: np.ndarray, bias: np.ndarray, axes: int
) -> Any:
    import nir

    source, target = connection.source, connection.target
    kernel = kernel_of(connection, weights)
    if axes == 1:
        node = nir.Conv1d(
            source.width, kernel[:, :, 0], connection.stride[1], connection.padding[1],
            connection.dilation[1], connection.groups, bias,
        )
    else:
        node = nir.Conv2d(
            (source.height, source.width), kernel, connection.stride, connection.padding,
            connection.dilation, connection.groups, bias,
        )
    # NIR 1.0.8 makes these of the channels of a group, and of a kernel as high as it is wide.
    node.input_type = {"input": np.array(_of_axes(source, axes))}
    node.output_type = {"output": np.array(_of_axes(target, axes))}
    return node
