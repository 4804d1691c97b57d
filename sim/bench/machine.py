"""What the testbench of every state machine on bitstreams does."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from .bench import Bench
from .payload import unpack, width
from .scoreboard import Scoreboard

__all__ = ["follows_step"]

#: Of a state and what is taken: the next state, and what is owed.
Step = Callable[[Any, Any], tuple[Any, Any]]


def lanes_of(step: Callable[[Any, Any, int], tuple[Any, int]], lanes: int) -> Step:
    """Return the step of all lanes, each with its own state, of ``step(state, taken, lane)``."""

    def stepped(states: Sequence[Any], taken: Any) -> tuple[list[Any], int]:
        pairs = [step(state, taken, lane) for lane, state in enumerate(states)]
        return [state for state, _ in pairs], sum(bit << k for k, (_, bit) in enumerate(pairs))

    return stepped


def drawn(bits: int) -> list[int]:
    """Draw words in blocks of one bias each, so that machines are driven to both ends."""
    words = []
    for bias in (0.5, 0.9, 0.1, 1.0, 0.0, 0.7, 0.3):
        for _ in range(60):
            words.append(sum((random.random() < bias) << bit for bit in range(bits)))
    return words


async def follows_step(
    dut: Any,
    step: Callable[[Any, Any, int], tuple[Any, int]],
    *,
    start: Any,
    stall_in: float,
    stall_out: float,
) -> None:
    """Check every lane against ``step(state, taken, lane)``, under random stalls, and a reset."""
    bench = await Bench.start(dut)
    lanes = bench.component.lanes
    stepped = lanes_of(step, lanes)
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("bits")
    states = [start] * lanes

    def expect(taken: Any) -> None:
        nonlocal states
        states, owed = stepped(states, taken)
        scoreboard.expect(owed)

    bench.monitor("i", expect)
    bench.monitor("o", scoreboard.observe)
    shape = bench.component.i.payload.shape()
    for run in (1, 2):
        words = drawn(width(shape))
        source.send([unpack(shape, word) for word in words])
        due = run * len(words)
        await bench.until(lambda due=due: len(sink.received) == due)
        await bench.reset()
        states = [start] * lanes
    scoreboard.check(at_least=len(sink.received))
