"""A small network, its file, and what tests do to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from spikewright.coding.ttfs import Ttfs
from spikewright.errors import NetworkFileError
from spikewright.quantized import Provenance, QuantizedNetwork, read
from spikewright.quantized.container import KEY, content_hash
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network

MEMBRANE = Format(8, 4)


def quantized() -> QuantizedNetwork:
    network = Network(
        layers=(
            Layer(
                ((7, -7), (0, 1), (2, 3)), 4, "recurrent_lif",
                {"decay": (0.96875, 0.9), "threshold": 7.25}, MEMBRANE,
                exponent=2, rounding="floor", saturation="symmetric", recurrent=((0, 1), (-7, 0)),
            ),
            Layer(((1, 2, 3), (-1, 0, 1)), 3, "li", {"decay": 0.96875}, Format(7, 3)),
        ),
        steps=4,
    )
    return QuantizedNetwork(
        network=network,
        coding=Ttfs(inputs=3, steps=4),
        provenance=Provenance(
            data_set="digits",
            seed=1,
            accuracy_float=0.975,
            accuracy_integer=1.0,
            versions={"torch": "2.13.0"},
            training={"batch": 128},
        ),
    )


def parts(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    body = json.loads(json.loads(content[8:start])["__metadata__"][KEY])
    return body, load(content)


def forge(path: Path, change: Callable[[dict, dict], object], *, rehash: bool = True) -> None:
    """Change a file's content; with ``rehash``, as someone would who also mends the hash."""
    body, tensors = parts(path)
    change(body, tensors)
    if rehash:
        body["hash"] = content_hash(body, tensors)
    path.write_bytes(save(tensors, metadata={KEY: json.dumps(body)}))


def quantized_tensors() -> dict[str, np.ndarray]:
    first, second = quantized().network.layers
    return {
        "layers.0.weights": np.array(first.weights, np.int8),
        "layers.0.recurrent": np.array(first.recurrent, np.int8),
        "layers.1.weights": np.array(second.weights, np.int8),
    }


def refused(path: Path, message: str) -> None:
    with pytest.raises(NetworkFileError) as error:
        read(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)


def replaced(keys: tuple[str | int, ...], value: Any) -> Callable[[Any, dict], None]:
    """Return the change, for :func:`forge`, of one field of a file."""

    def change(body: Any, _: dict) -> None:
        for key in keys[:-1]:
            body = body[key]
        body[keys[-1]] = value

    return change
