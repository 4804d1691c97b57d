"""Trace memory against the record of an inference: whole inferences, read back byte by byte."""

import random

import cocotb

from bench import Bench
from spikewright_hw.engine.record import Trace, pack_trace
from spikewright_hw.engine.trace_address import trace_places
from spikewright_hw.network import Network


def draw(network: Network) -> Trace:
    """Draw what the layers of a network give in an inference, the ends of the range included."""
    readout, membranes = network.layers[-1], 0 if network.reads_spikes else network.outputs
    width = readout.fixed.formats["v"].width
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    return Trace(
        spikes=tuple(
            tuple(
                tuple(random.getrandbits(1) for _ in range(layer.neurons))
                for _ in range(network.steps)
            )
            for layer in network.spiking
        ),
        membranes=tuple(
            tuple(
                random.choice((low, -1, 0, high, random.randint(low, high)))
                for _ in range(membranes)
            )
            for _ in range(network.steps)
        ),
    )


async def give(bench: Bench, trace: Trace) -> None:
    """Return an inference as the layers do: each at its own pace, with noise in between."""
    network = bench.component.network
    given, places = [0] * len(network.layers), list(trace_places(network))
    while min(given) < network.steps:
        for number, layer in enumerate(network.layers):
            # No layer is ahead of the layer before it.
            ahead = number and given[number] == given[number - 1]
            step = given[number]
            there = step < network.steps and not ahead and random.random() < 0.5
            if layer not in network.spiking:
                width = layer.fixed.formats["v"].width - 1
                noise = [random.getrandbits(width) for _ in range(layer.neurons)]
                payload = {"membranes": list(trace.membranes[step]) if there else noise}
            else:
                bits = random.getrandbits(layer.neurons)
                if there:
                    spikes = trace.spikes[number][step]
                    bits = sum(bit << neuron for neuron, bit in enumerate(spikes))
                payload = {"spikes": bits}
            bench.write(f"layer_{number}__payload", payload)
            bench.write(f"layer_{number}__valid", there)
            given[number] += there
        bench.write("address", random.choice(places))
        await bench.cycles(1)
    for number, _ in enumerate(network.layers):
        bench.write(f"layer_{number}__valid", 0)


async def read(bench: Bench, places: list[dict[str, int]]) -> bytes:
    """Read bytes, a place in each cycle; the byte comes a cycle later."""
    found = []
    for place in [*places, places[0]]:
        bench.write("address", place)
        await bench.cycles(1)
        found.append(bench.read("data"))
    return bytes(found[1:])


@cocotb.test()
async def gives_back_the_last_inference(dut):
    bench = await Bench.start(dut)
    network = bench.component.network
    places = list(trace_places(network))
    for _ in range(20):
        trace = draw(network)
        await give(bench, trace)
        expected = pack_trace(network, trace)
        assert await read(bench, places) == expected
        order = random.choices(range(len(places)), k=2 * len(places))
        found = await read(bench, [places[at] for at in order])
        assert found == bytes(expected[at] for at in order)


@cocotb.test()
async def begins_with_the_first_step_after_a_reset(dut):
    bench = await Bench.start(dut)
    network = bench.component.network
    for number, _ in enumerate(network.layers):
        bench.write(f"layer_{number}__valid", 1)
    await bench.cycles(1)
    for number, _ in enumerate(network.layers):
        bench.write(f"layer_{number}__valid", 0)
    await bench.reset()
    trace = draw(network)
    await give(bench, trace)
    found = await read(bench, list(trace_places(network)))
    assert found == pack_trace(network, trace)
