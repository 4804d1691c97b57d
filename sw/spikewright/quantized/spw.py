"""Read and write ``.spw``, the file of a quantised network; ``docs/spw.md`` describes it.

The file is a safetensors file: a tensor of weights per layer, one of recurrent weights and one of
biases where it has them, and one JSON object in the header's metadata. Nothing in it is ever
executed. Reading checks everything, in this order: the size, the container, the schema version, the
hash, then each field.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from spikewright.coding.known import from_fields, to_fields
from spikewright.coding.output_scale import OutputScale
from spikewright.errors import NetworkFileError
from spikewright.files import write_bytes
from spikewright_hw.checks import instance, pathlike, shown
from spikewright_hw.network import MOST_LAYERS, Layer, Network, NetworkError

from .container import MOST_BYTES, Malformed, content_hash, pack, unpack
from .fields import field, made
from .layer_fields import TENSORS, layer_entry, layer_tensors, read_layer, tensor_name
from .network import Provenance, QuantizedNetwork

__all__ = ["SCHEMA", "read", "write"]

#: Latest version of the schema. A network is written as the earliest that holds it, from 4 on.
SCHEMA = 6
#: Versions before are read as well. The neurons of schema 2 are registered ones without a bias, and
#: its readout is the membrane after the last step; the inputs of schema 2 and 3 are spikes; the
#: layers of schema 2 to 4 are dense; those of schema 2 to 5 hear the layer before.
_OLDEST = 2


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
        name: tensor
        for index, layer in enumerate(network.layers)
        for name, tensor in layer_tensors(index, layer).items()
    }
    body: dict[str, Any] = {
        "schema": _schema(network),
        "steps": network.steps,
        "readout": network.readout,
        "layers": [
            _written(layer, path, at=f"layers[{index}]")
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


def _schema(network: Network) -> int:
    """Return the earliest version of the schema that holds a network."""
    if not network.is_chain:
        return 6
    return 4 if all(layer.is_flat for layer in network.layers) else 5


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


def _written(layer: Layer, path: Path, *, at: str) -> dict[str, Any]:
    """Return a layer as a file holds it."""
    try:
        return layer_entry(layer, at=at)
    except Malformed as error:
        raise NetworkFileError(f"{path} cannot be written: {error}") from error


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _check_version_and_hash(body: dict, tensors: dict[str, np.ndarray]) -> None:
    schema = field(body, "schema", int)
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
    if field(body, "hash", str) != content_hash(body, tensors):
        raise Malformed(
            "hash does not match the content, so the file was altered; use an unaltered copy"
        )


def _network(body: dict, tensors: dict[str, np.ndarray]) -> QuantizedNetwork:
    entries = field(body, "layers", list)
    if len(entries) > MOST_LAYERS:
        raise Malformed(f"layers has {len(entries)} layers; a network has at most {MOST_LAYERS}")
    known = {tensor_name(index, name) for index in range(len(entries)) for name in TENSORS}
    extra = sorted(set(tensors) - known)
    if extra:
        name = extra[0] if extra[0].isprintable() else ascii(extra[0])
        raise Malformed(f"tensor {name[:60]} belongs to no layer")
    schema = body["schema"]
    layers = tuple(
        read_layer(index, entry, tensors, schema=schema) for index, entry in enumerate(entries)
    )
    old = schema == 2
    network = Network(
        layers=layers,
        steps=field(body, "steps", int),
        readout="last" if old else field(body, "readout", str),
    )
    coding = field(body, "coding", dict)
    if old:
        coding = {"low": 0.0, **coding}  # the least value was always 0
    return made(
        QuantizedNetwork, "",
        network=network,
        coding=made(from_fields, "coding.", given=coding),
        provenance=_provenance(field(body, "provenance", dict)),
        output_scale=_output_scale(body),
    )


def _output_scale(body: dict) -> OutputScale | None:
    """Return what the outputs stand for; a file of a network that answers with labels has none."""
    if "output_scale" not in body:
        return None
    at = "output_scale."
    given = field(body, "output_scale", dict)
    return made(
        OutputScale, at,
        offset=field(given, "offset", list, at), scale=field(given, "scale", list, at),
    )


def _provenance(body: dict) -> Provenance:
    at = "provenance."
    what = "error" if "error_float" in body else "accuracy"
    return made(
        Provenance, at,
        data_set=field(body, "data_set", str, at),
        seed=field(body, "seed", int, at),
        **{name: field(body, name, float, at) for name in (f"{what}_float", f"{what}_integer")},
        versions=field(body, "versions", dict, at),
        training=field(body, "training", dict, at),
    )


