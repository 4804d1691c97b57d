"""Connections as nodes of NIR, and values of neurons by the axes that these have there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright.network.real_layer import RealLayer
from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Pooled

from .joined import numbered
from .kernel import kernel_of
from .way import View

__all__ = ["Written", "axes_of", "matrix", "of_axes", "written"]


@dataclass(frozen=True)
class Written:
    """The nodes of a layer before its neurons, each with the end of its name, and the axes after.

    Parameters
    ----------
    nodes : tuple of (str, nir.NIRNode)
    view : View
        Axes of the neurons.
    """

    nodes: tuple[tuple[str, Any], ...]
    view: View


def axes_of(layers: Sequence[RealLayer]) -> int:
    """Return the axes that the maps of a network have in NIR besides their channels: 1 or 2.

    NIR has no pooling along one.
    """
    return 1 if all(_is_of_signals(layer.connection) for layer in layers) else 2


def _is_of_signals(connection: Connection) -> bool:
    if connection.source.height > 1:
        return False
    if isinstance(connection, Convolution):
        along_height = connection.kernel, connection.stride, connection.dilation
        return all(one[0] == 1 for one in along_height) and connection.padding[0] == 0
    return isinstance(connection, Dense)


def of_axes(shape: FeatureMap, connection: Connection, axes: int) -> View:
    """Return the axes of the neurons, or the inputs, of a connection."""
    if isinstance(connection, Dense) and shape.is_flat:
        return (shape.channels,)
    return (shape.channels, shape.height, shape.width) if axes == 2 else (
        shape.channels, shape.width
    )


def written(name: str, layer: RealLayer, *, before: FeatureMap, view: View, axes: int) -> Written:
    """Return the nodes of a layer's connection.

    Parameters
    ----------
    name : str
        Of the layer, for errors.
    layer : RealLayer
    before : FeatureMap
        What the connection takes, in the order of its numbers.
    view : View
        The axes that this has.
    axes : int
        Those of maps besides their channels.

    Raises
    ------
    DataError
        NIR has no node for it.
    """
    nodes: list[tuple[str, Any]] = []
    connection = layer.connection
    if not isinstance(connection, Dense) and len(view) != axes + 1:
        raise DataError(
            f"{name} takes {before} neurons of a dense layer as a map, and NIR has no node that "
            "makes one of them"
        )
    while isinstance(connection, Pooled):
        nodes.append((f"pool{len(nodes) or ''}", _sum(connection)))
        connection = connection.then
        before = connection.source
        view = before.sides
    if isinstance(connection, Convolution):
        nodes.append(("weights", _convolution(name, layer, connection, axes)))
        return Written(tuple(nodes), of_axes(connection.target, connection, axes))
    if not isinstance(connection, Dense):
        raise DataError(f"{name} is a {type(connection).__name__}, which NIR has no node for")
    if len(view) > 1:
        nodes.append(("flatten", _flattened(view)))
    weights = np.empty_like(layer.weights)
    weights[numbered(before)] = layer.weights
    bias = None if layer.bias is None else layer.of_neurons(layer.bias)
    nodes.append(("weights", matrix(weights, bias)))
    return Written(tuple(nodes), (layer.neurons,))


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


def _convolution(name: str, layer: RealLayer, connection: Convolution, axes: int) -> Any:
    import nir

    source, target = connection.source, connection.target
    kernel = kernel_of(connection, layer.weights)
    bias = np.zeros(target.channels)
    if layer.bias is not None:
        places = layer.of_neurons(layer.bias).reshape(-1, target.channels)
        if (places != places[0]).any():
            raise DataError(
                f"{name} has biases that differ from place to place, as a shift before a padded "
                "convolution makes them, and a convolution of NIR has one for each channel"
            )
        bias = places[0].copy()
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
    node.input_type = {"input": np.array(of_axes(source, connection, axes))}
    node.output_type = {"output": np.array(of_axes(target, connection, axes))}
    return node
