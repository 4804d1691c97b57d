"""Map layer against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.layer_step import graded_events, layer_start, layer_step
from spikewright_hw.engine.map_layer import worst_step_cycles
from spikewright_hw.engine.taps import event_taps
from spikewright_hw.engine.weight_image import pack_row
from spikewright_hw.engine.word_neurons import given_width
from spikewright_hw.engine.word_scan import scan_words
from spikewright_hw.layer import Layer


def steps(layer: Layer) -> list[list[int]]:
    """Bitmaps for each plane of a step: empty ones, full ones, each input alone, random ones."""
    full = (1 << layer.inputs) - 1
    bitmaps = [0, full, full, 0, 0, *(1 << at for at in range(0, layer.inputs, 5))]
    for density in (0.05, 0.2, 0.6):
        for _ in range(8):
            bitmaps.append(sum((random.random() < density) << at for at in range(layer.inputs)))
    return [
        [*(random.choice(bitmaps) for _ in range(layer.input_bits - 1)), bitmap]
        for bitmap in bitmaps
    ]


def taps(layer: Layer, planes: list[int]) -> list[dict[str, int]]:
    connection = layer.connection
    events = [event for spikes in planes for event in scan_words(connection.source, [spikes])]
    return [tap._asdict() for tap in event_taps(connection, events)]


class Model:
    """The layer's reference, step by step."""

    def __init__(self, layer: Layer):
        self.layer = layer
        self.clear()

    def clear(self) -> None:
        self.states = layer_start(self.layer)

    def step(self, planes: list[int]) -> list[int]:
        """Return the words of spikes, or of membranes, that a step gives."""
        layer = self.layer
        events = [[at for at in range(layer.inputs) if plane >> at & 1] for plane in planes]
        self.states, given = layer_step(layer, self.states, graded_events(events))
        lanes, width = layer.connection.lanes, given_width(layer)
        if not layer.definition.spikes:
            given = [state["v"] for state in self.states]
        return [
            pack_row(tuple(given[at : at + lanes]), width) for at in range(0, layer.neurons, lanes)
        ]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.7]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    layer = bench.component.layer
    model, scoreboard = Model(layer), Scoreboard("word")
    sent = steps(layer)
    for planes in sent:
        for word in model.step(planes):
            scoreboard.expect(word)
    bench.source("i", pause=stall_in).send(tap for planes in sent for tap in taps(layer, planes))
    sink = bench.sink("o", pause=stall_out)
    bench.monitor("o", scoreboard.observe)
    total = len(sent) * layer.connection.words
    await bench.until(lambda: len(sink.received) == total, cycles=60_000)
    scoreboard.check(at_least=total)
    assert any(sink.received), "nothing happened"


@cocotb.test()
async def clear_starts_anew(dut):
    bench = await Bench.start(dut)
    layer = bench.component.layer
    model, scoreboard = Model(layer), Scoreboard("word")
    source, sink = bench.source("i"), bench.sink("o")
    bench.monitor("o", scoreboard.observe)
    total = 0
    for _ in range(4):
        chosen = random.sample(steps(layer), 4)
        for planes in chosen:
            for word in model.step(planes):
                scoreboard.expect(word)
        source.send(tap for planes in chosen for tap in taps(layer, planes))
        total += len(chosen) * layer.connection.words
        await bench.until(lambda awaited=total: len(sink.received) == awaited, cycles=20_000)
        bench.write("clear", 1)
        await bench.cycles(1)
        bench.write("clear", 0)
        model.clear()
    scoreboard.check(at_least=total)


@cocotb.test()
async def takes_a_cycle_for_each_tap_and_each_word(dut):
    bench = await Bench.start(dut)
    layer, stages, share = (
        getattr(bench.component, name) for name in ("layer", "stages", "turns")
    )
    full = [(1 << layer.inputs) - 1] * layer.input_bits
    bench.source("i").send(tap for _ in range(4) for tap in taps(layer, full))
    sink = bench.sink("o")
    words = layer.connection.words
    await bench.until(lambda: len(sink.received) == words)
    cycles = await bench.until(lambda: len(sink.received) == 4 * words)
    assert cycles == 3 * worst_step_cycles(layer, stages=stages, share=share)
