"""The network file: what is written is read again, and everything malformed is refused."""

import json
import os
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from spikewright.coding.direct import Direct
from spikewright.coding.ttfs import Ttfs
from spikewright.equations import compile_equations
from spikewright.errors import NetworkFileError, StorageError
from spikewright.quantized import read, write
from spikewright.quantized.container import KEY
from spikewright.quantized.spw import SCHEMA
from spikewright_hw.definition.definition import neuron
from spikewright_hw.engine.drawn_network import drawn_network
from spikewright_hw.network import Layer, Network, NetworkError, Rows
from spikewright_hw.neuron import DEFINITIONS

from .spw_files import MEMBRANE, forge, parts, quantized, quantized_tensors, refused, replaced


@pytest.fixture
def path(tmp_path) -> Path:
    path = tmp_path / "net.spw"
    write(path, quantized())
    return path


def test_round_trip(path):
    assert read(path) == quantized()
    assert read(path).network.digest() == quantized().network.digest()


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_round_trip_of_any_network(tmp_path_factory, seed):
    network = drawn_network(random.Random(seed), graded=True)
    coding = Ttfs(inputs=network.inputs, steps=network.steps)
    if network.input_bits > 1:
        coding = Direct(
            inputs=network.inputs, steps=network.steps, low=0, high=1, bits=network.input_bits
        )
    path = tmp_path_factory.mktemp("any") / "net.spw"
    write(path, replace(quantized(), network=network, coding=coding))
    assert read(path).network == network
    assert read(path).network.digest() == network.digest()


def test_a_neuron_that_is_not_registered_is_in_the_file(tmp_path):
    mine = compile_equations(
        "dv/dt = -v/tau + i", name="mine", threshold="v > 1", reset="v = 0", parameters={"tau": 5}
    )
    layers = (
        Layer(((1, -2),), 3, mine, {"tau": (5.0, 7.0)}, MEMBRANE, bias=(3, -4)),
        Layer(((1,), (2,)), 3, DEFINITIONS["lif"], {}, MEMBRANE),
    )
    network = Network(layers, 4, "count")
    path = tmp_path / "net.spw"
    write(path, replace(quantized(), network=network, coding=Ttfs(inputs=1, steps=4)))
    back = read(path).network
    assert back == network and back.digest() == network.digest()
    assert [layer.definition.name for layer in back.layers] == ["mine", "lif"]
    assert parts(path)[0]["layers"][1]["neuron"] == "lif"
    write(tmp_path / "again.spw", read(path))
    assert (tmp_path / "again.spw").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("schema", [2, 3])
def test_the_schemas_before_are_read_as_before(path, schema):
    def older(body: dict, _: dict) -> None:
        body["schema"] = schema
        if schema == 2:
            del body["readout"]
        for layer in body["layers"]:
            del layer["input_bits"]

    forge(path, older)
    assert read(path) == quantized()


def test_graded_inputs_and_their_coding_belong_together():
    layer = Layer(((1,),), 2, "li", {}, MEMBRANE, input_bits=3)
    network = Network((layer,), 4)
    fitting = Direct(inputs=1, steps=4, low=0, high=1, bits=3)
    replace(quantized(), network=network, coding=fitting)
    for coding, words in (
        (replace(fitting, bits=4), "coding.bits: direct makes 4 bits"),
        (Ttfs(inputs=1, steps=4), "coding.bits: ttfs makes spikes"),
    ):
        with pytest.raises(ValueError) as caught:
            replace(quantized(), network=network, coding=coding)
        assert str(caught.value) == f"{words}, but the network's inputs are 3 bits"


def test_a_file_names_all_parameters(tmp_path):
    layer = Layer(((1,),), 2, "li", {}, MEMBRANE)
    named = replace(quantized(), network=Network((layer,), 4), coding=Ttfs(inputs=1, steps=4))
    write(tmp_path / "net.spw", named)
    assert parts(tmp_path / "net.spw")[0]["layers"][0]["parameters"] == {"decay": 0.875}


def test_same_network_gives_the_same_bytes(path, tmp_path):
    for attempt in range(3):
        again = tmp_path / f"{attempt}.spw"
        write(again, quantized())
        assert again.read_bytes() == path.read_bytes()


def test_weights_can_be_read_with_safetensors_alone(path):
    from safetensors.numpy import load_file

    assert load_file(path)["layers.0.weights"].tolist() == [[7, -7], [0, 1], [2, 3]]


def test_forging_itself_is_not_what_is_refused(path):
    forge(path, lambda body, tensors: None)
    assert read(path) == quantized()


def test_missing_file(tmp_path):
    refused(tmp_path / "none.spw", "does not exist; `spikewright train` makes a network file")


def test_folder(tmp_path):
    refused(tmp_path, "cannot be read: Is a directory")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"hello, world, this is no network at all",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        (2).to_bytes(8, "little") + b"{}",
        (4).to_bytes(8, "little") + b"{,,}",
        (1 << 63).to_bytes(8, "little") + b"[",
        (40000).to_bytes(8, "little") + b'{"a":' * 8000,
        save({"w": np.zeros(2)}),
        save({"w": np.zeros(2)}, metadata={"format": "pt"}),
        save({"w": np.zeros(2)}, metadata={KEY: "[]"}),
        save({"w": np.zeros(2)}, metadata={KEY: '{"schema": NaN}'}),
    ],
)
def test_not_a_network_file(path, content):
    path.write_bytes(content)
    refused(path, "this is not a .spw file; give a file that `spikewright train` wrote")


def test_truncated_file(path):
    content = path.read_bytes()
    for length in range(9, len(content)):
        path.write_bytes(content[:length])
        refused(path, "the file is truncated")
    path.write_bytes(content)
    assert read(path) == quantized()


def test_every_altered_byte_is_noticed(path):
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(NetworkFileError):
            read(path)


def test_altered_weight(path):
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    refused(path, "hash does not match the content, so the file was altered")


def test_altered_field(path):
    forge(path, lambda body, _: body.update(steps=5), rehash=False)
    refused(path, "hash does not match the content, so the file was altered")


def test_schema_from_the_future(path):
    forge(path, lambda body, _: body.update(schema=SCHEMA + 1, hash="other"), rehash=False)
    refused(
        path,
        f"schema is {SCHEMA + 1}, and this version of spikewright reads {SCHEMA}; "
        "install a newer spikewright",
    )


def test_schema_from_the_past(path):
    forge(path, lambda body, _: body.update(schema=1, hash="other"), rehash=False)
    refused(
        path, "schema is 1, whose neurons leak by another rounding; train the network again"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16])
def test_weights_that_are_not_numbers(path, value, kind):
    weights = np.zeros((3, 2), kind)
    weights[1, 1] = value
    forge(path, lambda _, tensors: tensors.update({"layers.0.weights": weights}))
    refused(path, "tensor layers.0.weights holds NaN or infinite weights")


FLOATS = {"layers.0.weights": np.zeros((3, 2), np.float32)}
WIDE = {"layers.0.weights": np.array([[7, 8], [0, 1], [2, 3]], np.int8)}
NARROW = {"layers.1.weights": np.array([[1, 2, 3], [-1, -4, 1]], np.int8)}
TALL = {"layers.0.weights": np.zeros((4, 2), np.int8)}
FLAT = {"layers.0.weights": np.zeros(6, np.int8)}
OBLONG = {"layers.0.recurrent": np.zeros((3, 2), np.int8)}
REAL = {"layers.0.recurrent": np.full((2, 2), np.nan, np.float32)}
BROAD = {"layers.0.recurrent": np.array([[0, 0], [0, 9]], np.int8)}
UNHEARD = {"layers.1.recurrent": np.zeros((3, 3), np.int8)}
ALIEN = {"layers.2.weights": np.zeros((3, 2), np.int8)}
STRANGE = {"layers.0.delays": np.zeros(2, np.int8)}
THIN = {"layers.0.bias": np.zeros(2, np.int8)}
SHORT = {"layers.0.bias": np.zeros(1, np.int32)}
GRAVE = {"layers.0.bias": np.full(2, -(1 << 31), np.int32)}


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (FLOATS, "tensor layers.0.weights holds float32 values; weights are int8"),
        (WIDE, "layers[0].weights[0][1] is 8; 4-bit weights lie in -7 to 7"),
        (NARROW, "layers[1].weights[1][1] is -4; 3-bit weights lie in -3 to 3"),
        (TALL, "tensor layers.0.weights is of shape [4, 2], but layers[0].inputs and"),
        (FLAT, "tensor layers.0.weights is of shape [6], but layers[0].inputs and"),
        (OBLONG, "tensor layers.0.recurrent is of shape [3, 2], but layers[0].inputs and"),
        (REAL, "tensor layers.0.recurrent holds NaN or infinite weights"),
        (BROAD, "layers[0].recurrent[1][1] is 9; 4-bit weights lie in -7 to 7"),
        (UNHEARD, "layers[1].recurrent is given, but li does not take the layer's own spikes"),
        (ALIEN, "tensor layers.2.weights belongs to no layer"),
        (STRANGE, "tensor layers.0.delays belongs to no layer"),
        (THIN, "tensor layers.0.bias holds int8 values; biases are int32"),
        (SHORT, "tensor layers.0.bias is of shape [1], but layers[0].neurons says [2]"),
        (GRAVE, f"layers[0].bias[0] is {-(1 << 31)}; it must be a whole number from -2147483647"),
    ],
)
def test_tensors_that_do_not_fit(path, tensors, message):
    forge(path, lambda _, held: held.update(tensors))
    refused(path, message)


def test_missing_tensor(path):
    forge(path, lambda _, tensors: tensors.pop("layers.1.weights"))
    refused(path, "tensor layers.1.weights is missing")
    forge(path, lambda _, tensors: tensors.update(quantized_tensors()))
    assert read(path) == quantized()
    forge(path, lambda _, tensors: tensors.pop("layers.0.recurrent"))
    refused(path, "layers[0].recurrent is missing; recurrent_lif takes the layer's own spikes")


def test_layers_that_do_not_join(path):
    def change(body, tensors):
        body["layers"][1]["inputs"] = 3
        tensors["layers.1.weights"] = np.zeros((3, 3), np.int8)

    forge(path, change)
    refused(path, "layers[1].weights has 3 inputs, but layers[0] has 2 neurons")


REQUIRED = [
    *[(name,) for name in ("schema", "hash", "steps", "layers", "coding", "provenance")],
    *[
        ("layers", 0, name)
        for name in (
            "inputs", "neurons", "neuron", "parameters", "weight_bits", "membrane", "exponent",
            "rounding", "saturation",
        )
    ],
    *[("coding", name) for name in ("name", "inputs", "steps", "high", "silent")],
    *[
        ("provenance", name)
        for name in (
            "data_set",
            "seed",
            "accuracy_float",
            "accuracy_integer",
            "versions",
            "training",
        )
    ],
]


def spelled(keys: tuple[str | int, ...]) -> str:
    return ".".join(map(str, keys)).replace(".0", "[0]")


@pytest.mark.parametrize("keys", REQUIRED, ids=spelled)
@pytest.mark.parametrize("value", [None, True, [], "x", 1.5], ids=repr)
def test_missing_field_and_field_of_another_kind(path, keys, value):
    def drop(body, _):
        for key in keys[:-1]:
            body = body[key]
        kept.append(body.pop(keys[-1]))

    def replace(body, _):
        for key in keys[:-1]:
            body = body[key]
        body[keys[-1]] = value

    kept: list[Any] = []
    original = path.read_bytes()
    forge(path, drop, rehash=keys != ("hash",))
    refused(path, f"{spelled(keys)} is missing")
    path.write_bytes(original)
    of_same_kind = type(value) is type(kept[0]) or (
        isinstance(value, float) and isinstance(kept[0], int) and keys[-1] in ("high", "silent")
    )
    if not of_same_kind:
        forge(path, replace, rehash=keys != ("hash",))
        refused(path, f"{spelled(keys)} is {value!r}; it must be a")


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("schema",), 0, "schema is 0; the first is 1"),
        (("steps",), 0, "steps is 0; it must be a whole number from 1 to 65531"),
        (("steps",), 5, "coding.steps is 4, but the network takes 5"),
        (("layers",), [], "belongs to no layer"),
        (("layers", 0), 3, "layers[0] is 3; it must be an object"),
        (("layers", 0, "neuron"), "brain", "layers[0].neuron is 'brain'; there are"),
        (("layers", 0, "weight_bits"), 9, "layers[0].weight_bits is 9; it must be a whole number"),
        (("layers", 0, "membrane"), "8.4", "layers[0].membrane: a number format is written like"),
        (("layers", 0, "membrane"), "Q0.4", "layers[0].membrane: integer is 0; it must be a whole"),
        (("layers", 0, "exponent"), 5, "layers[0].exponent is 5; it must be a whole number"),
        (("layers", 0, "rounding"), "up", "layers[0].rounding is 'up'; it is half_up or floor"),
        (
            ("layers", 0, "saturation"),
            "none",
            "layers[0].saturation is 'none'; it is full, symmetric or positive",
        ),
        (("layers", 0, "membrane"), "Q999999999.4", "layers[0].membrane: integer is 999999999; "),
        (("layers", 0, "parameters"), {"leak": 5}, "layers[0].parameters.decay is missing"),
        (
            ("layers", 0, "parameters"),
            {"decay": 0.5, "threshold": 1.0, "leak": 5},
            "layers[0].parameters: recurrent_lif has no parameter leak; it has decay, threshold",
        ),
        (
            ("layers", 0, "parameters", "decay"),
            "0.5",
            "layers[0].parameters.decay is '0.5'; it must be a number, or one for each neuron",
        ),
        (
            ("layers", 0, "parameters", "decay"),
            [0.5, None],
            "layers[0].parameters.decay is [0.5, None]; it must be a number, or one for each",
        ),
        (
            ("layers", 0, "parameters", "decay"),
            [],
            "layers[0].parameters.decay is []; it must be a number, or one for each neuron",
        ),
        (
            ("layers", 0, "parameters", "decay"),
            [0.5, 0.5, 0.5],
            "layers[0].parameters.decay has 3 values; the layer has 2 neurons",
        ),
        (
            ("layers", 0, "parameters", "decay"),
            [0.5, 1.5],
            "layers[0].parameters: recurrent_lif.decay is 1.5; it lies in 0 to 1",
        ),
        (
            ("layers", 0, "parameters", "threshold"),
            128,
            "layers[0].parameters: recurrent_lif.threshold is 128; a Q8.4 level lies in",
        ),
        (
            ("layers", 0, "parameters", "threshold"),
            10**400,
            "layers[0].parameters.threshold is larger than any number that it could be",
        ),
        (("coding", "name"), "morse", "coding.name is 'morse'; there are ttfs"),
        (("coding", "inputs"), 4, "coding.inputs is 4, but the network takes 3"),
        (("coding", "silent"), -1, "coding.silent is -1; it must be at least low, 0.0, and"),
        (("provenance", "accuracy_float"), 97.5, "provenance.accuracy_float is 97.5; it must be"),
    ],
)
def test_field_out_of_range(path, keys, value, message):
    forge(path, replaced(keys, value))
    refused(path, message)


@pytest.mark.parametrize("value", ["1e999", "-1e999"])
def test_a_parameter_that_is_infinite(path, value):
    """JSON has no word for that, and yet a way to write it."""
    body, tensors = parts(path)
    body["layers"][0]["parameters"]["threshold"] = "HERE"
    text = json.dumps(body).replace('"HERE"', value)
    path.write_bytes(save(tensors, metadata={KEY: text}))
    refused(path, "this is not a .spw file")


def test_a_network_with_weights_that_are_not_numbers_cannot_be_made():
    with pytest.raises(NetworkError, match=re.escape("weights[0][0] is nan")):
        Network(layers=(Layer(cast(Rows, ((float("nan"),),)), 4, "li", {}, MEMBRANE),), steps=1)


def test_failed_write_leaves_what_was_there(path, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match=r"net\.spw cannot be written: the disk is full"):
        write(path, quantized())
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["net.spw"]


def test_a_definition_that_no_file_can_hold_is_not_written(tmp_path):
    @neuron()
    def counting(s, i, p):
        spike = s.v + i >= 1
        return {"v": s.v + i - spike, "spike": spike}

    network = Network((Layer(((1,),), 2, counting, {}, MEMBRANE),), 4, "count")
    path = tmp_path / "net.spw"
    with pytest.raises(NetworkFileError) as caught:
        write(path, replace(quantized(), network=network, coding=Ttfs(inputs=1, steps=4)))
    assert str(caught.value) == (
        f"{path} cannot be written: operand 1 of layers[0].neuron.update.nodes[5] is a condition, "
        "and subtract works on numbers there; where(condition, 1, 0) is a number"
    )
    assert not path.exists()
