"""A layer in a ``.spw`` file: an entry of its JSON object, and tensors."""

from typing import Any

import numpy as np

from spikewright_hw.checks import shown
from spikewright_hw.connection import Connection, connection_from_data, connection_to_data
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.serial import from_data, to_data
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Rows
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.origin import Origin, origins_from_data, origins_to_data

from .container import Malformed
from .fields import field, made

__all__ = ["TENSORS", "layer_entry", "layer_tensors", "read_layer", "tensor_name"]

#: Fields of a layer that are tensors, with the type of their values.
TENSORS = {"weights": np.int8, "recurrent": np.int8, "bias": np.int32}


def tensor_name(index: int, name: str) -> str:
    """Return the name in the file of a layer's tensor."""
    return f"layers.{index}.{name}"


def layer_tensors(index: int, layer: Layer) -> dict[str, np.ndarray]:
    """Return the tensors of a layer by their names in the file."""
    return {
        tensor_name(index, name): np.array(getattr(layer, name), kind)
        for name, kind in TENSORS.items()
        if getattr(layer, name) is not None
    }


def layer_entry(layer: Layer, *, at: str) -> dict[str, Any]:
    """Return the entry of a layer. Raises :exc:`Malformed` for what no file can hold."""
    return {
        "inputs": layer.inputs,
        "neurons": layer.neurons,
        "neuron": _written(layer.neuron, at=f"{at}.neuron"),
        "parameters": dict(layer.parameters),
        "weight_bits": layer.weight_bits,
        "input_bits": layer.input_bits,
        "membrane": str(layer.membrane),
        "exponent": layer.exponent,
        "rounding": layer.rounding,
        "saturation": layer.saturation,
        **({} if layer.is_flat else {"connection": connection_to_data(layer.connection)}),
        **({} if layer.is_plain else {"origins": origins_to_data(layer.origins)}),
    }


def _written(neuron: str | Definition, *, at: str) -> str | dict[str, Any]:
    """Return a neuron as a file holds it, which must be as a file is read."""
    if isinstance(neuron, str):
        return neuron
    data = to_data(neuron)
    try:
        from_data(data, at=at)
    except ValueError as error:
        raise Malformed(str(error)) from error
    return data


def read_layer(index: int, entry: Any, tensors: dict[str, np.ndarray], *, schema: int) -> Layer:
    """Return the layer of an entry. Raises :exc:`Malformed` for a field that is."""
    at = f"layers[{index}]"
    if not isinstance(entry, dict):
        raise Malformed(f"{at} is {shown(entry)}; it must be an object")
    connection = _connection(entry, at) if schema > 4 else None
    inputs, neurons = (field(entry, name, int, f"{at}.") for name in ("inputs", "neurons"))
    sizes = f"{at}.inputs and {at}.neurons say"
    shape, said = (inputs, neurons), sizes
    if connection is not None:
        _check_sizes(connection, inputs=inputs, neurons=neurons, at=at)
        shape, said = (connection.rows, connection.lanes), f"{at}.connection says"
    neuron = _neuron(entry, at)
    membrane = field(entry, "membrane", str, f"{at}.")
    try:
        form = Format.parse(membrane)
    except ValueError as error:
        raise Malformed(f"{at}.membrane: {error}") from error
    recurrent = bias = None
    if tensor_name(index, "recurrent") in tensors:
        recurrent = _rows(tensor_name(index, "recurrent"), tensors, (neurons, neurons), said=sizes)
    if (name := tensor_name(index, "bias")) in tensors:
        biases = neurons
        if connection is not None and tensors[name].shape == (connection.target.channels,):
            biases = connection.target.channels
        bias = _checked(name, tensors, (biases,), said=f"{at}.neurons says").tolist()
    return made(
        Layer, f"{at}.",
        weights=_rows(tensor_name(index, "weights"), tensors, shape, said=said),
        weight_bits=field(entry, "weight_bits", int, f"{at}."),
        neuron=neuron,
        parameters=_parameters(field(entry, "parameters", dict, f"{at}."), neuron, at),
        membrane=form,
        exponent=field(entry, "exponent", int, f"{at}."),
        rounding=field(entry, "rounding", str, f"{at}."),
        saturation=field(entry, "saturation", str, f"{at}."),
        recurrent=recurrent,
        bias=bias,
        input_bits=field(entry, "input_bits", int, f"{at}.") if schema > 3 else 1,
        connection=connection,
        origins=_origins(entry, at) if schema > 5 else (),
    )


def _origins(entry: dict, at: str) -> tuple[Origin, ...]:
    """Return what a layer hears; nothing of one that hears the layer before."""
    if "origins" not in entry:
        return ()
    try:
        return origins_from_data(field(entry, "origins", list, f"{at}."), at=f"{at}.origins")
    except ValueError as error:
        raise Malformed(str(error)) from error


def _connection(entry: dict, at: str) -> Connection | None:
    """Return the connection of a layer; None of a dense one of inputs without a place."""
    if "connection" not in entry:
        return None
    try:
        return connection_from_data(
            field(entry, "connection", dict, f"{at}."), at=f"{at}.connection"
        )
    except ValueError as error:
        raise Malformed(str(error)) from error


def _check_sizes(connection: Connection, *, inputs: int, neurons: int, at: str) -> None:
    made = {"inputs": len(connection.source), "neurons": len(connection.target)}
    for name, given in (("inputs", inputs), ("neurons", neurons)):
        if given != made[name]:
            raise Malformed(
                f"{at}.{name} is {shown(given)}, but {at}.connection has {made[name]} {name}"
            )


def _neuron(entry: dict, at: str) -> str | Definition:
    """Return a neuron: the name of a registered one, or a definition that the file holds."""
    if isinstance(entry.get("neuron"), dict):
        try:
            return from_data(entry["neuron"], at=f"{at}.neuron")
        except ValueError as error:
            raise Malformed(str(error)) from error
    return field(entry, "neuron", str, f"{at}.")


def _rows(
    name: str, tensors: dict[str, np.ndarray], shape: tuple[int, int], *, said: str
) -> Rows:
    return tuple(tuple(row) for row in _checked(name, tensors, shape, said=said).tolist())


def _checked(
    name: str, tensors: dict[str, np.ndarray], shape: tuple[int, ...], *, said: str
) -> np.ndarray:
    """Return a tensor of the right type, and of the shape that is ``said`` by fields."""
    kind = TENSORS[name.rpartition(".")[2]]
    if name not in tensors:
        raise Malformed(f"tensor {name} is missing")
    values = tensors[name]
    what = "biases" if name.endswith("bias") else "weights"
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise Malformed(f"tensor {name} holds NaN or infinite {what}; train the network again")
    if values.dtype != kind:
        raise Malformed(f"tensor {name} holds {values.dtype} values; {what} are {kind.__name__}")
    if values.shape != shape:
        raise Malformed(
            f"tensor {name} is of shape {list(values.shape)}, "
            f"but {said} [{', '.join(map(shown, shape))}]"
        )
    return values


def _parameters(body: dict, neuron: str | Definition, at: str) -> dict[str, Any]:
    """Return the parameters; a file names them all, so that a new default changes no network."""
    definition = DEFINITIONS.get(neuron) if isinstance(neuron, str) else neuron
    for name in () if definition is None else definition.parameters:
        if name not in body:
            raise Malformed(f"{at}.parameters.{name} is missing")
    return body
