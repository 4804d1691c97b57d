"""A conversation with a board top at its two pins, in Amaranth's simulator."""

from typing import Any

from spikewright_hw.link.uart_tx import line_bits
from spikewright_hw.protocol import DELIMITER, Deframer, Frame, Status

from .simulation import Simulator

__all__ = ["converse"]


def converse(
    dut: Any, data: bytes, *, answers: int, divisor: int = 4, pause: int = 0, within: Any = None
) -> list[Frame | Status]:
    """Send bytes to a board top and return what it answers.

    After each frame there may be a ``pause`` of so many cycles. ``within`` is what is simulated, if
    that is more than the board top.
    """
    events: list[Frame | Status] = []

    async def host(ctx):
        for byte in data:
            for bit in line_bits(byte):
                ctx.set(dut.rx, bit)
                await ctx.tick().repeat(divisor)
            if byte == DELIMITER and pause:
                await ctx.tick().repeat(pause)

    async def listen(ctx):
        deframer = Deframer()
        while len(events) < answers:
            await ctx.negedge(dut.tx)
            await ctx.tick().repeat(divisor // 2)
            byte = 0
            for bit in range(9):
                await ctx.tick().repeat(divisor)
                byte |= ctx.get(dut.tx) << bit
            event = deframer.push(byte & 0xFF)
            if event is not None:
                events.append(event)

    async def guard(ctx):
        for _ in range(30_000):
            await ctx.tick()
        raise AssertionError(f"after 30000 cycles only {events} came")

    simulator = Simulator(dut if within is None else within)
    simulator.add_clock(1e-6)
    simulator.add_testbench(host)
    simulator.add_testbench(listen)
    simulator.add_testbench(guard, background=True)
    simulator.run()
    return events
