"""What the tests of the correlation circuits share."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product
from random import Random
from typing import Any

from spikewright_hw.stochastic.correlation.correlator import Correlator

from .simulation import Simulator

__all__ = ["Pair", "all_streams", "bounded", "follows", "kinds", "through"]

Pair = tuple[int, int]
Step = Callable[..., tuple[int, int, int]]


def all_streams(length: int) -> Iterable[list[Pair]]:
    """Return every pair of streams of a length."""
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    return (list(stream) for stream in product(pairs, repeat=length))


def through(step: Step, pairs: Iterable[Pair], **parameters: Any) -> list[Pair]:
    """Return what comes out for pairs, from cleared state."""
    state, came = 0, []
    for a, b in pairs:
        state, *pair = step(state, a, b, **parameters)
        came.append((pair[0], pair[1]))
    return came


def kinds(pairs: Iterable[Pair]) -> Counter[Pair]:
    """Count the pairs of each kind."""
    return Counter(pairs)


def bounded(pairs: list[Pair], came: list[Pair], *, a: int, b: int) -> bool:
    """Return whether 0 to ``a`` ones of a and 0 to ``b`` of b are inside after each pair."""
    inside = [0, 0]
    for before, after in zip(pairs, came, strict=True):
        inside = [count + before[at] - after[at] for at, count in enumerate(inside)]
        if not (0 <= inside[0] <= a and 0 <= inside[1] <= b):
            return False
    return True


def follows(dut: Correlator, step: Step, rng: Random, *, addresses: int = 0, **parameters: Any):
    """Run a core under random stalls and clears, each lane against its reference.

    With ``addresses``, an address below it is given to core and reference in each cycle.
    """
    lanes = range(dut.lanes)
    compared = 0

    async def testbench(ctx):
        nonlocal compared
        states = [0] * dut.lanes
        offered = None
        for _ in range(600):
            a, b = rng.getrandbits(dut.lanes), rng.getrandbits(dut.lanes)
            valid, ready, clear = rng.random() < 0.8, rng.random() < 0.7, rng.random() < 0.03
            further = {}
            if addresses:
                further["address"] = rng.randrange(addresses)
                ctx.set(dut.address, further["address"])  # pyright: ignore
            ctx.set(dut.i.payload, {"a": a, "b": b})
            ctx.set(dut.i.valid, valid)
            ctx.set(dut.o.ready, ready)
            ctx.set(dut.clear, clear)
            assert ctx.get(dut.o.valid) == (offered is not None)
            if offered is not None:
                payload = ctx.get(dut.o.payload)
                assert (payload.a, payload.b) == offered
                compared += ready
            assert ctx.get(dut.i.ready) == ((ready or offered is None) and not clear)
            taken = ctx.get(dut.i.ready) and valid
            await ctx.tick()
            if ready:
                offered = None
            if clear:
                states = [0] * dut.lanes
            elif taken:
                steps = [
                    step(states[k], a >> k & 1, b >> k & 1, **parameters, **further) for k in lanes
                ]
                states = [state for state, _, _ in steps]
                offered = (
                    sum(bit << k for k, (_, bit, _) in enumerate(steps)),
                    sum(bit << k for k, (_, _, bit) in enumerate(steps)),
                )

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert compared > 200
