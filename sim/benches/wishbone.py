"""An engine on Wishbone against the reference of its network, by its registers."""

import random

import cocotb

from bench import Bench
from bench.engine import DENSITIES, draw
from bench.wishbone import Master, RefusedError
from spikewright_hw.bus.registers import DONE, FIRST, LOST, READY, SAMPLE, STATUS
from spikewright_hw.bus.sample import transfers_of
from spikewright_hw.engine.reference import run


async def started(dut, *, pause: float = 0.0) -> tuple[Bench, Master]:
    bench = await Bench.start(dut)
    return bench, Master(bench, pause=pause, longest=bench.component.sample.transfer_cycles)


async def status(master: Master) -> set[int]:
    """Return the bits of the status that are set."""
    value = await master.request(STATUS)
    assert value < 8
    return {bit for bit in (READY, DONE, LOST) if value >> bit & 1}


async def write_sample(bench: Bench, master: Master, bitmaps: list[int]) -> None:
    """Write a sample, and look at the count of its words now and then."""
    for at, word in enumerate(transfers_of(bitmaps, bench.component.sample)):
        await master.request(SAMPLE, written=word)
        if random.random() < 0.2:
            assert await master.request(SAMPLE) == at + 1


async def check_answer(
    bench: Bench, master: Master, bitmaps: list[int], *, late: int = 0
) -> None:
    """Wait until an answer is there, and compare it with the reference, in any order.

    Since the last word of the sample, others were written for ``late`` cycles.
    """
    core = bench.component
    await bench.until(lambda: bool(bench.read("irq")))
    streams = getattr(core.engine, "streams", None)
    result, _ = run(core.engine.network, bitmaps, streams=streams)
    owed = [
        result.prediction, None, result.input_events, result.synops, *result.spikes, *result.outputs
    ]
    for at in random.sample(range(len(owed)), len(owed)):
        found, expected = await master.request(len(FIRST) + at), owed[at]
        if expected is None:
            passed = master.passed[-1]
            assert found <= passed + late and passed <= found + core.sample.transfer_cycles
        else:
            assert found == expected & 0xFFFF_FFFF, core.registers[len(FIRST) + at].name


@cocotb.test()
@cocotb.parametrize(("pause", [0.0, 0.5]))
async def answers_are_the_reference_s(dut, pause):
    bench, master = await started(dut, pause=pause)
    core = bench.component
    assert await master.request(2) == core.sample.transfers
    assert await master.request(3) == core.identity
    for density in 2 * DENSITIES:
        bitmaps = draw(core.engine.network, density)
        await write_sample(bench, master, bitmaps)
        await check_answer(bench, master, bitmaps)
        assert await status(master) == {READY, DONE}


@cocotb.test()
async def an_answer_is_not_there_before_it_is_done(dut):
    bench, master = await started(dut)
    bitmaps = draw(bench.component.engine.network, 0.5)
    assert await status(master) == {READY}
    await write_sample(bench, master, bitmaps)
    assert await status(master) in (set(), {READY, DONE})
    await check_answer(bench, master, bitmaps)
    await master.request(SAMPLE, written=0)
    assert await status(master) == {READY}
    for at in range(len(FIRST), len(bench.component.registers)):
        assert await master.request(at) == 0


@cocotb.test()
async def a_word_at_a_wrong_time_is_lost_and_told(dut):
    bench, master = await started(dut)
    bitmaps = draw(bench.component.engine.network, 1)
    words = transfers_of(bitmaps, bench.component.sample)
    for word in [*words, 0, 1]:
        await master.request(SAMPLE, written=word)
    assert LOST in await status(master)
    await check_answer(bench, master, bitmaps, late=4)
    assert await status(master) == {READY, DONE, LOST}
    await master.request(STATUS, written=0)
    assert await status(master) == {READY}


@cocotb.test()
async def a_restart_leaves_nothing_behind(dut):
    bench, master = await started(dut)
    network, sample = bench.component.engine.network, bench.component.sample
    for count in (1, sample.transfers):
        for word in transfers_of(draw(network, 1), sample)[:count]:
            await master.request(SAMPLE, written=word)
        await bench.cycles(random.randint(0, 9))
        await master.request(STATUS, written=random.getrandbits(32))
        assert await master.request(SAMPLE) == 0
        bitmaps = draw(network, 0.5)
        await write_sample(bench, master, bitmaps)
        await check_answer(bench, master, bitmaps)


@cocotb.test()
async def what_is_refused_changes_nothing(dut):
    bench, master = await started(dut)
    core = bench.component
    beyond = range(len(core.registers), 1 << len(core.wb_adr_i))
    bitmaps = draw(core.engine.network, 0.5)
    words = transfers_of(bitmaps, core.sample)
    await master.request(SAMPLE, written=words[0])
    refused = 0
    wrong = [
        *((at, 15) for at in range(2, len(core.registers))), *((at, 15) for at in beyond),
        *((at, random.randrange(15)) for at in (STATUS, SAMPLE)),
    ]
    for at, sel in wrong:
        try:
            await master.request(at, written=random.getrandbits(32), sel=sel)
        except RefusedError:
            refused += 1
    for at in beyond:
        try:
            await master.request(at)
        except RefusedError:
            refused += 1
    assert refused == len(wrong) + len(beyond)
    await master.give_up(SAMPLE, written=7)
    for word in words[1:]:
        await master.request(SAMPLE, written=word)
    await check_answer(bench, master, bitmaps)
