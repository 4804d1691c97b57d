"""The counters of a board: by themselves, for they are too slow to be seen full on the link."""

import pytest

from spikewright_hw.link.tally import Tally
from spikewright_hw.protocol import BoardStatus, Command

from .simulation import Simulator


def drive(process, **options) -> None:
    dut = Tally(**options)

    async def bench(ctx):
        await process(ctx, dut)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def status(ctx, dut) -> BoardStatus:
    return BoardStatus.unpack(ctx.get(dut.status).to_bytes(BoardStatus.SIZE, "little"))


async def begin(ctx, dut, times: int) -> None:
    ctx.set(dut.times_valid, 1)
    for byte in times.to_bytes(4, "little"):
        ctx.set(dut.times, byte)
        await ctx.tick()
    ctx.set(dut.times_valid, 0)


async def infer(ctx, dut, cycles: int) -> None:
    """Be in work for some cycles, in the last of which an inference is over."""
    ctx.set(dut.running, 1)
    await ctx.tick().repeat(cycles - 1)
    ctx.set(dut.inferred, 1)
    await ctx.tick()
    ctx.set(dut.inferred, 0)
    ctx.set(dut.running, 0)


@pytest.mark.parametrize(("kind", "field"), [
    ("bad_checksum", "bad_checksums"), ("overflow", "overflows"), ("malformed", "malformed"),
])
def test_a_counter_of_frames_stays_at_its_highest_value(kind, field):
    async def process(ctx, dut):
        ctx.set(dut.refused[kind], 1)
        for number in (1, 254, 255, 255):
            await ctx.tick().repeat(number - getattr(status(ctx, dut), field) or 3)
            assert getattr(status(ctx, dut), field) == number
        assert sum(vars(status(ctx, dut)).values()) == 255

    drive(process)


def test_what_is_left_of_a_run_and_its_cycles():
    async def process(ctx, dut):
        def run() -> tuple[int, int, int]:
            bits = ctx.get(dut.run)
            return bits & 0xFFFFFFFF, bits >> 32, ctx.get(dut.ended)

        for _ in range(2):  # the second begins anew
            await begin(ctx, dut, 0x10203)
            assert run() == (0x10203, 0, 0)
            await infer(ctx, dut, 7)
            assert run() == (0x10202, 7, 0)
            await ctx.tick().repeat(5)
            await infer(ctx, dut, 4)
            assert run() == (0x10201, 11, 0)
        await begin(ctx, dut, 2)
        await infer(ctx, dut, 3)
        assert run() == (1, 3, 1)
        assert status(ctx, dut).inferences == 5

    drive(process)


def test_an_inference_that_is_of_no_run_is_counted_alone():
    async def process(ctx, dut):
        await begin(ctx, dut, 9)
        ctx.set(dut.inferred, 1)
        await ctx.tick().repeat(3)
        assert status(ctx, dut).inferences == 3
        assert ctx.get(dut.run) == 9

    drive(process)


@pytest.mark.parametrize("command", [Command.STATUS, Command.RUN])
def test_what_is_not_answered_is_not_counted(command):
    async def process(ctx, dut):
        ctx.set(dut.refused.malformed, 1)
        await begin(ctx, dut, 5)
        await infer(ctx, dut, 2)
        assert (ctx.get(dut.status) != 0) == (command == Command.STATUS)
        assert (ctx.get(dut.run) != 0) == (command == Command.RUN)

    drive(process, optional=[command])
