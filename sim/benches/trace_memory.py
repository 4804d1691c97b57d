"""Trace memory against the record of an inference: whole inferences, read back byte by byte."""

import random
from typing import Any

import cocotb

from bench import Bench
from spikewright_hw.engine.record import Trace, pack_trace
from spikewright_hw.engine.trace_address import trace_places
from spikewright_hw.engine.words import leaving_words, words_of
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


def payloads(network: Network, trace: Trace, number: int) -> list[dict[str, Any]]:
    """Return what a layer gives in an inference: words of spikes, or lists of membranes."""
    layer = network.layers[number]
    if layer not in network.spiking:
        bits = leaving_words(network)[number].bits
        return [
            {"membranes": list(membranes[at : at + bits])}
            for membranes in trace.membranes for at in range(0, layer.neurons, bits)
        ]
    bitmaps = [
        sum(bit << neuron for neuron, bit in enumerate(spikes)) for spikes in trace.spikes[number]
    ]
    return [{"spikes": word} for word in words_of(bitmaps, leaving_words(network)[number])]


def noise(network: Network, number: int) -> dict[str, Any]:
    """Draw a payload that is not valid."""
    layer, bits = network.layers[number], leaving_words(network)[number].bits
    if layer in network.spiking:
        return {"spikes": random.getrandbits(bits)}
    width = layer.fixed.formats["v"].width - 1
    return {"membranes": [random.getrandbits(width) for _ in range(bits)]}


async def give(bench: Bench, trace: Trace) -> None:
    """Return an inference as the layers do: each at its own pace, with noise in between."""
    network = bench.component.network
    places = list(trace_places(network))
    counts = [words.count for words in leaving_words(network)]
    left = [payloads(network, trace, number) for number, _ in enumerate(network.layers)]
    offered = [False] * len(left)
    while any(left):
        for number, rest in enumerate(left):
            # No layer begins a step before the layer before it has ended it.
            steps = [-(-len(one) // count) for one, count in zip(left, counts, strict=True)]
            begins = len(rest) % counts[number] == 0
            ahead = number and begins and steps[number] <= steps[number - 1]
            if rest and not offered[number]:
                offered[number] = not ahead and random.random() < 0.5
            payload = rest[0] if offered[number] else noise(network, number)
            bench.write(f"layer_{number}__payload", payload)
            bench.write(f"layer_{number}__valid", offered[number])
        bench.write("address", random.choice(places))
        await bench.cycles(1)
        for number, rest in enumerate(left):
            if offered[number] and taken(bench, number):
                del rest[0]
                offered[number] = False
    for number, _ in enumerate(left):
        bench.write(f"layer_{number}__valid", 0)
    await bench.cycles(2)


def taken(bench: Bench, number: int) -> bool:
    """Return whether what was offered to a layer's port was taken at the last clock edge."""
    ready = getattr(bench.dut, f"layer_{number}__ready", None)
    return ready is None or bool(ready.value)


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
