"""Packets to a processor of commands, and its answers, in Amaranth's simulator."""

from collections.abc import Awaitable, Callable
from typing import Any

from spikewright_hw.protocol import Frame, Status

__all__ = ["answered", "ask"]


async def ask(
    ctx: Any, dut: Any, request: Frame | Status, *,
    pause: Callable[[Any], Awaitable[None]] | None = None,
) -> None:
    """Send a command, or say why a frame was refused; before each byte there may be a pause."""
    if isinstance(request, Status):
        ctx.set(dut.i_error.payload, request)
        ctx.set(dut.i_error.valid, 1)
        await ctx.tick().until(dut.i_error.ready)
        ctx.set(dut.i_error.valid, 0)
        return
    packet = bytes([request.sequence, request.code]) + request.payload
    ctx.set(dut.i_length, len(packet))
    for at, byte in enumerate(packet):
        if pause is not None:
            await pause(ctx)
        ctx.set(dut.i.payload, {"data": byte, "last": at == len(packet) - 1})
        ctx.set(dut.i.valid, 1)
        await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)


async def answered(
    ctx: Any, dut: Any, *, stalls: Callable[[], bool] = lambda: False
) -> Frame:
    """Take an answer, after which the processor is idle; each cycle may stall."""
    answer, last = bytearray(), False
    while not last:
        ready = not stalls()
        ctx.set(dut.o.ready, ready)
        _, _, valid, byte = await ctx.tick().sample(dut.o.valid, dut.o.payload)
        if valid and ready:
            answer.append(byte.data)
            last = byte.last
    ctx.set(dut.o.ready, 0)
    assert ctx.get(dut.busy) == 0
    return Frame(answer[0], answer[1], bytes(answer[2:]))
