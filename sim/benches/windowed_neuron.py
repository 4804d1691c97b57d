"""Windowed neuron against its definition, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.definition import integers
from spikewright_hw.stochastic.neuron.windowed_neuron import current

#: Windows of a run.
WINDOWS = 40


class Model:
    """Sums the counts that are taken; gives what is owed at the end of a window."""

    def __init__(self, core, scoreboard):
        self._core = core
        self._scoreboard = scoreboard
        self._window: list[int] = []
        self._states = integers.start(core.fixed)
        self.spikes = 0

    def __call__(self, count):
        self._window.append(count)
        if len(self._window) < self._core.length:
            return
        fixed = self._core.fixed
        (name,) = fixed.definition.inputs
        given = current(sum(self._window), shift=self._core.shift, format=fixed.format)
        self._window.clear()
        self._states, spike = integers.step(fixed, self._states, {name: given})
        self.spikes += spike
        self._scoreboard.expect({**self._states, "spike": int(spike)})


def drawn(bench) -> list[int]:
    """Draw counts whose bounds differ from window to window: any, the ends alone, positive ones."""
    width, length = bench.parameters["count_width"], bench.parameters["length"]
    least, most = -(1 << (width - 1)), (1 << (width - 1)) - 1
    bounds = [(least, most), (most, most), (least, least), (0, most), (0, 1)]
    return [random.randint(*bounds[k % 5]) for k in range(WINDOWS) for _ in range(length)]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.9]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("step")
    model = Model(bench.component, scoreboard)
    bench.monitor("i", model)
    bench.monitor("o", scoreboard.observe)
    source.send(drawn(bench))
    await bench.until(lambda: len(sink.received) == WINDOWS, cycles=40_000)
    scoreboard.check(at_least=WINDOWS)
    assert 0 < model.spikes < WINDOWS


@cocotb.test()
async def one_count_a_cycle(dut):
    """Windows follow each other without a pause, and the result comes two cycles after the last."""
    bench = await Bench.start(dut)
    sink = bench.sink("o")
    counts = drawn(bench)
    bench.source("i").send(counts)
    cycles = await bench.until(lambda: len(sink.received) == WINDOWS, cycles=40_000)
    assert cycles <= len(counts) + 5, f"{len(counts)} counts took {cycles} cycles"


@cocotb.test()
async def valid_before_ready(dut):
    """Two windows end inside, and no count of a third that ends is taken."""
    bench = await Bench.start(dut)
    length = bench.parameters["length"]
    source = bench.source("i")
    source.send([1] * (4 * length))
    await bench.until(lambda: bool(dut.o__valid.value), cycles=length + 5)
    await bench.cycles(3 * length)
    assert source.pending == length + 1
