"""What the testbench of every correlation circuit does."""

import random
from collections.abc import Callable
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge

from .bench import Bench
from .scoreboard import Scoreboard

__all__ = ["follows_step"]

Step = Callable[..., tuple[int, int, int]]


class Model:
    """The reference of every lane, stepped by the pairs that the core takes."""

    def __init__(self, bench: Bench, step: Step, *, further: Callable[[Bench], dict[str, Any]]):
        self._bench = bench
        self._step = step
        self._further = further
        self._states = [0] * bench.parameters["lanes"]
        self.clears = 0
        cocotb.start_soon(self._clear())

    async def _clear(self) -> None:
        while True:
            await RisingEdge(self._bench.dut.clk)
            if self._bench.read("clear"):
                self._states = [0] * len(self._states)
                self.clears += 1

    def __call__(self, pair: dict[str, int]) -> dict[str, int]:
        """Return what is owed for a pair that is taken at this clock edge."""
        further = self._further(self._bench)
        owed = {"a": 0, "b": 0}
        for lane, state in enumerate(self._states):
            a, b = pair["a"] >> lane & 1, pair["b"] >> lane & 1
            self._states[lane], a, b = self._step(state, a, b, **further)
            owed["a"] |= a << lane
            owed["b"] |= b << lane
        return owed


async def follows_step(
    dut: Any,
    step: Step,
    *,
    stall_in: float,
    stall_out: float,
    clear: float,
    address: int = 0,
) -> None:
    """Check the core against ``step(state, a, b)``, with cleared states now and then.

    After random pairs come runs of each pair alone, which drive a state to its ends. With
    ``address``, a random one below it stands at the port in each cycle and is given to ``step``.
    """
    bench = await Bench.start(dut)
    ones = (1 << bench.parameters["lanes"]) - 1
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("pair")
    model = Model(
        bench, step, further=lambda bench: {"address": bench.read("address")} if address else {}
    )
    bench.monitor("i", scoreboard.expect_each(model))
    bench.monitor("o", scoreboard.observe)

    pairs = [{"a": random.randint(0, ones), "b": random.randint(0, ones)} for _ in range(300)]
    corners = [{"a": a, "b": b} for a in (0, ones) for b in (0, ones)]
    for corner in random.sample(corners, 4) + random.sample(corners, 4):
        pairs += [corner] * 20
    source.send(pairs)
    while len(sink.received) < len(pairs):
        await bench.cycles(1)
        bench.write("clear", random.random() < clear)
        if address:
            bench.write("address", random.randrange(address))
    scoreboard.check(at_least=len(pairs))
    assert bool(model.clears) == bool(clear)
