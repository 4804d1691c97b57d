"""An engine on AXI4-Stream against the reference of its network: whole packets and wrong ones."""

import random

import cocotb
from cocotb.triggers import RisingEdge

from bench import Bench, StreamMonitor, StreamSink, StreamSource, pauses
from bench.axi import axi_port
from bench.engine import DENSITIES, draw
from spikewright_hw.bus.sample import bitmaps_of, transfers_of
from spikewright_hw.engine.reference import run

#: Packets by what they have in place of a sample's transfers.
KINDS = ("whole", "short", "whole", "long", "one", "whole")


def packet_of(core, kind: str) -> list[int]:
    """Draw the transfers of a packet; what of the last one of a plane is not read is noise."""
    sample = core.sample
    bitmaps = draw(core.engine.network, random.choice(DENSITIES[1:]))
    over = sample.plane_transfers * sample.data_bits - sample.inputs
    noise = [random.getrandbits(over) << sample.inputs for _ in bitmaps]
    whole = transfers_of([a | b for a, b in zip(bitmaps, noise, strict=True)], sample)
    if kind == "short":
        return whole[: random.randint(1, len(whole) - 1)]
    if kind == "one":
        return whole[:1]
    if kind == "long":
        return whole + [random.getrandbits(sample.data_bits) for _ in range(random.randint(1, 9))]
    return whole


def answer_of(core, packet: list[int]) -> list[int | None]:
    """Return the words that are owed for a packet; None for the cycles, which are not known."""
    streams = getattr(core.engine, "streams", None)
    result, _ = run(core.engine.network, bitmaps_of(packet, core.sample), streams=streams)
    words = (
        result.prediction, None, result.input_events, result.synops, *result.spikes, *result.outputs
    )
    return [None if one is None else one & 0xFFFF_FFFF for one in words]


def beats(packet: list[int]) -> list[dict[str, int]]:
    return [{"data": one, "last": at == len(packet) - 1} for at, one in enumerate(packet)]


class Ends:
    """A source, a sink, monitors of both, and the cycles from each packet's end to its answer."""

    def __init__(self, bench: Bench, *, stall_in: float, stall_out: float):
        self.came, self.went = axi_port(bench, "s_axis"), axi_port(bench, "m_axis")
        self.source = StreamSource(self.came, pause=pauses(stall_in))
        self.sink = StreamSink(self.went, pause=pauses(stall_out))
        StreamMonitor(self.went, rst=bench.dut.rst, callback=lambda _: None)
        self.passed: list[int] = []
        cocotb.start_soon(self._follow(bench.dut))

    async def _follow(self, dut) -> None:
        since, awaited = 0, False
        while True:
            await RisingEdge(dut.clk)
            since += 1
            if self.came.transfers and dut.s_axis_tlast.value:
                since, awaited = 0, True
            if awaited and dut.m_axis_tvalid.value:
                self.passed.append(since - 1)
                awaited = False

    def check(self, bench: Bench, packets: list[list[int]]) -> None:
        """Compare all that came with what is owed for the packets."""
        core, count = bench.component, len(bench.component.answer)
        assert len(self.sink.received) == count * len(packets)
        for number, packet in enumerate(packets):
            words = self.sink.received[number * count : (number + 1) * count]
            for name, word, owed in zip(core.answer, words, answer_of(core, packet), strict=True):
                assert owed is None or word["data"] == owed, f"packet {number}: {name}"
            assert [word["last"] for word in words] == [0] * (count - 1) + [1]
            wrong = len(packet) != core.sample.transfers
            assert all(word["user"] == wrong for word in words), f"packet {number}: the mark"
            cycles = words[core.answer.index("cycles")]["data"]
            assert cycles <= self.passed[number] or len(packet) > core.sample.transfers
            if not wrong:
                assert self.passed[number] <= cycles + core.sample.transfer_cycles


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.8]))
async def answers_are_the_reference_s_whatever_the_packet(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    ends = Ends(bench, stall_in=stall_in, stall_out=stall_out)
    packets = [packet_of(bench.component, kind) for kind in 2 * KINDS]
    for packet in packets:
        ends.source.send(beats(packet))
    owed = len(packets) * len(bench.component.answer)
    await bench.until(lambda: len(ends.sink.received) == owed, cycles=50_000)
    ends.check(bench, packets)


@cocotb.test()
async def nothing_comes_before_a_packet_ends(dut):
    bench = await Bench.start(dut)
    ends = Ends(bench, stall_in=0.0, stall_out=0.0)
    packet = packet_of(bench.component, "long")
    ends.source.send(beats(packet)[:-1])
    await bench.until(lambda: ends.source.pending == 0)
    await bench.cycles(300)
    assert not ends.sink.received
    ends.source.send(beats(packet)[-1:])
    await bench.until(lambda: len(ends.sink.received) == len(bench.component.answer))
    ends.check(bench, [packet])


@cocotb.test()
async def starts_anew_after_a_reset_in_the_middle(dut):
    bench = await Bench.start(dut)
    ends = Ends(bench, stall_in=0.0, stall_out=0.0)
    for length, cycles in ((1, 1), (bench.component.sample.transfers, 5)):
        ends.source.send([{"data": 1, "last": 0}] * length)
        await bench.until(lambda: ends.source.pending == 0)
        await bench.cycles(cycles)
        await bench.reset()
        ends.sink.received.clear()
        ends.passed.clear()
        packet = packet_of(bench.component, "whole")
        ends.source.send(beats(packet))
        await bench.until(lambda: len(ends.sink.received) == len(bench.component.answer))
        ends.check(bench, [packet])
