"""Sums of a monitor's registers against their reference, with rounds at any time and with holds."""

import random

import cocotb

from bench import Bench
from spikewright_hw.link.sensors import summed
from spikewright_hw.protocol import POWER_BYTES, power_bytes


def told(bench: Bench) -> tuple[int, ...]:
    """Return the number of rounds and the sums, as a host reads them."""
    count = power_bytes(len(bench.component.addresses))
    payload = bench.read("sums").to_bytes(count, "little")
    return tuple(
        int.from_bytes(payload[at : at + POWER_BYTES], "little")
        for at in range(0, count, POWER_BYTES)
    )


async def pulse(bench: Bench, name: str) -> None:
    bench.write(name, 1)
    await bench.cycles(1)
    bench.write(name, 0)


async def give(bench: Bench, address: int, value: int, *, after: int) -> None:
    """Wait until a register is asked for, and give it in the cycle ``after`` cycles later."""
    await bench.until(lambda: bool(bench.read("enable")))
    assert bench.read("address") == address
    await bench.cycles(after - 1)
    bench.write("data", value)
    await pulse(bench, "ready")
    bench.write("data", random.randrange(1 << 16))  # which nobody reads


@cocotb.test()
@cocotb.parametrize(hold=[0.0, 0.5], slow=[1, 20])
async def matches_reference(dut, hold, slow):
    bench = await Bench.start(dut)
    addresses = bench.component.addresses
    rounds: list[list[int]] = []
    for _ in range(200):
        if random.random() < hold:
            bench.write("hold", 1)
            await bench.cycles(1)
            await pulse(bench, "done")  # which begins nothing
            await bench.cycles(random.randrange(1, 5))
            assert bench.read("still") and not bench.read("enable")
            assert told(bench) == summed(rounds, addresses=addresses)
            bench.write("hold", 0)
            await bench.cycles(1)
        await pulse(bench, "done")
        values = [random.choice((0, 0xFFFF, random.randrange(1 << 16))) for _ in addresses]
        bench.write("hold", random.random() < hold)  # the round goes on
        for address, value in zip(addresses, values, strict=True):
            await give(bench, address, value, after=random.randint(1, slow))
        rounds.append(values)
        bench.write("hold", 0)
        await bench.cycles(2)
        assert told(bench) == summed(rounds, addresses=addresses)


@cocotb.test()
async def a_register_is_waited_for_as_long_as_is_said(dut):
    """In the last cycle of it a register is heard; a cycle later the monitor is silent for good."""
    bench = await Bench.start(dut)
    addresses, patience = bench.component.addresses, bench.component.patience
    first = [7 + at for at in range(len(addresses))]
    await pulse(bench, "done")
    for address, value in zip(addresses, first, strict=True):
        await give(bench, address, value, after=patience)
    await bench.cycles(2)
    assert told(bench) == summed([first], addresses=addresses)

    await pulse(bench, "done")
    for address, value in zip(addresses[:-1], first, strict=False):
        await give(bench, address, value, after=1)
    await bench.until(lambda: bool(bench.read("enable")))
    assert not bench.read("still")
    await bench.cycles(patience)
    await pulse(bench, "ready")
    await pulse(bench, "done")
    for _ in range(2 * patience):
        await bench.cycles(1)
        assert bench.read("still") and not bench.read("enable")
    assert told(bench) == summed([first, first[:-1]], addresses=addresses)
    assert told(bench)[0] == 0
