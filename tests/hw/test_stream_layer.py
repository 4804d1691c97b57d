# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Stream layer: its reference, the core in Amaranth's simulator, and what it refuses."""


import pytest

from spikewright_hw.engine.example import example_layer
from spikewright_hw.engine.row_layer import layer_start, layer_step
from spikewright_hw.engine.stream_layer import PRESETS, core, stream_layer_step
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer
from spikewright_hw.neuron import DEFINITIONS

LAYER = Layer(
    weights=((3, -2), (1, 1)),
    weight_bits=3,
    neuron="lif",
    parameters={"decay": 0.5, "threshold": 4},
    membrane=Format(4, 1),
)


def outputs(layer: Layer, streams: Streams, bitmaps: list[int]) -> list[dict]:
    """Give what the reference says of each step."""
    states = layer_start(layer)
    given = []
    for bitmap in bitmaps:
        rows = [row for row in range(len(layer.rows)) if bitmap >> row & 1]
        states, spikes = stream_layer_step(layer, states, rows, streams=streams)
        if DEFINITIONS[layer.neuron].spikes:
            given.append({"spikes": sum(bit << at for at, bit in enumerate(spikes))})
        else:
            given.append({"membranes": [state["v"] for state in states]})
    return given


@pytest.mark.parametrize("source", ["sobol", "van_der_corput", "counter"])
@pytest.mark.parametrize("encoding", ["sign_magnitude", "unipolar"])
def test_whole_periods_are_the_weights_themselves(source, encoding, rng):
    """A length that is full scale or more counts each bit of a weight as often as it says."""
    layer = example_layer(
        inputs=9, neurons=5, neuron="lif", weight_bits=5, membrane=Format(7, 3), exponent=1
    )
    streams = Streams(length=32, source=source, encoding=encoding)
    states = same = layer_start(layer)
    for _ in range(8):
        rows = [row for row in range(9) if rng.random() < 0.4]
        states, spikes = stream_layer_step(layer, states, rows, streams=streams)
        same, expected = layer_step(layer, same, rows)
        assert (states, spikes) == (same, expected)


@pytest.mark.parametrize("preset", PRESETS)
def test_core_follows_reference(preset, exchange, rng):
    dut = core(**PRESETS[preset])
    width = len(dut.layer.rows)
    bitmaps = [0, (1 << width) - 1, (1 << width) - 1, 0, 0, 1, 1 << (width - 1)]
    bitmaps += [rng.getrandbits(width) for _ in range(10)]
    given = exchange(dut, send={"i": bitmaps}, take={"o": len(bitmaps)}, stall=0.3)
    assert given["o"] == outputs(dut.layer, dut.streams, bitmaps)
