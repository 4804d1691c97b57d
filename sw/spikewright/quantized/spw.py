"""Read and write ``.spw``, the file of a quantised network; ``docs/spw.md`` describes it.

The file is a safetensors file: an int8 tensor per layer, two for a recurrent one, and one JSON
object in the header's metadata. Nothing in it is ever executed. Reading checks everything, in this
order: the container, the schema version, the hash, then each field.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from spikewright.coding.ttfs import Ttfs
from spikewright.errors import NetworkFileError
from spikewright.files import write_bytes
from spikewright_hw.definition.definition import Value
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network, NetworkError, Rows
from spikewright_hw.neuron import DEFINITIONS

from .network import Provenance, QuantizedNetwork

__all__ = ["KEY", "SCHEMA", "read", "write"]

#: Version of the schema that is written and read.
SCHEMA = 2

#: The one key of the safetensors metadata; its value is a JSON object.
KEY = "spikewright"

_CODINGS = {"ttfs": Ttfs}
_Json = TypeVar("_Json", int, float, str, list, dict)
_NAMES = {int: "an integer", float: "a number", str: "a text", list: "a list", dict: "an object"}


class _Malformed(Exception):
    """What is wrong, without the file's name."""


def write(path: Path, quantized: QuantizedNetwork) -> None:
    """Write a network; the same network gives the same bytes.

    The file appears complete or not at all.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    network = quantized.network
    tensors = {
        _tensor(index, name): np.array(rows, np.int8)
        for index, layer in enumerate(network.layers)
        for name, rows in (("weights", layer.weights), ("recurrent", layer.recurrent))
        if rows is not None
    }
    names = {kind: name for name, kind in _CODINGS.items()}
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "steps": network.steps,
        "layers": [
            {
                "inputs": layer.inputs,
                "neurons": layer.neurons,
                "neuron": layer.neuron,
                "parameters": dict(layer.parameters),
                "weight_bits": layer.weight_bits,
                "membrane": str(layer.membrane),
                "exponent": layer.exponent,
                "rounding": layer.rounding,
                "saturation": layer.saturation,
            }
            for layer in network.layers
        ],
        "coding": {"name": names[type(quantized.coding)], **asdict(quantized.coding)},
        "provenance": asdict(quantized.provenance),
    }
    body["hash"] = content_hash(body, tensors)
    write_bytes(path, save(tensors, metadata={KEY: _canonical(body)}))


def read(path: Path) -> QuantizedNetwork:
    """Read a network.

    Raises
    ------
    NetworkFileError
        The file is missing, is not a ``.spw`` file, is truncated or altered, comes from another
        version, or a field is malformed; the sentence names the file and the field.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NetworkFileError(
            f"{path} does not exist; `spikewright train` makes a network file"
        ) from None
    except OSError as error:
        raise NetworkFileError(f"{path} cannot be read: {error.strerror}") from error
    try:
        body, tensors = _open(content)
        _check_version_and_hash(body, tensors)
        return _network(body, tensors)
    except (_Malformed, NetworkError) as error:
        raise NetworkFileError(f"{path}: {error}") from error


def content_hash(body: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over the JSON object without its hash, and over each tensor, in hexadecimal."""
    digest = hashlib.sha256(_canonical({k: v for k, v in body.items() if k != "hash"}).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tensor.dtype} {tensor.shape}\n".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _tensor(index: int, name: str) -> str:
    return f"layers.{index}.{name}"


def _open(content: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """Take the container apart: eight bytes of length, a JSON header, the tensors."""
    foreign = _Malformed("this is not a .spw file; give a file that `spikewright train` wrote")
    start = 8 + int.from_bytes(content[:8], "little")
    if len(content) < 9 or content[8:9] != b"{":
        raise foreign
    if len(content) < start:
        raise _Malformed("the file is truncated: its header is cut off; copy it again")
    try:
        header = _json(content[8:start])
        ends = [
            entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"
        ]
        if ends and len(content) < start + max(ends):
            raise _Malformed(
                f"the file is truncated: {start + max(ends)} bytes are announced, "
                f"and there are {len(content)}; copy it again"
            )
        body = _json(header["__metadata__"][KEY].encode())
        tensors = load(content)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, SafetensorError):
        raise foreign from None
    if not isinstance(body, dict):
        raise foreign
    return body, tensors


def _json(text: bytes) -> Any:
    def refuse(constant: str):
        raise ValueError(f"{constant} is not JSON")

    def finite(number: str) -> float:
        return float(number) if math.isfinite(float(number)) else refuse(number)

    try:
        return json.loads(text, parse_constant=refuse, parse_float=finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _check_version_and_hash(body: dict, tensors: dict[str, np.ndarray]) -> None:
    schema = _field(body, "schema", int)
    if schema > SCHEMA:
        raise _Malformed(
            f"schema is {schema}, and this version of spikewright reads {SCHEMA}; "
            "install a newer spikewright"
        )
    if schema < 1:
        raise _Malformed(f"schema is {schema}; the first is 1")
    if schema < SCHEMA:
        raise _Malformed(
            f"schema is {schema}, whose neurons leak by another rounding; train the network again"
        )
    if _field(body, "hash", str) != content_hash(body, tensors):
        raise _Malformed(
            "hash does not match the content, so the file was altered; use an unaltered copy"
        )


def _network(body: dict, tensors: dict[str, np.ndarray]) -> QuantizedNetwork:
    entries = _field(body, "layers", list)
    known = {
        _tensor(index, name) for index in range(len(entries)) for name in ("weights", "recurrent")
    }
    extra = sorted(set(tensors) - known)
    if extra:
        raise _Malformed(f"tensor {extra[0]} belongs to no layer")
    layers = tuple(_layer(index, entry, tensors) for index, entry in enumerate(entries))
    network = Network(layers=layers, steps=_field(body, "steps", int))
    coding = _field(body, "coding", dict)
    name = _field(coding, "name", str, "coding.")
    if name not in _CODINGS:
        raise _Malformed(f"coding.name is {name!r}; there are {', '.join(_CODINGS)}")
    try:
        return QuantizedNetwork(
            network=network,
            coding=Ttfs(
                inputs=_field(coding, "inputs", int, "coding."),
                steps=_field(coding, "steps", int, "coding."),
                high=_field(coding, "high", float, "coding."),
                silent=_field(coding, "silent", float, "coding."),
            ),
            provenance=_provenance(_field(body, "provenance", dict)),
        )
    except ValueError as error:
        raise _Malformed(str(error)) from error


def _layer(index: int, entry: Any, tensors: dict[str, np.ndarray]) -> Layer:
    at = f"layers[{index}]"
    if not isinstance(entry, dict):
        raise _Malformed(f"{at} is {entry!r}; it must be an object")
    inputs, neurons = (_field(entry, name, int, f"{at}.") for name in ("inputs", "neurons"))
    neuron = _field(entry, "neuron", str, f"{at}.")
    membrane = _field(entry, "membrane", str, f"{at}.")
    try:
        form = Format.parse(membrane)
    except ValueError as error:
        raise _Malformed(f"{at}.membrane: {error}") from error
    recurrent = None
    if _tensor(index, "recurrent") in tensors:
        recurrent = _rows(_tensor(index, "recurrent"), tensors, (neurons, neurons), at)
    return Layer(
        weights=_rows(_tensor(index, "weights"), tensors, (inputs, neurons), at),
        weight_bits=_field(entry, "weight_bits", int, f"{at}."),
        neuron=neuron,
        parameters=_parameters(_field(entry, "parameters", dict, f"{at}."), neuron, at),
        membrane=form,
        exponent=_field(entry, "exponent", int, f"{at}."),
        rounding=cast(Any, _field(entry, "rounding", str, f"{at}.")),
        saturation=cast(Any, _field(entry, "saturation", str, f"{at}.")),
        recurrent=recurrent,
    )


def _rows(name: str, tensors: dict[str, np.ndarray], shape: tuple[int, int], at: str) -> Rows:
    if name not in tensors:
        raise _Malformed(f"tensor {name} is missing")
    weights = tensors[name]
    if weights.dtype.kind == "f" and not np.isfinite(weights).all():
        raise _Malformed(f"tensor {name} holds NaN or infinite weights; train the network again")
    if weights.dtype != np.int8:
        raise _Malformed(f"tensor {name} holds {weights.dtype} values; weights are int8")
    if weights.shape != shape:
        raise _Malformed(
            f"tensor {name} is of shape {list(weights.shape)}, "
            f"but {at}.inputs and {at}.neurons say {list(shape)}"
        )
    return tuple(tuple(row) for row in weights.tolist())


def _parameters(body: dict, neuron: str, at: str) -> dict[str, Value]:
    """Give the parameters; a file names them all, so that a new default changes no network."""
    if neuron in DEFINITIONS:
        for name in DEFINITIONS[neuron].parameters:
            if name not in body:
                raise _Malformed(f"{at}.parameters.{name} is missing")
    return {name: _value(value, f"{at}.parameters.{name}") for name, value in body.items()}


def _value(value: Any, name: str) -> Value:
    values = value if isinstance(value, list) else [value]
    if not values or not all(_is(one, float) for one in values):
        raise _Malformed(f"{name} is {value!r}; it must be a number, or one for each neuron")
    try:
        reals = tuple(map(float, values))
    except OverflowError as error:
        raise _Malformed(f"{name} is larger than any number that it could be") from error
    return reals if isinstance(value, list) else reals[0]


def _provenance(body: dict) -> Provenance:
    at = "provenance."
    return Provenance(
        data_set=_field(body, "data_set", str, at),
        seed=_field(body, "seed", int, at),
        accuracy_float=_field(body, "accuracy_float", float, at),
        accuracy_integer=_field(body, "accuracy_integer", float, at),
        versions=_field(body, "versions", dict, at),
        training=_field(body, "training", dict, at),
    )


def _field(body: dict, name: str, kind: type[_Json], at: str = "") -> _Json:
    """Give a field of the right kind; an integer passes for a number, a boolean for neither."""
    if name not in body:
        raise _Malformed(f"{at}{name} is missing")
    value = body[name]
    if not _is(value, kind):
        raise _Malformed(f"{at}{name} is {value!r}; it must be {_NAMES[kind]}")
    return value


def _is(value: Any, kind: type) -> bool:
    accepted = (int, float) if kind is float else kind
    return isinstance(value, accepted) and not isinstance(value, bool)
