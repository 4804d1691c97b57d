"""Shared by the tests of cores in Amaranth's own simulator."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pytest
from amaranth.lib import data

from .simulation import Simulator


@pytest.fixture
def rng() -> random.Random:
    """Return a seeded random source; a failing test shows the seed."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


def plain(value: Any) -> Any:
    """Return a sampled payload as a Python value."""
    if isinstance(value, data.Const):
        shape = value.shape()
        if isinstance(shape, data.StructLayout):
            return {name: plain(value[name]) for name, _ in shape}
        return [plain(value[index]) for index, _ in shape]  # pyright: ignore
    return value


@pytest.fixture
def exchange(rng) -> Callable[..., dict[str, list[Any]]]:
    """Return ``exchange(dut, send=, take=, stall=)``, which runs a core on its streams.

    ``send`` has the payloads for each input stream by name, ``take`` how many payloads are awaited
    of each output stream; both sides pause with the probability ``stall``, but for the output
    streams named in ``eager``. Of several probabilities, each holds for as many of the payloads.
    What came is returned by stream; it fails if that takes more than ``cycles``, or if an offer is
    changed or withdrawn.
    """

    def run(
        dut: Any,
        *,
        send: Mapping[str, Sequence[Any]],
        take: Mapping[str, int],
        stall: float | Sequence[float] = 0.0,
        eager: Collection[str] = (),
        cycles: int = 20_000,
    ) -> dict[str, list[Any]]:
        received: dict[str, list[Any]] = {name: [] for name in take}
        stalls = [stall] if isinstance(stall, int | float) else stall

        def pauses(passed: int, count: int) -> bool:
            return rng.random() < stalls[passed * len(stalls) // count]

        def source(port, payloads):
            async def testbench(ctx):
                for number, payload in enumerate(payloads):
                    while pauses(number, len(payloads)):
                        await ctx.tick()
                    ctx.set(port.payload, payload)
                    ctx.set(port.valid, 1)
                    ready = 0
                    while not ready:
                        _, _, ready = await ctx.tick().sample(port.ready)
                    ctx.set(port.valid, 0)

            return testbench

        def sink(name, port, wanted):
            async def testbench(ctx):
                offered = None
                while len(received[name]) < wanted:
                    ready = name in eager or not pauses(len(received[name]), wanted)
                    ctx.set(port.ready, ready)
                    _, _, valid, payload = await ctx.tick().sample(port.valid, port.payload)
                    assert valid or offered is None, f"{name} was withdrawn"
                    if valid:
                        payload = plain(payload)
                        assert offered in (None, payload), f"{name} changed while it stalled"
                        offered = None if ready else payload
                        if ready:
                            received[name].append(payload)
                ctx.set(port.ready, 0)

            return testbench

        async def guard(ctx):
            for _ in range(cycles):
                await ctx.tick()
                if all(len(received[name]) == wanted for name, wanted in take.items()):
                    return
            raise AssertionError(f"after {cycles} cycles only {received} came")

        simulator = Simulator(dut)
        simulator.add_clock(1e-6)
        for name, payloads in send.items():
            simulator.add_testbench(source(getattr(dut, name), payloads), background=True)
        for name, wanted in take.items():
            simulator.add_testbench(sink(name, getattr(dut, name), wanted), background=True)
        simulator.add_testbench(guard)
        simulator.run()
        return received

    return run
