"""What every neuron core's testbench does: run it beside the definition on integers."""

import random
from collections import deque
from collections.abc import Mapping
from functools import cache
from typing import Any

import cocotb
import numpy as np
from amaranth.lib import data
from cocotb.triggers import FallingEdge

from spikewright.network import arrays
from spikewright_hw.definition import integers
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.component import NeuronCore

from .bench import Bench, whole
from .payload import unpack, width
from .scoreboard import Scoreboard

__all__ = ["driving", "follows_definition", "follows_definition_for_long"]

#: Steps of the long run, and those of a quick one; Icarus, which interprets, takes a tenth of them.
LONG, QUICK = 100_000, 20_000
#: Random steps under stalls, and those of a quick run: what they meet beyond corners is for the
#: long run, which has no stalls.
STALLED, STALLED_QUICK = 2_000, 500
#: Steps of each neuron between two resets in the long run.
RUN = 500
#: Steps for which random inputs keep their bounds.
BLOCK = 50
#: Steps within which a constant current is to make a neuron spike.
PATIENCE = 3000


class Definition:
    """The definition on integers, for the neurons that take turns in a core."""

    def __init__(self, core: NeuronCore):
        self._fixed = core.fixed
        self._names = list(core.fixed.definition.inputs)
        self._states = deque(integers.start(core.fixed) for _ in range(core.interleave))
        self.spikes = 0

    def step(self, payload: Any) -> dict[str, int]:
        """Take what one transfer of ``i`` holds; return what ``o`` owes for it."""
        inputs = payload if len(self._names) > 1 else {self._names[0]: payload}
        states, spike = integers.step(self._fixed, self._states.popleft(), inputs)
        self._states.append(states)
        self.spikes += spike
        return states | ({"spike": int(spike)} if self._fixed.definition.spikes else {})


def payload_of(core: NeuronCore, values: list[int]) -> Any:
    """Return a payload of ``i`` with these values of its inputs."""
    names = core.fixed.definition.inputs
    return values[0] if len(names) == 1 else dict(zip(names, values, strict=True))


def ends(form: Format) -> list[int]:
    """Return the stored values at which something may go wrong."""
    return [0, 1, -1, form.min, form.max, form.one, -form.one]


def corners(core: NeuronCore) -> list[Any]:
    """Ends of the range alone and together, runs into saturation, and a long silence."""
    form, count = core.fixed.format, len(core.fixed.definition.inputs)
    alone = [[value * (at == place) for at in range(count)] for value in ends(form)
             for place in range(count)]
    together = [[value] * count for value in ends(form)]
    runs = [[form.max] * count] * 12 + [[form.min] * count] * 12 + [[form.max] * count] * 6
    values = alone + together + runs + [[0] * count] * 60
    return [payload_of(core, row) for row in values for _ in range(core.interleave)]


def drawn(form: Format, count: int) -> np.ndarray:
    """Draw an input for ``count`` steps, a multiple of :data:`BLOCK`.

    Each block lies between two bounds, which are the ends of the range every other time. So some
    blocks are of one sign, and drive a neuron far. One value in 16 is a corner.
    """
    generator = np.random.default_rng(random.getrandbits(64))
    blocks = count // BLOCK
    bounds = generator.integers(form.min, form.max, (blocks, 2), endpoint=True)
    bounds >>= generator.integers(0, form.width, (blocks, 1))
    bounds[generator.random(blocks) < 0.5] = form.min, form.max
    bounds.sort()
    values = generator.integers(bounds[:, :1], bounds[:, 1:], (blocks, BLOCK), endpoint=True)
    corner = generator.choice(ends(form), values.shape)
    return np.where(generator.random(values.shape) < 1 / 16, corner, values).ravel()


def driving(fixed: FixedNeuron) -> tuple[int, int]:
    """Find a constant current that makes a neuron spike, and the steps that it takes.

    The current is the same at all inputs. It is searched for by doubling, from currents of one and
    both signs and none at all, first among those that spike soon; (0, 0) if there is none, or the
    neuron never spikes.
    """
    if not fixed.definition.spikes:
        return 0, 0
    form = fixed.format
    powers = [form.one << n for n in range(form.integer - 1)]
    powers += [form.one >> n for n in range(1, form.fraction + 1)]
    currents = [0] + [sign * size for size in powers for sign in (1, -1)] + [form.max, form.min]
    given = np.array(currents)[:, np.newaxis, np.newaxis]
    for steps in (PATIENCE // 10, PATIENCE):
        shape = (len(currents), steps, 1)
        inputs = {name: np.broadcast_to(given, shape) for name in fixed.definition.inputs}
        spikes = on_arrays(fixed, inputs)["spike"][:, :, 0]
        if spikes.any():
            first = np.where(spikes.any(axis=1), spikes.argmax(axis=1), steps)
            best = int(first.argmin())
            return currents[best], int(first[best]) + 1
    return 0, 0


@cache
def driven(core: NeuronCore) -> tuple[int, int]:
    """Return :func:`driving` of a core; it is searched for once for all tests of a simulation."""
    return driving(core.fixed)


async def follows_definition(dut: Any, *, stall_in: float, stall_out: float) -> None:
    """Check every state and spike against the definition, under random stalls.

    These are steps that make the neuron spike, corners, and :data:`STALLED` random ones with
    ``WHOLE=1`` in the environment, else :data:`STALLED_QUICK`.
    """
    bench = await Bench.start(dut)
    core = bench.component
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("step")
    definition = Definition(core)
    bench.monitor("i", scoreboard.expect_each(definition.step))
    bench.monitor("o", scoreboard.observe)
    count = STALLED if whole() else STALLED_QUICK
    columns = [drawn(core.fixed.format, count).tolist() for _ in core.fixed.definition.inputs]
    rows = [list(row) for row in zip(*columns, strict=True)]
    current, steps = driven(core)
    drive = [payload_of(core, [current] * len(columns))] * (steps * core.interleave)
    stimulus = drive + corners(core) + [payload_of(core, row) for row in rows]
    source.send(stimulus)
    owed = len(stimulus) - (core.interleave - 1)  # the last ones wait for those after them
    await bench.until(lambda: len(sink.received) == owed, cycles=20 * owed)
    if core.interleave == 1:
        scoreboard.check(at_least=owed)
    if core.fixed.definition.spikes:
        assert definition.spikes, "the stimulus never made it spike"


async def follows_definition_for_long(dut: Any) -> None:
    """Check every state and spike of many steps, a step a cycle, with resets in between.

    These are :data:`LONG` steps with ``WHOLE=1`` in the environment, and else :data:`QUICK`.
    What is owed is computed on arrays, and for the first run by the definition, too.
    """
    bench = await Bench.start(dut)
    core: NeuronCore = bench.component
    fixed, turns = core.fixed, core.interleave
    steps = LONG if whole() else QUICK
    steps //= 10 if cocotb.SIM_NAME.startswith("Icarus") else 1
    current, needed = driven(core)
    length = max(RUN, -(-needed // BLOCK) * BLOCK)  # of a run
    shape = (-(-steps // (length * turns)), length, turns)  # runs, steps, neurons
    count = shape[0] * length * turns
    inputs = {name: drawn(fixed.format, count).reshape(shape) for name in fixed.definition.inputs}
    for values in inputs.values():
        values[::8] = current  # whole runs of what makes it spike
    after = on_arrays(fixed, inputs)
    offered = core.o.payload.shape()
    payloads = packed(core.i.payload.shape(), inputs).reshape(shape[0], -1).tolist()
    owed = packed(offered, after).reshape(shape[0], -1).tolist()
    definition = Definition(core)
    first = zip(*(value[0].ravel().tolist() for value in inputs.values()), strict=True)
    for row, bits in zip(first, owed[0], strict=True):
        assert definition.step(payload_of(core, list(row))) == unpack(offered, bits)

    dut.o__ready.value = 1
    falling, valid, result, payload = (
        FallingEdge(dut.clk), dut.o__valid, dut.o__payload, dut.i__payload
    )
    for run in range(shape[0]):
        await bench.reset()
        dut.i__valid.value = 1
        for step in range(length * turns + turns):
            await falling
            if step >= turns:
                given, expected = int(result.value), owed[run][step - turns]
                assert valid.value and given == expected, (
                    f"run {run}, step {step - turns}: the core gave {unpack(offered, given)}, "
                    f"and the definition says {unpack(offered, expected)}"
                )
            if step < length * turns:
                payload.value = payloads[run][step]
        dut.i__valid.value = 0
    reached = ", ".join(
        f"{name} from {value.min()} to {value.max()} of {fixed.bounds.get(name, (0, 1))}"
        for name, value in after.items()
    )
    dut._log.info("%d steps equal; %s", count, reached)
    if fixed.definition.spikes:
        assert 0 < after["spike"].mean() < 1, "it spiked in every step, or in none"


def on_arrays(fixed: FixedNeuron, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return spikes and states after each step; arrays ``[runs, steps, neurons]``."""
    kind = np.int64 if fixed.widest() < 64 else object  # of Python's integers, which are slow
    runs, steps, neurons = next(iter(inputs.values())).shape
    inputs = {name: values.astype(kind) for name, values in inputs.items()}
    states = {
        name: np.full((runs, neurons), at, dtype=kind) for name, at in integers.start(fixed).items()
    }
    after = []
    for step in range(steps):
        given = {name: value[:, step] for name, value in inputs.items()}
        states, spiked = arrays.step(fixed, states, given, constants={})
        spike = {"spike": spiked.astype(np.int64)} if fixed.definition.spikes else {}
        after.append(spike | states)
    return {name: np.stack([step[name] for step in after], axis=1) for name in after[0]}


def packed(shape: Any, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the bits of payloads, as Python's integers, from arrays of their fields."""
    if isinstance(shape, data.Layout):
        fields = [(str(name), field.offset, field.width) for name, field in shape]
    else:
        fields = [(name, 0, width(shape)) for name in values]
    bits: Any = 0
    for name, offset, count in fields:
        bits = bits + ((values[name] & ((1 << count) - 1)).astype(object) << offset)
    return bits
