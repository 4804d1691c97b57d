"""Rules of a layer's fields that speak of more than one of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .checks import shown
from .connection.feature_map import MOST_NEURONS

if TYPE_CHECKING:
    from .layer import Layer

__all__ = [
    "MEMBRANE_BITS", "MOST_WEIGHTS", "NetworkError", "Rows", "check_bias", "check_connection",
    "check_parameters", "check_recurrent", "check_rows",
]

#: Weights, ``[row][lane]``; of a dense layer ``[neuron before][neuron]``.
Rows = tuple[tuple[int, ...], ...]

#: Widest membrane: what an engine's records have room for.
MEMBRANE_BITS = 32

#: Most weights of a layer: more than the block RAM of any board that is built for.
MOST_WEIGHTS = 1 << 22


class NetworkError(ValueError):
    """A network that cannot be built; the message names the field."""


def check_rows(layer: "Layer", name: str, rows: Rows, *, width: int | None = None) -> None:
    """Raise :exc:`NetworkError` for rows of other lengths than ``width``, or weights out of range.

    Without a width it is that of the first row.
    """
    least, most = layer.weight_range
    if not rows or not rows[0]:
        raise NetworkError(f"{name} is empty; a layer needs inputs and neurons")
    told = "row 0 has" if width is None else "the layer has"
    width = len(rows[0]) if width is None else width
    if max(len(rows), width) > MOST_NEURONS or len(rows) * width > MOST_WEIGHTS:
        raise NetworkError(
            f"{name} has {len(rows)} rows of {width}; a layer has at most "
            f"{MOST_NEURONS} inputs, {MOST_NEURONS} neurons and {MOST_WEIGHTS} weights"
        )
    for index, row in enumerate(rows):
        if len(row) != width:
            raise NetworkError(f"{name}[{index}] has {len(row)} entries; {told} {width}")
        for column, weight in enumerate(row):
            if not least <= weight <= most:
                raise NetworkError(
                    f"{name}[{index}][{column}] is {shown(weight)}; "
                    f"{layer.weight_bits}-bit weights lie in {least} to {most}"
                )


def check_connection(layer: "Layer") -> None:
    """Check the weights against the connection."""
    connection, rows = layer.connection, layer.weights
    if len(rows) != connection.rows:
        raise NetworkError(
            f"weights has {len(rows)} rows; the connection has {connection.rows}, of "
            f"{connection.lanes} weights each"
        )
    check_rows(layer, "weights", rows, width=connection.lanes)


def check_parameters(layer: "Layer") -> None:
    """Check the parameters, and that the neuron can be compiled with them."""
    for parameter, value in layer.parameters.items():
        if isinstance(value, Sequence):
            _check_count(f"parameters.{parameter}", value, layer)
    width = layer.membrane.width + layer.definition.states["v"].guard
    if width > MEMBRANE_BITS:
        raise NetworkError(
            f"membrane is {layer.membrane}, {width} bits; "
            f"a membrane has at most {MEMBRANE_BITS}"
        )
    try:
        layer.fixed  # noqa: B018  (compiled here, and kept)
    except ValueError as error:
        raise NetworkError(f"parameters: {error}") from error
    except OverflowError as error:
        raise NetworkError(
            f"parameters: {layer.definition.name} gets a constant that is too large for any "
            "format"
        ) from error


def check_recurrent(layer: "Layer") -> None:
    """Check the recurrent weights against the neuron, and against their number."""
    hears_itself = layer.definition.hears_itself
    if layer.recurrent is None:
        if hears_itself:
            raise NetworkError(
                f"recurrent is missing; {layer.definition.name} takes the layer's own spikes"
            )
        return
    if not hears_itself:
        raise NetworkError(
            f"recurrent is given, but {layer.definition.name} does not take the layer's own "
            "spikes"
        )
    if not layer.definition.spikes:
        raise NetworkError(
            f"neuron is {layer.definition.name}, which takes the layer's own spikes, and never "
            "spikes"
        )
    if not layer.is_dense:
        raise NetworkError(
            f"recurrent is given, and the connection is no dense one alone, which "
            f"{layer.definition.name} needs; any other neuron hears itself by an origin of back 0"
        )
    if len(layer.recurrent) != layer.neurons:
        raise NetworkError(
            f"recurrent has {len(layer.recurrent)} rows; the layer has {layer.neurons} neurons"
        )
    check_rows(layer, "recurrent", layer.recurrent, width=layer.neurons)


def check_bias(layer: "Layer") -> None:
    """Check the number of biases."""
    if layer.bias is not None:
        _check_count("bias", layer.bias, layer)


def _check_count(name: str, values: Sequence, layer: "Layer") -> None:
    target = layer.connection.target
    if len(values) not in (len(target), target.channels):
        channels = "" if target.channels == len(target) else f" in {target.channels} channels"
        raise NetworkError(
            f"{name} has {len(values)} values; the layer has {len(target)} neurons{channels}"
        )
