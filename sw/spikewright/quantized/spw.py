"""Read and write ``.spw``, the file of a quantised network; ``docs/spw.md`` describes it.

The file is a safetensors file: a tensor of weights per layer, one of recurrent weights and one of
biases where it has them, and one JSON object in the header's metadata. Nothing in it is ever
executed. Reading checks everything, in this order: the size, the container, the schema version, the
hash, then each field.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from spikewright.coding.known import from_fields, to_fields
from spikewright.coding.output_scale import OutputScale
from spikewright.errors import NetworkFileError
from spikewright.files import write_bytes
from spikewright_hw.checks import instance, pathlike, shown
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.serial import from_data, to_data
from spikewright_hw.fixed import Format
from spikewright_hw.network import MOST_LAYERS, Layer, Network, NetworkError, Rows
from spikewright_hw.neuron import DEFINITIONS

from .container import MOST_BYTES, Malformed, content_hash, pack, unpack
from .network import Provenance, QuantizedNetwork

__all__ = ["SCHEMA", "read", "write"]

#: Version of the schema that is written and read.
SCHEMA = 4
#: Versions before are read as well. The neurons of schema 2 are registered ones without a bias, and
#: its readout is the membrane after the last step; the inputs of schema 2 and 3 are spikes.
_OLDEST = 2

#: Fields of a layer that are tensors, with the type of their values.
_TENSORS = {"weights": np.int8, "recurrent": np.int8, "bias": np.int32}
_Made = TypeVar("_Made")
_Json = TypeVar("_Json", int, float, str, list, dict)
_NAMES = {int: "an integer", float: "a number", str: "a text", list: "a list", dict: "an object"}


def write(path: str | Path, quantized: QuantizedNetwork) -> None:
    """Write a network; the same network gives the same bytes.

    The file appears complete or not at all.

    Parameters
    ----------
    path : str or Path
        The ``.spw`` file.
    quantized : QuantizedNetwork
        The network, its coding and its provenance.

    Raises
    ------
    NetworkFileError
        The network is larger than a file may be, or a neuron's definition has what a file cannot
        hold, such as a condition that is used as a number.
    StorageError
        The file cannot be written.
    """
    path = pathlike("path", path)
    instance(QuantizedNetwork)("quantized", quantized)
    network = quantized.network
    tensors = {
        _tensor(index, name): np.array(getattr(layer, name), kind)
        for index, layer in enumerate(network.layers)
        for name, kind in _TENSORS.items()
        if getattr(layer, name) is not None
    }
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "steps": network.steps,
        "readout": network.readout,
        "layers": [
            {
                "inputs": layer.inputs,
                "neurons": layer.neurons,
                "neuron": _written(layer.neuron, path, at=f"layers[{index}].neuron"),
                "parameters": dict(layer.parameters),
                "weight_bits": layer.weight_bits,
                "input_bits": layer.input_bits,
                "membrane": str(layer.membrane),
                "exponent": layer.exponent,
                "rounding": layer.rounding,
                "saturation": layer.saturation,
            }
            for index, layer in enumerate(network.layers)
        ],
        "coding": to_fields(quantized.coding),
        "provenance": _given(asdict(quantized.provenance)),
    }
    if quantized.output_scale is not None:
        body["output_scale"] = asdict(quantized.output_scale)
    body["hash"] = content_hash(body, tensors)
    try:
        content = pack(body, tensors)
    except Malformed as error:
        raise NetworkFileError(f"{path} cannot be written: {error}") from error
    write_bytes(path, content)


def read(path: str | Path) -> QuantizedNetwork:
    """Read a network.

    Parameters
    ----------
    path : str or Path
        The ``.spw`` file.

    Raises
    ------
    NetworkFileError
        The file is missing, is not a ``.spw`` file, is truncated or altered, comes from another
        version, or a field is malformed; the sentence names the file and the field.
    """
    path = pathlike("path", path)
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise NetworkFileError(
            f"{path} does not exist; `spikewright train` makes a network file"
        ) from None
    except OSError as error:
        raise NetworkFileError(f"{path} cannot be read: {error.strerror}") from error
    try:
        body, tensors = unpack(content)
        _check_version_and_hash(body, tensors)
        return _network(body, tensors)
    except (Malformed, NetworkError) as error:
        raise NetworkFileError(f"{path}: {error}") from error


def _written(neuron: str | Definition, path: Path, *, at: str) -> str | dict[str, Any]:
    """Return a neuron as a file holds it, which must be as a file is read."""
    if isinstance(neuron, str):
        return neuron
    data = to_data(neuron)
    try:
        from_data(data, at=at)
    except ValueError as error:
        raise NetworkFileError(f"{path} cannot be written: {error}") from error
    return data


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _tensor(index: int, name: str) -> str:
    return f"layers.{index}.{name}"


def _check_version_and_hash(body: dict, tensors: dict[str, np.ndarray]) -> None:
    schema = _field(body, "schema", int)
    if schema > SCHEMA:
        raise Malformed(
            f"schema is {shown(schema)}, and this version of spikewright reads {SCHEMA}; "
            "install a newer spikewright"
        )
    if schema < 1:
        raise Malformed(f"schema is {shown(schema)}; the first is 1")
    if schema < _OLDEST:
        raise Malformed(
            f"schema is {schema}, whose neurons leak by another rounding; train the network again"
        )
    if _field(body, "hash", str) != content_hash(body, tensors):
        raise Malformed(
            "hash does not match the content, so the file was altered; use an unaltered copy"
        )


def _network(body: dict, tensors: dict[str, np.ndarray]) -> QuantizedNetwork:
    entries = _field(body, "layers", list)
    if len(entries) > MOST_LAYERS:
        raise Malformed(f"layers has {len(entries)} layers; a network has at most {MOST_LAYERS}")
    known = {_tensor(index, name) for index in range(len(entries)) for name in _TENSORS}
    extra = sorted(set(tensors) - known)
    if extra:
        name = extra[0] if extra[0].isprintable() else ascii(extra[0])
        raise Malformed(f"tensor {name[:60]} belongs to no layer")
    schema = body["schema"]
    layers = tuple(
        _layer(index, entry, tensors, schema=schema) for index, entry in enumerate(entries)
    )
    old = schema == 2
    network = Network(
        layers=layers,
        steps=_field(body, "steps", int),
        readout="last" if old else _field(body, "readout", str),
    )
    coding = _field(body, "coding", dict)
    if old:
        coding = {"low": 0.0, **coding}  # the least value was always 0
    return _made(
        QuantizedNetwork, "",
        network=network,
        coding=_made(from_fields, "coding.", given=coding),
        provenance=_provenance(_field(body, "provenance", dict)),
        output_scale=_output_scale(body),
    )


def _output_scale(body: dict) -> OutputScale | None:
    """Return what the outputs stand for; a file of a network that answers with labels has none."""
    if "output_scale" not in body:
        return None
    at = "output_scale."
    given = _field(body, "output_scale", dict)
    return _made(
        OutputScale, at,
        offset=_field(given, "offset", list, at), scale=_field(given, "scale", list, at),
    )


def _made(kind: Callable[..., _Made], at: str, **fields: Any) -> _Made:
    """Make an object of fields; what it refuses is named with where it stands in the file."""
    try:
        return kind(**fields)
    except ValueError as error:
        raise Malformed(f"{at}{error}") from error


def _layer(index: int, entry: Any, tensors: dict[str, np.ndarray], *, schema: int) -> Layer:
    at = f"layers[{index}]"
    if not isinstance(entry, dict):
        raise Malformed(f"{at} is {shown(entry)}; it must be an object")
    inputs, neurons = (_field(entry, name, int, f"{at}.") for name in ("inputs", "neurons"))
    neuron = _neuron(entry, at)
    membrane = _field(entry, "membrane", str, f"{at}.")
    try:
        form = Format.parse(membrane)
    except ValueError as error:
        raise Malformed(f"{at}.membrane: {error}") from error
    recurrent = bias = None
    if _tensor(index, "recurrent") in tensors:
        recurrent = _rows(_tensor(index, "recurrent"), tensors, (neurons, neurons), at)
    if (name := _tensor(index, "bias")) in tensors:
        bias = _checked(name, tensors, (neurons,), at).tolist()
    return _made(
        Layer, f"{at}.",
        weights=_rows(_tensor(index, "weights"), tensors, (inputs, neurons), at),
        weight_bits=_field(entry, "weight_bits", int, f"{at}."),
        neuron=neuron,
        parameters=_parameters(_field(entry, "parameters", dict, f"{at}."), neuron, at),
        membrane=form,
        exponent=_field(entry, "exponent", int, f"{at}."),
        rounding=_field(entry, "rounding", str, f"{at}."),
        saturation=_field(entry, "saturation", str, f"{at}."),
        recurrent=recurrent,
        bias=bias,
        input_bits=_field(entry, "input_bits", int, f"{at}.") if schema > 3 else 1,
    )


def _neuron(entry: dict, at: str) -> str | Definition:
    """Return a neuron: the name of a registered one, or a definition that the file holds."""
    if isinstance(entry.get("neuron"), dict):
        try:
            return from_data(entry["neuron"], at=f"{at}.neuron")
        except ValueError as error:
            raise Malformed(str(error)) from error
    return _field(entry, "neuron", str, f"{at}.")


def _rows(name: str, tensors: dict[str, np.ndarray], shape: tuple[int, int], at: str) -> Rows:
    return tuple(tuple(row) for row in _checked(name, tensors, shape, at).tolist())


def _checked(
    name: str, tensors: dict[str, np.ndarray], shape: tuple[int, ...], at: str
) -> np.ndarray:
    """Return a tensor of the right type and shape."""
    kind = _TENSORS[name.rpartition(".")[2]]
    if name not in tensors:
        raise Malformed(f"tensor {name} is missing")
    values = tensors[name]
    what = "biases" if name.endswith("bias") else "weights"
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise Malformed(f"tensor {name} holds NaN or infinite {what}; train the network again")
    if values.dtype != kind:
        raise Malformed(f"tensor {name} holds {values.dtype} values; {what} are {kind.__name__}")
    if values.shape != shape:
        given = f"{at}.neurons says" if len(shape) == 1 else f"{at}.inputs and {at}.neurons say"
        raise Malformed(
            f"tensor {name} is of shape {list(values.shape)}, "
            f"but {given} [{', '.join(map(shown, shape))}]"
        )
    return values


def _parameters(body: dict, neuron: str | Definition, at: str) -> dict[str, Any]:
    """Return the parameters; a file names them all, so that a new default changes no network."""
    definition = DEFINITIONS.get(neuron) if isinstance(neuron, str) else neuron
    for name in () if definition is None else definition.parameters:
        if name not in body:
            raise Malformed(f"{at}.parameters.{name} is missing")
    return body


def _provenance(body: dict) -> Provenance:
    at = "provenance."
    what = "error" if "error_float" in body else "accuracy"
    return _made(
        Provenance, at,
        data_set=_field(body, "data_set", str, at),
        seed=_field(body, "seed", int, at),
        **{name: _field(body, name, float, at) for name in (f"{what}_float", f"{what}_integer")},
        versions=_field(body, "versions", dict, at),
        training=_field(body, "training", dict, at),
    )


def _field(body: dict, name: str, kind: type[_Json], at: str = "") -> _Json:
    """Return a field of the right kind; an integer passes for a number, a boolean for neither."""
    if name not in body:
        raise Malformed(f"{at}{name} is missing")
    value = body[name]
    if not _is(value, kind):
        raise Malformed(f"{at}{name} is {shown(value)}; it must be {_NAMES[kind]}")
    return value


def _is(value: Any, kind: type) -> bool:
    accepted = (int, float) if kind is float else kind
    return isinstance(value, accepted) and not isinstance(value, bool)
