"""Row layer against its reference, under random stalls."""

import random
from typing import Any

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.bank_scan import bank_events
from spikewright_hw.engine.dealing import row_of
from spikewright_hw.engine.layer_step import graded_events, layer_start, layer_step
from spikewright_hw.engine.row_layer import RowLayer
from spikewright_hw.engine.scan import scan_events
from spikewright_hw.network import Layer


def events(bitmap: int, layer: Layer, banks: int) -> list[dict]:
    """Return the events of a bitmap, in so many banks."""
    if banks == 1:
        return [
            {"row": row, "spike": spike, "last": last} for row, spike, last in scan_events(bitmap)
        ]
    return [
        {"places": places, "spikes": spikes, "last": last}
        for places, spikes, last in bank_events(bitmap, width=len(layer.rows), banks=banks)
    ]


def rows_of(event: dict, banks: int) -> list[int]:
    """Return the rows that an event reads."""
    if banks == 1:
        return [event["row"]] * event["spike"]
    return [
        row_of(bank, place, banks=banks)
        for bank, place in enumerate(event["places"]) if event["spikes"] >> bank & 1
    ]


def steps(core: RowLayer) -> list[list[dict]]:
    """Events of steps without any row, with all, with each alone, and with random ones.

    Before the last bit plane of graded inputs come others, without rows of the layer's own neurons.
    """
    layer = core.layer
    rows = len(layer.rows)
    bitmaps = [0, (1 << rows) - 1, (1 << rows) - 1, 0, *(1 << bit for bit in range(rows))]
    for density in (0, 0.1, 0.5, 1):
        for _ in range(25):
            bitmaps.append(sum((random.random() < density) << bit for bit in range(rows)))
    of_inputs = (1 << layer.inputs) - 1
    before = [
        [random.choice(bitmaps) & of_inputs for _ in range(layer.input_bits - 1)] for _ in bitmaps
    ]
    return [
        [
            event for plane in [*planes, bitmap] for event in events(plane, layer, core.banks)
        ]
        for planes, bitmap in zip(before, bitmaps, strict=True)
    ]


class Model:
    """The layer's reference, fed with events as they pass."""

    def __init__(self, core: RowLayer, scoreboard: Scoreboard):
        self.layer, self.banks = core.layer, core.banks
        self.scoreboard = scoreboard
        self.clear()

    def clear(self) -> None:
        self.states = layer_start(self.layer)
        self.planes: list[list[int]] = [[]]

    def take(self, event: dict) -> None:
        self.planes[-1] += rows_of(event, self.banks)
        if event["last"]:
            self.planes.append([])
        if len(self.planes) > self.layer.input_bits:
            heard = graded_events(self.planes[:-1])
            self.states, spikes = layer_step(self.layer, self.states, heard)
            self.planes = [[]]
            self.scoreboard.expect(self.output(spikes))

    def output(self, spikes: tuple[int, ...]) -> dict[str, Any]:
        if self.layer.fixed.definition.spikes:
            return {"spikes": sum(bit << neuron for neuron, bit in enumerate(spikes))}
        return {"membranes": [state["v"] for state in self.states]}


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.9]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("step")
    bench.monitor("i", Model(bench.component, scoreboard).take)
    bench.monitor("o", scoreboard.observe)
    sent = steps(bench.component)
    source.send(event for step in sent for event in step)
    await bench.until(lambda: len(sink.received) == len(sent))
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
        chosen = random.sample(steps(bench.component), 6)
        source.send(event for step in chosen for event in step)
        sent += len(chosen)
        await bench.until(lambda awaited=sent: len(sink.received) == awaited)
        bench.write("clear", 1)
        await bench.cycles(1)
        bench.write("clear", 0)
        model.clear()
    scoreboard.check(at_least=sent)


@cocotb.test()
async def takes_a_cycle_for_each_event_or_each_turn(dut):
    bench = await Bench.start(dut)
    sent = steps(bench.component)
    bench.source("i").send(event for step in sent for event in step)
    sink = bench.sink("o")
    await bench.until(lambda: len(sink.received) == 1)
    cycles = await bench.until(lambda: len(sink.received) == len(sent))
    # A step is closed with its last event, once the step before has had its turns, which begin when
    # the output before is taken.
    turns = bench.component.share + bench.component.stages - 1
    closed, offered = 0, turns + 1
    for step in sent[1:]:
        closed = max(closed + len(step), offered)
        offered = max(closed, offered) + 1 + turns
    assert cycles == offered - (turns + 1)
