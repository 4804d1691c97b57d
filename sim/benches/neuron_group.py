"""Neuron group against the layer's reference: rows in any order, updates, and clears."""

import random

import cocotb

from bench import Bench
from spikewright_hw.engine.layer_step import graded_events, layer_start, layer_step


class Model:
    """The layer's reference in integers, of which the group has some neurons."""

    def __init__(self, bench: Bench):
        self.bench = bench
        self.layer = bench.component.layer
        self.numbers = sorted(set(bench.component.numbers))  # the padding repeats the last one
        self.width = len(bench.component.o) // len(bench.component.numbers)
        self.clear()

    def clear(self) -> None:
        self.states = layer_start(self.layer)

    def step(self, rows: list[int]) -> int:
        """Make a step; return what the group owes of it."""
        self.states, spikes = layer_step(self.layer, self.states, rows)
        if self.layer.fixed.definition.spikes:
            given = [spikes[number] for number in self.numbers]
        else:
            given = [self.states[number]["v"] for number in self.numbers]
        mask = (1 << self.width) - 1
        return sum((value & mask) << (at * self.width) for at, value in enumerate(given))

    def some_rows(self) -> list[int]:
        """Draw rows: any, or those that excite one of the group's neurons."""
        rows = range(len(self.layer.rows))
        if random.random() < 0.5:
            density = random.choice((0, 0.2, 0.5, 1))
            drawn = [row for row in rows if random.random() < density]
        else:
            number = random.choice(self.numbers)
            drawn = [row for row in rows if self.layer.rows[row][number] > 0]
        return random.sample(drawn, len(drawn))

    def some_planes(self) -> list[list[int]]:
        """Draw the rows of a step's bit planes; the layer's own neurons are in the last."""
        before = [
            [row for row in self.some_rows() if row < self.layer.inputs]
            for _ in range(self.layer.input_bits - 1)
        ]
        return [*before, self.some_rows()]

    def seen(self) -> int:
        """Return the group's output, without that of its padding neurons."""
        return self.bench.read("o") & ((1 << (self.width * len(self.numbers))) - 1)


async def add(bench: Bench, row: int | None, *, close: bool, twice: bool) -> None:
    """Bring a row of weights to the sums, or zeros; the padding neurons get anything."""
    core, layer = bench.component, bench.component.layer
    most = (1 << (layer.weight_bits - 1)) - 1
    there = sorted(set(core.numbers))
    weights = [0 if row is None else layer.rows[row][number] for number in there]
    padding = [random.randint(-most, most) for _ in range(len(core.numbers) - len(there))]
    bench.write("addends", weights + padding)
    bench.write("own", row is not None and row >= layer.inputs)
    bench.write("accumulate", 1)
    bench.write("close", close)
    bench.write("twice", twice)
    await bench.cycles(1)
    for name in ("accumulate", "close", "twice"):
        bench.write(name, 0)


async def bring(bench: Bench, planes: list[list[int]], *, pause: float) -> None:
    """Bring the rows of a step, and double the sums between its planes; close the step."""
    events: list[tuple[int | None, bool]] = []
    for number, rows in enumerate(planes):
        begins = [number > 0] + [False] * len(rows)
        events += zip(rows or [None], begins, strict=False)
    if random.random() < 0.5:
        events.append((None, False))
    for at, (row, twice) in enumerate(events):
        while random.random() < pause:
            bench.write("addends", [random.choice((0, 1)) for _ in bench.component.numbers])
            await bench.cycles(1)
        await add(bench, row, close=at == len(events) - 1, twice=twice)


async def update(bench: Bench) -> None:
    """Go through an update, with addends that are not to be added."""
    for turn in range(len(bench.component.numbers) + bench.component.stages - 1):
        bench.write("update", 1)
        bench.write("turn", turn)
        await bench.cycles(1)
    bench.write("update", 0)
    bench.write("turn", 0)


@cocotb.test()
@cocotb.parametrize(pause=[0.0, 0.5])
async def matches_reference(dut, pause):
    bench = await Bench.start(dut)
    model = Model(bench)
    given: list[set[int]] = [set() for _ in model.numbers]
    for number in range(150):
        planes = model.some_planes()
        await bring(bench, planes, pause=pause)
        await update(bench)
        await bench.cycles(1 + (random.random() < pause))
        expected = model.step(graded_events(planes))
        assert model.seen() == expected, f"step {number} of rows {planes}"
        for at, values in enumerate(given):
            values.add(expected >> (at * model.width) & ((1 << model.width) - 1))
        if random.random() < 0.1:
            bench.write("clear", 1)
            await bench.cycles(1)
            bench.write("clear", 0)
            model.clear()
    assert all(len(values) > 1 for values in given), "a neuron gave the same in each step"
