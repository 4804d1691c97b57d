"""An object that describes a network is valid, or does not exist.

Every field of every such dataclass stands in a table with values that it does not take. A field
that is not there fails the test, so that a new one is placed.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from spikewright.coding.delta import Delta
from spikewright.coding.events import Events
from spikewright.coding.log_latency import LogLatency
from spikewright.coding.output_scale import OutputScale
from spikewright.coding.population import Population
from spikewright.coding.rate import Rate
from spikewright.coding.spikes import Spikes
from spikewright.coding.ttfs import Ttfs
from spikewright.network.augmentation import Augmentation
from spikewright.network.model_config import ModelConfig
from spikewright.network.training_config import Phase, TrainingConfig
from spikewright.quantized import Provenance, QuantizedNetwork
from spikewright_hw.connection import Convolution, FeatureMap
from spikewright_hw.definition.fixed_point import Arithmetic
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.origin import Origin

NAN = float("nan")

#: What is no whole number, whatever its range.
NO_WHOLE = (None, "4", 2.5, 4.0, NAN, math.inf, True, Fraction(1, 2), 10**400, -(10**400), [1],
            np.float64(4), np.True_, np.array([1, 2]), torch.tensor(True), torch.tensor(1.0))
#: What is no whole number above 0, nor one for each layer.
NO_EACH = (*(value for value in NO_WHOLE if not isinstance(value, list)),
           (), (0,), ("4",), (4, 2.5))
#: The same, of what may be left out.
NO_FOLD = tuple(value for value in NO_EACH if value is not None)
#: What is no finite real number.
NO_REAL = (None, "0.5", NAN, math.inf, -math.inf, True, 1j, 10**400, [0.5], np.float32("nan"),
           np.array([0.5, 0.25]), Decimal("0.5"), torch.tensor(NAN))
NO_TEXT = (None, 3, b"digits", ["digits"], "\ud800")
NO_NAME = (None, 3, "nosuch", "", ["lif"], {})
NO_MAPPING = (None, 3, "decay", [("decay", 0.5)], {3: 0.5}, {"\ud800": 0.5})
NO_ROWS = (None, 3, "weights", (), ((),), (1, 2), ((1, 2), 3), ((1,), (1, 2)), {0: (1, 2)},
           ((0.5, 1.9), (-3.7, 2.0)), ((1, NAN), (1, 1)), ((1, True), (1, 1)), ((1, 8), (1, 1)),
           ((1, None), (1, 1)), np.array([[1.0, 2.0], [1.0, 1.0]]), np.array([1, 2]),
           np.array([[True, False], [True, True]]), torch.tensor([[0.5, 1.0], [1.0, 1.0]]))
NO_OBJECT = (None, 3, "Q8.4", {}, (1, 2))

#: A connection of other sizes than those of what follows.
OTHER = Convolution(source=FeatureMap(channels=3, height=4, width=4), channels=2, kernel=(2, 2))
LAYER = Layer(
    weights=((1, -2), (3, 7)), weight_bits=4, neuron="recurrent_lif",
    parameters={"decay": 0.75, "threshold": 5.0}, membrane=Format(6, 2), recurrent=((1, 0), (0, 1)),
)
READOUT = Layer(((1,), (2,)), 3, "li", {}, Format(6, 2))
NETWORK = Network((LAYER, READOUT), 4)
CODING = Ttfs(inputs=2, steps=4)
PROVENANCE = Provenance(data_set="digits", seed=0, accuracy_float=0.5, accuracy_integer=0.5)

#: A valid object of each kind, and for each of its fields what it does not take.
TABLE: tuple[tuple[Any, Mapping[str, tuple]], ...] = (
    (Format(6, 2), {
        "integer": (*NO_WHOLE, 0, -1, 129), "fraction": (*NO_WHOLE, -1, 128),
    }),
    (Arithmetic(format=Format(6, 2)), {
        "format": NO_OBJECT, "rounding": NO_NAME, "saturation": NO_NAME,
        "digits": (*NO_WHOLE, 0, 25),
    }),
    (LAYER, {
        "weights": NO_ROWS, "weight_bits": (*NO_WHOLE, 1, 9), "neuron": NO_NAME,
        "parameters": (
            *NO_MAPPING, {"nosuch": 1.0}, {"decay": 1.5}, {"decay": NAN}, {"decay": None},
            {"decay": "0.5"}, {"decay": True}, {"decay": 1j}, {"decay": ()}, {"decay": (0.5,)},
            {"decay": (0.5, NAN)}, {"decay": (0.5, True)}, {"threshold": 10**400},
            {"decay": np.array([0.5, 0.5, 0.5])}, {"decay": np.array([[0.5, 0.5]])},
            {"threshold": 1e9}, {"threshold": math.inf},
        ),
        "membrane": (*NO_OBJECT, Format(31, 2)), "exponent": (*NO_WHOLE, -1, 3),
        "rounding": NO_NAME, "saturation": NO_NAME,
        "recurrent": (*NO_ROWS, ((1, 0),), ((1, 0, 0), (0, 1, 0))),
        "input_bits": (*NO_WHOLE, 0, 9), "connection": (*NO_OBJECT[1:], OTHER),
        "bias": (3, "bias", (1,), (1, 2, 3), (1, 0.5), (1, None), (1, 1 << 31), {0: 1},
                 np.array([1.0, 2.0]), np.array([[1, 2]])),
        "origins": (3, "origins", (1,), (Origin(),) * 2, (Origin(delays=(0, 1, 2)),),
                    (Origin(back=0, delays=1), Origin()), {0: Origin()}),
    }),
    (NETWORK, {
        "layers": (*NO_OBJECT, (), "ab", (LAYER, 3), (LAYER,), (READOUT, READOUT),
                   (READOUT, LAYER), (LAYER, replace(READOUT, weights=((1,),)))),
        "steps": (*NO_WHOLE, 0, 65_532, 10**9), "readout": (*NO_NAME, "count"),
    }),
    (CODING, {
        "inputs": (*NO_WHOLE, 0, 65_536), "steps": (*NO_WHOLE, 0, 65_532),
        "low": (*NO_REAL, 3, 16), "high": (*NO_REAL, 2.0, -1), "silent": (*NO_REAL, -1, 16.0),
    }),
    (LogLatency(inputs=2, steps=4, low=0, high=1, silent=0.1), {
        "inputs": (*NO_WHOLE, 0, 65_536), "steps": (*NO_WHOLE, 0, 65_532),
        "low": (*NO_REAL, 0.1), "high": (*NO_REAL, 0.1, -1), "silent": (*NO_REAL, 0, 1.0),
    }),
    (Rate(inputs=2, steps=4, low=0, high=1), {
        "inputs": (*NO_WHOLE, 0, 65_536), "steps": (*NO_WHOLE, 0, 65_532),
        "low": (*NO_REAL, 1), "high": (*NO_REAL, 0), "most": (*NO_REAL, 0, 1.5),
        "seed": (*NO_WHOLE, -1, 1 << 64),
    }),
    (Delta(length=4, steps=4, low=0, high=1, threshold=0.5, start=0), {
        "length": (*NO_WHOLE, 0, 3), "channels": (*NO_WHOLE, 0, 32_768),
        "steps": (*NO_WHOLE, 0, 5, 65_532), "low": (*NO_REAL, 1), "high": (*NO_REAL, 0),
        "threshold": (*NO_REAL, 0, -1), "start": (*NO_REAL, -1, 2),
    }),
    (Population(values=2, steps=4, low=0, high=1), {
        "values": (*NO_WHOLE, 0, 65_536), "fields": (*NO_WHOLE, 2, 65_535),
        "steps": (*NO_WHOLE, 0, 65_532), "low": (*NO_REAL, 1), "high": (*NO_REAL, 0),
        "overlap": (*NO_REAL, 0), "silent": (*NO_REAL, 0, 1),
    }),
    (Events(height=3, width=4, steps=2, duration=100), {
        "height": (*NO_WHOLE, 0, 65_535), "width": (*NO_WHOLE, 0, 65_535),
        "polarities": (*NO_WHOLE, 0, 65_535), "steps": (*NO_WHOLE, 0, 65_532),
        "duration": (*NO_WHOLE[1:], 0, 1 << 41), "factor": (*NO_WHOLE, 0, 65_536),
    }),
    (Spikes(inputs=2, steps=4), {
        "inputs": (*NO_WHOLE, 0, 65_536), "steps": (*NO_WHOLE, 0, 65_532),
    }),
    (PROVENANCE, {
        "data_set": NO_TEXT, "seed": (*NO_WHOLE, -1, 1 << 64),
        "accuracy_float": (*NO_REAL, -0.1, 97.5), "accuracy_integer": (*NO_REAL, -0.1, 97.5),
        "error_float": (*NO_REAL[1:], -0.1, 1.0), "error_integer": (*NO_REAL[1:], -0.1, 1.0),
        "versions": (*NO_MAPPING, {"torch": 2}, {"torch": "\ud800"}),
        "training": (*NO_MAPPING[:4], {"a": NAN}, {"a": object()}, {"a": "\ud800"}),
    }),
    (QuantizedNetwork(network=NETWORK, coding=CODING, provenance=PROVENANCE), {
        "network": NO_OBJECT, "coding": (*NO_OBJECT, replace(CODING, inputs=3)),
        "provenance": NO_OBJECT,
        "output_scale": (*NO_OBJECT[1:], OutputScale(offset=(0, 0), scale=(1, 1))),
    }),
    (OutputScale(offset=(0.0,), scale=(1.0,)), {
        "offset": (None, 3, "Q8.4", {}, (), (1, 2), (NAN,), ("1",)),
        "scale": (None, 3, "Q8.4", {}, (), (1, 2), (NAN,), (0,), (-1.0,)),
    }),
    (Streams(), {
        "length": (*NO_WHOLE, 0, 48, 8, 1 << 17), "source": NO_NAME, "encoding": NO_NAME,
    }),
    (EventDesign(), {
        "share": (*NO_EACH, 0, 65_536), "banks": (*NO_EACH, 0, 1_048_576),
        "fold": (*NO_FOLD, 0, 65_536), "block_bits": (*NO_FOLD, 0, 65_536),
        "ram_style": NO_NAME, "weights": NO_NAME, "commands": NO_NAME,
    }),
    (StochasticDesign(), {
        "streams": NO_OBJECT, "lanes": (*NO_WHOLE, 0, 3, 512, 1_048_576),
        "share": (*NO_WHOLE, 0, 65_536), "ram_style": NO_NAME, "commands": NO_NAME,
    }),
    (ModelConfig(), {
        "sizes": (*NO_OBJECT[:4], (), (64,), (64, 0), (64, -1), (64, 10.0), (64, True),
                  (64, 65_536), (65_535, 65_535)),
        "neuron": (*NO_NAME, "li"), "readout": (*NO_NAME, "lif"),
        "readout_neuron": (*NO_NAME[1:], "lif"), "bias": (None, 1, "yes"),
        "input_bits": (*NO_WHOLE, 0, 9),
        "parameters": (*NO_MAPPING, {"nosuch": 1.0}, {"decay": 1.5}, {"decay": NAN},
                       {"decay": "0.5"}),
        "readout_parameters": (*NO_MAPPING[1:], {"threshold": 1.0}, {"decay": 1.5}),
        "weight_bits": (*NO_WHOLE, 1, 9, (), (8, 4, 2), (8, 1), (8, 2.5)),
        "membrane": (*NO_OBJECT, Format(60, 4), (Format(8, 4),), (Format(8, 4), Format(60, 4))),
        "delays": (*NO_NAME, "linear"), "scales": NO_NAME, "surrogate": NO_NAME,
        "normalisation": NO_NAME,
        "surrogate_width": (*NO_REAL, 0, -1), "learn_surrogate": (None, 1, "yes"),
        "connections": (3, "128", (), {}, (1, 2), (OTHER,)),
        "origins": (3, "origins", (1, 2), ((), (), ()), ((Origin(back=3),), ()), {0: ()}),
    }),
    (Phase(epochs=1, learning_rate=0.1), {
        "epochs": (*NO_WHOLE, -1), "learning_rate": (*NO_REAL, -1, 0),
    }),
    (Augmentation(), dict.fromkeys(
        ("shift", "rotation", "scale", "shear", "noise"), (*NO_REAL, -1)
    )),
    (TrainingConfig(), {
        "model": NO_OBJECT, "coding": NO_OBJECT, "real": NO_OBJECT, "quantized": NO_OBJECT,
        "batch": (*NO_WHOLE, 0), "weight_decay": (*NO_REAL, -1),
        "label_smoothing": (*NO_REAL, -1, 1.5), "spikes": (*NO_REAL, -1),
        "spike_cost": (*NO_REAL, -1), "augmentation": NO_OBJECT[1:], "streams": NO_OBJECT[1:],
        "network": NO_OBJECT[1:], "event_products": (None, 1, "yes"),
        "precision": (*NO_NAME, "float64"),
        "device": (*NO_NAME, "gpu", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "mps"),
        "recompute": (None, 1, "yes"), "same_everywhere": (None, 1, "yes"),
        "loss": (*NO_NAME, "spike_rate"), "l1": (*NO_REAL, -1), "l2": (*NO_REAL, -1),
        "prune": (*NO_REAL, -0.1, 1.5), "patience": (*NO_WHOLE[1:], 0),
    }),
)

CASES = [
    pytest.param(valid, name, value, id=f"{type(valid).__name__}.{name}-{number}")
    for valid, table in TABLE
    for name, values in table.items()
    for number, value in enumerate(values)
]


@pytest.mark.parametrize(("valid", "table"), TABLE, ids=lambda one: type(one).__name__)
def test_every_field_has_its_row(valid, table):
    assert set(table) == {field.name for field in fields(valid)}


@pytest.mark.parametrize(("valid", "name", "value"), CASES)
def test_what_a_field_does_not_take(valid, name, value):
    if name == "recurrent" and value is None:
        said = r"^recurrent is missing"
    else:
        said = rf"(?<![a-z_]){name}(?![a-z_])"
    with pytest.raises(ValueError, match=said) as caught:
        replace(valid, **{name: value})
    message = str(caught.value)
    assert "\n" not in message and message.isascii() and len(message) < 400
    assert not re.search(r"object at 0x|not supported between|unhashable|ambiguous", message)


@pytest.mark.parametrize("kind", [np.array, torch.tensor, list], ids=["numpy", "torch", "list"])
def test_arrays_are_taken_and_become_plain(kind):
    layer = replace(
        LAYER, weights=kind([[1, -2], [3, 7]]), recurrent=kind([[1, 0], [0, 1]]),
        parameters={"decay": 0.75, "threshold": kind([5.0, 5.0])},
    )
    assert layer == replace(LAYER, parameters={"decay": 0.75, "threshold": (5.0, 5.0)})
    assert hash(layer) == hash(LAYER)
    assert {type(weight) for rows in (layer.weights, layer.recurrent or ()) for row in rows
            for weight in row} == {int}
    assert {type(one) for one in layer.parameters["threshold"]} == {float}  # pyright: ignore


@pytest.mark.parametrize("kind", [np.int8, np.uint64, np.array, torch.tensor])
def test_whole_numbers_of_other_kinds_are_taken_and_become_plain(kind):
    layer = replace(LAYER, weight_bits=kind(4), exponent=kind(0), weights=[[kind(1), -2], [3, 7]])
    network = replace(NETWORK, steps=kind(4))
    seen = [layer.weight_bits, layer.exponent, layer.weights[0][0], network.steps]
    seen += [Format(kind(6), kind(2)).integer, replace(CODING, steps=kind(4)).steps]
    assert seen == [4, 0, 1, 4, 6, 4]
    assert {type(one) for one in seen} == {int}


@pytest.mark.parametrize(
    ("sizes", "steps", "message"),
    [
        ((8, 1), 65_531, "the trace of an inference of 65531 steps would be 262124 bytes"),
        ((40, 1), 13_106, None),
        ((41, 1), 13_107, "the input of an inference of 13107 steps would be 78642 bytes"),
        ((1, 16_400), 1, "the result of an inference of 1 steps would be 65618 bytes"),
        ((1, 16_000), 1, None),
        ((1, 16_000), 2, "the trace of an inference of 2 steps would be 128000 bytes"),
    ],
)
def test_what_no_frame_carries(sizes, steps, message):
    inputs, outputs = sizes
    layer = Layer(((0,) * outputs,) * inputs, 2, "li", {}, Format(6, 2))
    if message is None:
        assert Network((layer,), steps).steps == steps
        return
    whole = f"{message}, and a frame of the link carries 65531; take fewer steps or neurons"
    with pytest.raises(ValueError, match=f"^{re.escape(whole)}$"):
        Network((layer,), steps)


@pytest.mark.parametrize(
    ("inputs", "neurons"), [(65_536, 1), (1, 65_536), (2_049, 2_048)]
)
def test_a_layer_that_is_too_large(inputs, neurons):
    message = (
        f"weights has {inputs} rows of {neurons}; a layer has at most 65535 inputs, 65535 neurons "
        "and 4194304 weights"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Layer(((0,) * neurons,) * inputs, 2, "li", {}, Format(6, 2))


def test_a_network_has_at_most_64_layers():
    layer = Layer(((1,),), 2, "lif", {}, Format(6, 2))
    last = replace(layer, neuron="li", parameters={})
    assert len(Network((*[layer] * 63, last), 1).layers) == 64
    with pytest.raises(ValueError, match=r"^layers has 65 layers; a network has at most 64$"):
        Network((*[layer] * 64, last), 1)
