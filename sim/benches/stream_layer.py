"""Stream layer against its reference, bit by bit, under random stalls."""

import random
from typing import Any

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.layer_step import layer_start
from spikewright_hw.engine.stream_lane import blocks
from spikewright_hw.engine.stream_layer_step import stream_layer_step


def steps(rows: int) -> list[int]:
    """Return bitmaps without any spike, with all, with each alone, and random ones."""
    bitmaps = [0, (1 << rows) - 1, (1 << rows) - 1, 0, *(1 << bit for bit in range(rows))]
    for density in (0.1, 0.5, 0.9):
        for _ in range(5):
            bitmaps.append(sum((random.random() < density) << bit for bit in range(rows)))
    return bitmaps


class Model:
    """The layer's reference, fed with bitmaps as they pass."""

    def __init__(self, core: Any, scoreboard: Scoreboard):
        self.core = core
        self.scoreboard = scoreboard
        self.clear()

    def clear(self) -> None:
        self.states = layer_start(self.core.layer)

    def take(self, bitmap: int) -> None:
        layer = self.core.layer
        rows = [row for row in range(len(layer.rows)) if bitmap >> row & 1]
        self.states, spikes = stream_layer_step(
            layer, self.states, rows, streams=self.core.streams
        )
        if layer.fixed.definition.spikes:
            output = {"spikes": sum(bit << neuron for neuron, bit in enumerate(spikes))}
        else:
            output = {"membranes": [state["v"] for state in self.states]}
        self.scoreboard.expect(output)


def busy(core: Any, bitmap: int) -> int:
    """Return how many blocks a pass goes over."""
    rows = blocks(core.layer, lanes=core.lanes)
    if core.streams.encoding == "bipolar":
        return len(rows)
    return max(1, sum(any(bitmap >> row & 1 for row in block) for block in rows))


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.9]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    core = bench.component
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("step")
    bench.monitor("i", Model(core, scoreboard).take)
    bench.monitor("o", scoreboard.observe)
    sent = steps(len(core.layer.rows))
    source.send(sent)
    await bench.until(lambda: len(sink.received) == len(sent), cycles=50_000)
    scoreboard.check(at_least=len(sent))
    first = next(iter(sink.received[0].values()))
    assert any(next(iter(step.values())) != first for step in sink.received), "nothing happened"


@cocotb.test()
async def clear_starts_anew(dut):
    bench = await Bench.start(dut)
    source = bench.source("i")
    sink = bench.sink("o")
    scoreboard = Scoreboard("step")
    model = Model(bench.component, scoreboard)
    bench.monitor("i", model.take)
    bench.monitor("o", scoreboard.observe)
    sent = 0
    for _ in range(5):
        chosen = random.sample(steps(len(bench.component.layer.rows)), 4)
        source.send(chosen)
        sent += len(chosen)
        await bench.until(lambda awaited=sent: len(sink.received) == awaited)
        bench.write("clear", 1)
        await bench.cycles(1)
        bench.write("clear", 0)
        model.clear()
    scoreboard.check(at_least=sent)


@cocotb.test()
async def takes_a_pass_for_each_bit_of_a_stream(dut):
    bench = await Bench.start(dut)
    core = bench.component
    sent = steps(len(core.layer.rows))
    bench.source("i").send(sent)
    sink = bench.sink("o")
    await bench.until(lambda: len(sink.received) == 1)
    for number, bitmap in enumerate(sent[1:], 1):
        cycles = await bench.until(lambda seen=number: len(sink.received) > seen)
        assert bench.read("passes") == core.streams.length
        assert cycles == core.streams.length * busy(core, bitmap) + core.share + core.stages + 8
