"""Connections as nodes of NIR, and values of neurons by the axes that these have there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright.network.real_layer import RealLayer
from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Pooled
from spikewright_hw.origin import Origin

from .joined import numbered
from .kernel import kernel_of
from .step import View

__all__ = ["Written", "axes_of", "matrix", "of_axes", "written"]


@dataclass(frozen=True)
class Written:
    """The nodes of a layer before its neurons, each with the end of its name, and the axes after.

    Parameters
    ----------
    nodes : tuple of (str, nir.NIRNode)
    view : View
        Axes of the neurons.
    own : nir.NIRNode, optional
        By which the neurons hear themselves, a step later.
    """

    nodes: tuple[tuple[str, Any], ...]
    view: View
    own: Any = None


_ITSELF = Origin(back=0, delays=1)


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


def of_axes(shape: FeatureMap, connection: Connection, axes: int) -> View:
    """Return the axes of the neurons, or the inputs, of a connection."""
    if isinstance(connection, Dense) and shape.is_flat:
        return (shape.channels,)
    return (shape.channels, shape.height, shape.width) if axes == 2 else (
        shape.channels, shape.width
    )


def written(
    name: str, layer: RealLayer, *, before: FeatureMap, view: View, axes: int, dt: float | None
) -> Written:
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
    dt : float, optional
        Length of a step, where the neurons do not say it.

    Raises
    ------
    DataError
        NIR has no node for it.
    """
    hears, *own = layer.parts
    connection, origin = hears
    if origin.back != 1 or len(own) > 1 or any(one != _ITSELF for _, one in own):
        raise DataError(
            f"{name}.origins has more than the layer before, and itself a step later; NIR is "
            "written as a chain"
        )
    nodes: list[tuple[str, Any]] = []
    if not origin.is_plain:
        nodes.append(("delay", _delay(name, layer, before, view, dt)))
    if not isinstance(connection, Dense) and len(view) != axes + 1:
        raise DataError(
            f"{name} takes {before} neurons of a dense layer as a map, and NIR has no node that "
            "makes one of them"
        )
    pools = 0
    while isinstance(connection, Pooled):
        nodes.append((f"pool{pools or ''}", _sum(connection)))
        pools += 1
        connection = connection.then
        before = connection.source
        view = before.sides
    weights = layer.weights[: connection.rows]
    if isinstance(connection, Convolution):
        bias = _of_channels(name, layer)
        nodes.append(("weights", _convolution(connection, weights, bias, axes)))
        made = of_axes(connection.target, connection, axes)
        return Written(tuple(nodes), made, _own(name, layer, made, axes))
    if not isinstance(connection, Dense):
        raise DataError(f"{name} is a {type(connection).__name__}, which NIR has no node for")
    if len(view) > 1:
        nodes.append(("flatten", _flattened(view)))
    placed = np.empty_like(weights)
    placed[numbered(before)] = weights
    bias = None if layer.bias is None else layer.of_neurons(layer.bias)
    nodes.append(("weights", matrix(placed, bias)))
    made = (layer.neurons,)
    return Written(tuple(nodes), made, _own(name, layer, made, axes))


def _own(name: str, layer: RealLayer, view: View, axes: int) -> Any:
    """Return the node by which a layer hears itself; None if it does not."""
    if layer.recurrent is not None:
        if len(view) > 1:
            raise DataError(
                f"{name} is a map and takes its own spikes by a matrix, and matrices of NIR take "
                "values without a place"
            )
        return matrix(layer.recurrent, None)
    if len(layer.parts) == 1:
        return None
    _, (connection, _) = layer.parts
    rows = layer.weights[-connection.rows :]
    if isinstance(connection, Dense) and len(view) == 1:
        return matrix(rows, None)
    if isinstance(connection, Convolution):
        return _convolution(connection, rows, np.zeros(connection.target.channels), axes)
    raise DataError(
        f"{name} hears itself by {connection}, which NIR has no node for"
    )


def _delay(
    name: str, layer: RealLayer, before: FeatureMap, view: View, dt: float | None
) -> Any:
    import nir

    step = layer.parameters.get("dt", dt)
    if not isinstance(step, float | int):
        raise DataError(
            f"{name} hears spikes some steps later; pass dt=, the length of a step in the unit of "
            "time of the file"
        )
    made = np.empty(len(before))
    made[numbered(before)] = np.array(layer.origins[0].delays)
    return nir.Delay(step * made.reshape(view))


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


def _of_channels(name: str, layer: RealLayer) -> np.ndarray:
    """Return the biases of a convolution, one for each channel."""
    channels = layer.connection.target.channels
    if layer.bias is None:
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
    node.input_type = {"input": np.array(of_axes(source, connection, axes))}
    node.output_type = {"output": np.array(of_axes(target, connection, axes))}
    return node
