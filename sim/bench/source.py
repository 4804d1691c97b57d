"""What the testbench of every source does whose numbers are known by their index."""

import random
from collections.abc import Callable
from typing import Any

from .bench import Bench

__all__ = ["follows_sequence", "gives_a_number_a_cycle", "holds_and_resets"]


async def follows_sequence(
    dut: Any, number: Callable[..., int], *, enabled: float, reseeded: float
) -> None:
    """Check each number against ``number(index, init=, **preset)``, under random inputs."""
    bench = await Bench.start(dut)
    width = bench.parameters["width"]
    index, first = 0, bench.component.init
    taken = 0
    for _ in range(1000):
        enable = random.random() < enabled
        reseed = random.random() < reseeded
        seed = random.choice([0, 1, (1 << width) - 1, random.getrandbits(width)])
        bench.write("enable", enable)
        bench.write("reseed", reseed)
        bench.write("seed", seed)
        await bench.cycles(1)
        expected = number(index, init=first, **bench.parameters)
        assert bench.read("state") == expected, f"number {index} from {first}"
        if reseed:
            index, first = 0, seed
        elif enable:
            index += 1
            taken += 1
    assert taken > 300


async def gives_a_number_a_cycle(dut: Any, number: Callable[..., int]) -> None:
    """Check the throughput, over the end of a short period."""
    bench = await Bench.start(dut)
    bench.write("enable", 1)
    for index in range(1500):
        await bench.cycles(1)
        assert bench.read("state") == number(index, **bench.parameters), f"number {index}"


async def holds_and_resets(dut: Any) -> None:
    """Check that nothing moves without enable, and that reset gives the first number again."""
    bench = await Bench.start(dut)
    for _ in range(20):
        await bench.cycles(1)
        assert bench.read("state") == bench.component.init
    bench.write("enable", 1)
    await bench.cycles(5)
    assert bench.read("state") != bench.component.init
    await bench.reset()
    bench.write("enable", 0)
    await bench.cycles(1)
    assert bench.read("state") == bench.component.init
