# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.link.uart_tx import UartTx, line_bits

from .simulation import Simulator


def levels(divisor: int, data: bytes, *, cycles: int) -> list[int]:
    """Return the line's level in each cycle after the first transfer."""
    dut = UartTx(divisor=divisor)
    seen = []

    async def source(ctx):
        for byte in data:
            ctx.set(dut.i.payload, byte)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    async def watch(ctx):
        assert ctx.get(dut.tx) == 1
        await ctx.tick()
        for _ in range(cycles):
            seen.append(ctx.get(dut.tx))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(watch)
    simulator.run()
    return seen


def test_a_byte_on_the_line():
    assert line_bits(0b1010_0010) == (0, 0, 1, 0, 0, 0, 1, 0, 1, 1)


@pytest.mark.parametrize("divisor", [4, 7, 25])
def test_bytes_follow_one_another_without_a_gap(divisor):
    data = bytes([0x00, 0xFF, 0x55, 0xA2])
    expected = [bit for byte in data for bit in line_bits(byte) for _ in range(divisor)]
    assert levels(divisor, data, cycles=len(expected) + 20) == expected + [1] * 20


def test_refuses_too_few_cycles_per_bit():
    with pytest.raises(ValueError, match=r"^divisor is at least 4 clock cycles per bit, not 3$"):
        UartTx(divisor=3)
