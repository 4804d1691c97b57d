"""What every neuron core's testbench does: run it beside the definition on integers."""

import random
from typing import Any

from spikewright_hw.definition import integers
from spikewright_hw.fixed import Format

from .bench import Bench
from .scoreboard import Scoreboard

__all__ = ["follows_definition"]


def currents(format: Format) -> list[int]:
    """Corners, runs that drive the membrane into saturation, and random currents of all sizes."""
    corners = [0, 1, -1, format.min, format.max, format.one, -format.one]
    driven = [format.max] * 8 + [format.min] * 8 + [format.max] * 4
    full = [random.randint(format.min, format.max) for _ in range(1000)]
    small = [random.randint(-format.one, format.one) for _ in range(1000)]
    return corners + driven + full + small


async def follows_definition(dut: Any, *, stall_in: float, stall_out: float) -> None:
    """Check every state and spike of 2,000 steps against the definition, under random stalls."""
    bench = await Bench.start(dut)
    core = bench.component
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("step")
    states = integers.start(core.definition)

    def expect(current: int) -> dict[str, int]:
        nonlocal states
        states, spike = integers.step(
            core.definition, states, current, parameters=core.parameters, format=core.format
        )
        return states | ({"spike": int(spike)} if core.definition.spikes else {})

    bench.monitor("i", scoreboard.expect_each(expect))
    bench.monitor("o", scoreboard.observe)
    stimulus = currents(core.format)
    source.send(stimulus)
    await bench.until(lambda: len(sink.received) == len(stimulus), cycles=20 * len(stimulus))
    scoreboard.check(at_least=len(stimulus))
    if core.definition.spikes:
        assert any(step["spike"] for step in sink.received), "the stimulus never made it spike"
