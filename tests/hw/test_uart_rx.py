# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.link.uart_rx import UartRx, received
from spikewright_hw.link.uart_tx import line_bits

from .simulation import Simulator


def wave(data: bytes, *, bit: float, gap: int = 0) -> list[int]:
    """Return the levels of bytes with ``bit`` cycles per bit, which need not be whole."""
    bits = [level for byte in data for level in (*line_bits(byte), *[1] * gap)]
    return [bits[int(cycle / bit)] for cycle in range(int(len(bits) * bit))]


def run(divisor: int, levels: list[int], *, ready: int = 1) -> tuple[list[int], int]:
    """Return the bytes that come out, and the cycles with an overrun."""
    dut = UartRx(divisor=divisor)
    came, overruns = [], 0

    async def line(ctx):
        for level in [*levels, *[1] * (12 * divisor)]:
            ctx.set(dut.rx, level)
            await ctx.tick()

    async def sink(ctx):
        nonlocal overruns
        ctx.set(dut.o.ready, ready)
        while True:
            _, _, valid, payload, overrun = await ctx.tick().sample(
                dut.o.valid, dut.o.payload, dut.overrun
            )
            overruns += overrun
            if valid and ready:
                came.append(payload)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(line)
    simulator.add_testbench(sink, background=True)
    simulator.run()
    return came, overruns


@pytest.mark.parametrize("divisor", [4, 5, 25])
@pytest.mark.parametrize("gap", [0, 3])
def test_receives_bytes(divisor, gap):
    data = bytes([0x00, 0xFF, 0x55, 0xA2, 0x80, 0x01])
    levels = wave(data, bit=divisor, gap=gap)
    assert received(levels, divisor=divisor) == list(data)
    assert run(divisor, levels) == (list(data), 0)


@pytest.mark.parametrize("divisor", [4, 5, 25])
@pytest.mark.parametrize("sign", [-1, 1])
def test_receives_from_a_sender_as_far_off_as_documented(divisor, sign, rng):
    bit = divisor * (1 + sign * (1 / 2 - 1 / divisor) / 10)
    data = rng.randbytes(20)
    assert run(divisor, wave(data, bit=bit)) == (list(data), 0)


@pytest.mark.parametrize("divisor", [4, 9])
def test_makes_of_noise_what_the_reference_makes(divisor, rng):
    levels: list[int] = []
    for _ in range(60):
        levels += [rng.randrange(2)] * rng.choice((1, divisor // 2, divisor, 3 * divisor))
        levels += wave(rng.randbytes(1), bit=divisor) if rng.random() < 0.5 else []
    levels += [1] * (12 * divisor)
    expected = received(levels, divisor=divisor)
    assert expected
    assert run(divisor, levels)[0] == expected


def test_ignores_a_glitch():
    levels = [1] * 5 + [0] * 4 + [1] * 9 + wave(b"\x42", bit=9)
    assert received(levels, divisor=9) == [0x42]
    assert run(9, levels) == ([0x42], 0)


def test_drops_a_byte_without_a_stop_bit():
    levels = [0] * (4 * 30) + [1] * 4 + wave(b"\x42", bit=4)
    assert received(levels, divisor=4) == [0x42]
    assert run(4, levels) == ([0x42], 0)


def test_tells_of_bytes_that_nobody_took():
    assert run(4, wave(b"\x01\x02\x03", bit=4), ready=0) == ([], 2)


@pytest.mark.parametrize("divisor", [4, 7])
def test_each_byte_is_taken_or_told_to_be_lost(divisor, rng):
    """A sink that is ready for one cycle in a while: bytes and overruns are all that was sent."""
    data = rng.randbytes(30)
    dut = UartRx(divisor=divisor)
    arrived: list[int | None] = []

    async def line(ctx):
        for level in [*wave(data, bit=divisor), *[1] * (12 * divisor)]:
            ctx.set(dut.rx, level)
            await ctx.tick()

    async def sink(ctx):
        new = True  # what is offered next is a byte that was not seen before
        while True:
            ready = rng.random() < 1 / (12 * divisor)
            ctx.set(dut.o.ready, ready)
            _, _, valid, payload, overrun = await ctx.tick().sample(
                dut.o.valid, dut.o.payload, dut.overrun
            )
            if valid and new:
                arrived.append(payload)
            if overrun:
                assert valid and not ready
                arrived.append(None)
            new = ready or not valid

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(line)
    simulator.add_testbench(sink, background=True)
    simulator.run()
    assert len(arrived) == len(data)
    assert all(came in (byte, None) for came, byte in zip(arrived, data, strict=True))
    assert {None} < set(arrived)


def test_refuses_too_few_cycles_per_bit():
    with pytest.raises(ValueError, match=r"^divisor is at least 4 clock cycles per bit, not 2$"):
        UartRx(divisor=2)
