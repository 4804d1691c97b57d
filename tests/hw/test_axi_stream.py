# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""An engine on AXI4-Stream: packets by hand, wrong ones among them, and what is refused."""

import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from spikewright_hw.bus.axi_stream import AxiStream
from spikewright_hw.bus.sample import Sample, bitmaps_of, transfers_of
from spikewright_hw.engine.words import Words

from .buses import engine, owed
from .simulation import Simulator

SAMPLE = Sample(data_bits=8, inputs=11, planes=2, words=Words(bits=11, count=1))


def answers(dut: AxiStream, packets: list[list[int]]) -> list[tuple[list[int], bool]]:
    """Send packets; return the words of each answer, and whether it is marked."""
    found: list[tuple[list[int], bool]] = []

    async def source(ctx):
        for packet in packets:
            for at, one in enumerate(packet):
                ctx.set(dut.s_axis_tdata, one)
                ctx.set(dut.s_axis_tlast, at == len(packet) - 1)
                ctx.set(dut.s_axis_tvalid, 1)
                await ctx.tick().until(dut.s_axis_tready)
                ctx.set(dut.s_axis_tvalid, 0)

    async def sink(ctx):
        ctx.set(dut.m_axis_tready, 1)
        for _ in packets:
            words, last, marked = [], False, False
            while not last:
                word, last, marked = await ctx.tick().sample(
                    dut.m_axis_tdata, dut.m_axis_tlast, dut.m_axis_tuser
                ).until(dut.m_axis_tvalid)
                words.append(word)
            found.append((words, bool(marked)))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink)
    simulator.run()
    return found


@pytest.mark.parametrize("data_bits", [8, 32])
def test_an_answer_follows_each_packet(data_bits, rng):
    dut = AxiStream(engine=engine(), data_bits=data_bits)
    samples = [[rng.getrandbits(11) for _ in range(2)] for _ in range(3)]
    whole = [transfers_of(bitmaps, dut.sample) for bitmaps in samples]
    packets = [whole[0], whole[1][:1], [*whole[2], 255, 255], whole[0]]
    for packet, (words, marked) in zip(packets, answers(dut, packets), strict=True):
        expected = owed(bitmaps_of(packet, dut.sample))
        expected[1] = words[1]
        assert words == expected
        assert marked == (len(packet) != dut.sample.transfers)


def test_the_transfers_of_a_sample_by_hand():
    """Each step begins with a transfer of its own, its first inputs lowest."""
    assert transfers_of([0b101_0000_0001, 0b010_1000_0000], SAMPLE) == [0x01, 0b101, 0x80, 0b010]
    assert SAMPLE.transfers == 4


def test_what_is_missing_is_zero_and_what_is_over_is_not_read():
    assert bitmaps_of([0xFF, 0xFF, 0x01], SAMPLE) == [0x7FF, 0x01]
    assert bitmaps_of([1, 0, 2, 0, 0xFF], SAMPLE) == [1, 2]


@pytest.mark.parametrize("data_bits", [0, 7, 12])
def test_a_width_that_is_no_bytes_is_refused(data_bits):
    message = f"data_bits is {data_bits}; an AXI4-Stream is whole bytes wide: 8, 16, 24 ..."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        AxiStream(engine=cast("Any", None), data_bits=data_bits)


def test_loaded_weights_are_refused():
    with pytest.raises(ValueError, match=(
        r"^the weights of this engine are loaded over the serial link, which a bus does not have; "
        r"build them in, with weights built$"
    )):
        AxiStream(engine=cast("Any", SimpleNamespace(loaded=True)))
