"""Filter bank against its definition: sounds one after the other, under stalls, and a reset."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.audio.bank import Bank, counts
from spikewright_hw.audio.filter_bank import FilterBank, sample_cycles

#: Counts of a bench: a step of a long bank is as many samples as it has.
SAMPLES = 60


def draw(bank: Bank, count: int) -> list[int]:
    """Draw a sound: noise of any loudness, the ends of the range, or silence."""
    top = 1 << bank.sample_bits - 1
    most = random.choice((0, 3, top >> 4, top))
    if most == top:
        return [random.choice((-top, top - 1, random.randrange(-top, top))) for _ in range(count)]
    return [random.randint(-most, most) for _ in range(count)]


def payloads(sound: list[int]) -> list[dict[str, int]]:
    return [{"sample": sample, "start": at == 0} for at, sample in enumerate(sound)]


def expected(bank: Bank, sound: list[int]) -> list[dict[str, int]]:
    return [
        {"channel": channel, "count": count}
        for step in counts(bank, sound) for channel, count in enumerate(step)
    ]


def lengths(bank: Bank) -> list[int]:
    """Return lengths of sounds: some steps, a part of one, and some again."""
    if bank.samples > SAMPLES:
        return [bank.samples // 5, bank.samples + 1]
    return [bank.samples * 4 + 2, 1, bank.samples - 1, *[bank.samples * 3] * 4]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.95]))
async def matches_the_definition(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    core: FilterBank = bench.component
    scoreboard = Scoreboard("count")
    bench.monitor("o", scoreboard.observe)
    source, sink = bench.source("i", pause=stall_in), bench.sink("o", pause=stall_out)
    due = 0
    for length in lengths(core.bank):
        sound = draw(core.bank, length)
        source.send(payloads(sound))
        for one in expected(core.bank, sound):
            scoreboard.expect(one)
            due += 1
    await bench.until(lambda: len(sink.received) == due, cycles=2_000_000)
    scoreboard.check(at_least=due)


@cocotb.test()
async def a_sample_takes_its_cycles(dut):
    bench = await Bench.start(dut)
    core: FilterBank = bench.component
    source = bench.source("i")
    bench.sink("o")
    source.send(payloads(draw(core.bank, 6)))
    await bench.until(lambda: source.pending == 5)
    cycles = await bench.until(lambda: source.pending == 0)
    assert cycles == 5 * sample_cycles(core.bank.channels)


@cocotb.test()
async def begins_in_silence_after_a_reset(dut):
    bench = await Bench.start(dut)
    core: FilterBank = bench.component
    source, sink = bench.source("i"), bench.sink("o")
    source.send(payloads([100] * 3))
    await bench.until(lambda: source.pending == 0)
    await bench.reset()
    sink.received.clear()
    sound = draw(core.bank, core.bank.samples)
    source.send([one | {"start": 0} for one in payloads(sound)])
    wanted = expected(core.bank, sound)
    await bench.until(lambda: len(sink.received) == len(wanted), cycles=2_000_000)
    assert sink.received == wanted
