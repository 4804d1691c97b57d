"""What the tests of the sources share."""

from collections.abc import Callable
from random import Random

from spikewright_hw.stochastic.source.source import Source

from .simulation import Simulator

__all__ = ["follows", "prefixes"]


def follows(dut: Source, number: Callable[[int, int], int], rng: Random) -> None:
    """Run a source under random inputs: each number is ``number(index, first)``.

    It goes on without a pause first, through the end of a short period.
    """

    async def testbench(ctx):
        index, first = 0, dut.init
        for cycle in range(700):
            enable, reseed = rng.random() < 0.7, rng.random() < 0.1
            if cycle < 300:
                enable, reseed = True, False
            seed = rng.choice([0, (1 << dut.width) - 1, rng.getrandbits(dut.width)])
            ctx.set(dut.enable, enable)
            ctx.set(dut.reseed, reseed)
            ctx.set(dut.seed, seed)
            assert ctx.get(dut.state) == number(index, first), f"number {index} from {first}"
            await ctx.tick()
            if reseed:
                index, first = 0, seed
            elif enable:
                index += 1

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def prefixes(numbers: list[int], *, width: int, bits: int) -> list[list[int]]:
    """Cut a sequence into blocks of ``2**bits`` and return the sorted prefixes of each block."""
    size = 1 << bits
    return [
        sorted(number >> (width - bits) for number in numbers[start : start + size])
        for start in range(0, len(numbers), size)
    ]
