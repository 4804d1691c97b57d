"""What the testbench of every engine does: a whole network under random stalls."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge

from spikewright.device.load_payloads import load_payloads
from spikewright_hw.engine.record import Result, Trace, pack_trace
from spikewright_hw.engine.trace_address import trace_places
from spikewright_hw.engine.weight_image import weight_images
from spikewright_hw.engine.words import words_of
from spikewright_hw.network import Network

from .bench import Bench

__all__ = [
    "Reference", "loads_the_next_sample_at_once", "matches_reference", "starts_anew_after_a_reset",
]

#: Gives the result and the trace of an engine's inference, from the bitmaps of its input.
Reference = Callable[[Any, Sequence[int]], tuple[Result, Trace]]

#: Of the inputs that spike in a step.
DENSITIES = (0, 0.1, 0.5, 1)


def draw(network: Network, density: float) -> list[int]:
    """Draw the bitmaps of one inference."""
    return [
        sum((random.random() < density) << bit for bit in range(network.inputs))
        for _ in range(network.planes)
    ]


def as_result(payload: dict[str, Any]) -> Result:
    """Return a payload of the output as the reference has it."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in payload.items()
    }
    return Result(**fields)


async def read_trace(bench: Bench) -> bytes:
    """Read the trace byte by byte: each comes a cycle after its address."""
    trace = []
    for place in trace_places(bench.component.network):
        bench.write("trace_address", place)
        await bench.cycles(2)
        trace.append(bench.read("trace_data"))
    return bytes(trace)


async def follow_cycles(dut: Any, cycles: list[int]) -> None:
    """Append, for each inference, the cycles from its last input to its result."""
    since, offered = 0, False
    while True:
        await RisingEdge(dut.clk)
        since += 1
        if dut.i__valid.value and dut.i__ready.value:
            since = 0
        if dut.o__valid.value and not offered:
            cycles.append(since - 1)
        offered = bool(dut.o__valid.value)


async def started(dut: Any) -> Bench:
    """Start a bench, and store the weights of an engine whose weights are loaded."""
    bench = await Bench.start(dut)
    engine = bench.component
    if engine.loaded:
        source = bench.source("i_weights", pause=0.3)
        for payload in load_payloads(weight_images(engine.network, banks=engine.banks)):
            source.send(
                {"data": byte, "last": at == len(payload) - 1} for at, byte in enumerate(payload)
            )
        await bench.until(lambda: source.pending == 0)
        await bench.cycles(5)
        assert bench.read("weights_not_kept") == 0
    return bench


async def matches_reference(
    dut: Any,
    reference: Reference,
    worst_cycles: Callable[[Any], int],
    *,
    stall_in: float,
    stall_out: float,
) -> None:
    """Check results, cycles and traces, of inferences without a spike to those with all."""
    bench = await started(dut)
    engine = bench.component
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    bench.monitor("o", lambda _: None)  # an offer stands until it is taken
    cycles: list[int] = []
    cocotb.start_soon(follow_cycles(dut, cycles))
    spikes = 0
    samples = [draw(engine.network, density) for density in 2 * DENSITIES]
    for number, bitmaps in enumerate(samples):
        source.send(words_of(bitmaps, engine.words))
        await bench.until(lambda awaited=number + 1: len(sink.received) == awaited)
        expected, trace = reference(engine, bitmaps)
        result = as_result(sink.received[number])
        assert result == replace(expected, cycles=cycles[number])
        assert result.cycles <= worst_cycles(engine)
        assert await read_trace(bench) == pack_trace(engine.network, trace)
        spikes += sum(result.spikes)
    assert spikes > 0, "no hidden neuron ever spiked"
    assert len(sink.received) == len(cycles) == len(samples)


async def loads_the_next_sample_at_once(dut: Any, reference: Reference) -> None:
    """Check that an eager source and an eager sink run one inference after another."""
    bench = await started(dut)
    samples = [draw(bench.component.network, density) for density in 3 * DENSITIES]
    source = bench.source("i")
    sink = bench.sink("o")
    for bitmaps in samples:
        source.send(words_of(bitmaps, bench.component.words))
    await bench.until(lambda: len(sink.received) == len(samples))
    for bitmaps, received in zip(samples, sink.received, strict=True):
        expected, _ = reference(bench.component, bitmaps)
        assert replace(as_result(received), cycles=0) == expected


async def starts_anew_after_a_reset(dut: Any, reference: Reference) -> None:
    """Check that a reset while inputs are loaded, or while it runs, leaves nothing behind."""
    bench = await started(dut)
    network, words = bench.component.network, bench.component.words
    source = bench.source("i")
    sink = bench.sink("o")
    planes = network.planes
    for loaded, cycles in ((1, 1), (planes, 1), (planes, 7), (planes, 20)):
        source.send(words_of(draw(network, 0.5)[:loaded], words))
        await bench.until(lambda: source.pending == 0)
        await bench.cycles(cycles)
        await bench.reset()
        received = len(sink.received)
        source.send(words_of(bitmaps := draw(network, 0.5), words))
        await bench.until(lambda seen=received: len(sink.received) > seen)
        expected, _ = reference(bench.component, bitmaps)
        assert replace(as_result(sink.received[received]), cycles=0) == expected
