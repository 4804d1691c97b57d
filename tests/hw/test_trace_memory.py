# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

"""Trace memory: what the layers gave is read back, byte by byte, in the order of the record."""

import random

import pytest

from spikewright_hw.emit import as_rtlil
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.record import Trace, pack_trace, trace_step_bytes
from spikewright_hw.engine.trace_address import trace_address, trace_places
from spikewright_hw.engine.trace_memory import PRESETS, TraceMemory, core
from spikewright_hw.engine.words import Words, leaving_words, words_of
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

from .simulation import Simulator

#: Inputs, layers and outputs; steps; membrane: one byte and more, one step, no hidden layer.
NETWORKS = [
    ((1, 3), 1, Format(2, 1)),
    ((1, 8, 1), 2, Format(16, 16)),
    ((2, 9, 2), 3, Format(5, 3)),
    ((1, 3, 17, 2), 5, Format(4, 4)),
]


def draw(network: Network, rng) -> Trace:
    width = network.layers[-1].fixed.formats["v"].width
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    steps, membranes = range(network.steps), 0 if network.reads_spikes else network.outputs
    return Trace(
        spikes=tuple(
            tuple(tuple(rng.getrandbits(1) for _ in range(layer.neurons)) for _ in steps)
            for layer in network.spiking
        ),
        membranes=tuple(
            tuple(rng.choice((low, -1, 0, high)) for _ in range(membranes)) for _ in steps
        ),
    )


def run(dut: TraceMemory, traces: list[Trace]) -> list[bytes]:
    """Return inferences, the layers one after the other; read each whole before the next."""
    network = dut.network
    read: list[bytes] = []

    async def testbench(ctx):
        for trace in traces:
            for number, layer in enumerate(network.layers):
                port = getattr(dut, f"layer_{number}")
                ctx.set(port.valid, 1)
                for step in range(network.steps):
                    if layer not in network.spiking:
                        bits = leaving_words(network)[number].bits
                        for at in range(0, layer.neurons, bits):
                            word = trace.membranes[step][at : at + bits]
                            ctx.set(port.payload, {"membranes": list(word)})
                            await ctx.tick()
                        continue
                    bitmap = sum(bit << at for at, bit in enumerate(trace.spikes[number][step]))
                    for word in words_of([bitmap], leaving_words(network)[number]):
                        ctx.set(port.payload.spikes, word)
                        await ctx.tick().until(port.ready)
                ctx.set(port.valid, 0)
                await ctx.tick().repeat(2)  # what is over of a last word is written
            found = bytearray()
            for place in trace_places(network):
                ctx.set(dut.address, place)
                await ctx.tick()
                found.append(ctx.get(dut.data))
            read.append(bytes(found))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return read


@pytest.mark.parametrize(("sizes", "steps", "membrane"), NETWORKS)
def test_the_last_inference_is_read_back(sizes, steps, membrane, rng):
    network = example_network(sizes=sizes, steps=steps, weight_bits=3, membrane=membrane)
    traces = [draw(network, rng) for _ in range(4)]
    read = run(TraceMemory(network=network), traces)
    assert read == [pack_trace(network, trace) for trace in traces]


@pytest.mark.parametrize("preset", ["map_w3_n6_t2", "map_w9_n2_t3"])
def test_maps_are_read_back(preset, rng):
    dut = core(**PRESETS[preset])
    traces = [draw(dut.network, rng) for _ in range(4)]
    assert run(dut, traces) == [pack_trace(dut.network, trace) for trace in traces]


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 6])
def test_membranes_that_come_in_words_are_read_back(lanes, rng):
    dut = core(
        sizes=(2, 5, 12), steps=3, weight_bits=3, membrane=Format(7, 4), fold=(5, lanes)
    )
    assert leaving_words(dut.network)[-1] == Words(bits=lanes, count=12 // lanes)
    traces = [draw(dut.network, rng) for _ in range(3)]
    assert run(dut, traces) == [pack_trace(dut.network, trace) for trace in traces]
    assert "layer_1__ready" not in as_rtlil(dut, name="trace")


def test_a_stream_that_is_always_ready_has_no_such_port():
    text = as_rtlil(core(**PRESETS["n9_3_t3"]), name="trace")
    assert "layer_0__valid" in text and "layer_0__ready" not in text
    text = as_rtlil(core(**PRESETS["map_w3_n6_t2"]), name="trace")
    assert "layer_0__ready" in text and "layer_1__ready" not in text


def test_every_field_of_a_place_has_a_bit():
    # A step of one byte, and one step: Verilog has no vector of no bits.
    network = example_network(
        sizes=(2, 8), steps=1, weight_bits=2, membrane=Format(2, 1), readout="count"
    )
    assert trace_step_bytes(network) == 1
    assert [field.width for _, field in trace_address(network)] == [1, 1]
    trace = draw(network, random.Random(0))
    assert run(TraceMemory(network=network), [trace]) == [pack_trace(network, trace)]


def test_an_unknown_ram_style_is_refused():
    network = example_network(sizes=(1, 2), steps=1, weight_bits=2, membrane=Format(2, 1))
    with pytest.raises(ValueError, match=r"^ram_style is 'fast'; there are auto, block$"):
        TraceMemory(network=network, ram_style="fast")  # pyright: ignore[reportArgumentType]
