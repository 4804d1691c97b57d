"""The whole board at its two pins, with an engine that can be checked by hand."""

import pytest
from amaranth import Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from spikewright_hw.board import BoardTop
from spikewright_hw.emit import as_rtlil
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.record import trace_bytes, trace_step_bytes, unpack_result
from spikewright_hw.engine.result_layout import result_layout
from spikewright_hw.engine.streams import Streams
from spikewright_hw.engine.trace_address import trace_address
from spikewright_hw.engine.words import input_words
from spikewright_hw.fixed import Format
from spikewright_hw.link.uart_tx import line_bits
from spikewright_hw.network import Layer, Network
from spikewright_hw.protocol import (
    VERSION,
    Command,
    Deframer,
    Frame,
    Hello,
    Kind,
    Status,
    encode_frame,
)

from .simulation import Simulator

NETWORK = Network(
    (
        Layer(
            weights=((1, -1), (2, 3), (0, 1)), weight_bits=4, neuron="li",
            parameters={"decay": 0.875}, membrane=Format(8, 8),
        ),
    ),
    steps=2,
)  # fmt: skip


class Counter(wiring.Component):
    """An engine whose prediction is the sum of its inputs, read as numbers; its trace is fixed."""

    i: stream.Interface
    o: stream.Interface
    trace_address: data.View
    trace_data: Signal

    def __init__(self, network: Network):
        self.steps = network.steps
        self.words = input_words(network)
        super().__init__({
            "i": In(stream.Signature(unsigned(network.inputs))),
            "o": Out(stream.Signature(result_layout(network))),
            "trace_address": In(trace_address(network)),
            "trace_data": Out(8),
        })

    def elaborate(self, platform):
        m = Module()
        step = Signal(range(self.steps + 1))
        m.d.comb += [self.i.ready.eq(step < self.steps), self.o.valid.eq(step == self.steps)]
        m.d.sync += self.trace_data.eq(
            self.trace_address.step * trace_step_bytes(NETWORK) + self.trace_address.byte + 0x30
        )
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                step.eq(step + 1),
                self.o.payload.prediction.eq(self.o.payload.prediction + self.i.payload),
            ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [step.eq(0), self.o.payload.prediction.eq(0)]
        return m


def talk(data: bytes, *, answers: int, divisor: int = 4) -> list[Frame | Status]:
    """Send bytes to a board without a pause and return what it answers."""
    dut = BoardTop(
        network=NETWORK, divisor=divisor, clock_hz=25_000_000, virtual=True,
        engine=Counter(NETWORK),
    )  # fmt: skip
    events: list[Frame | Status] = []

    async def host(ctx):
        for byte in data:
            for bit in line_bits(byte):
                ctx.set(dut.rx, bit)
                await ctx.tick().repeat(divisor)

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

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(host)
    simulator.add_testbench(listen)
    simulator.add_testbench(guard, background=True)
    simulator.run()
    return events


def cells(board: BoardTop) -> int:
    return as_rtlil(board, name="board").count("\n  cell ")


@pytest.mark.parametrize("design", [EventDesign(), StochasticDesign(streams=Streams(length=16))])
def test_more_steps_take_no_more_logic(design):
    """Memories are deeper and counters wider, and nothing is there once for each step."""
    boards = [
        BoardTop(
            network=example_network(
                sizes=(4, 9, 2), steps=steps, weight_bits=3, membrane=Format(4, 3)
            ),
            divisor=4, clock_hz=25_000_000, virtual=True, design=design,
        )
        for steps in (3, 100)
    ]  # fmt: skip
    assert cells(boards[0]) == cells(boards[1])


@pytest.mark.parametrize("divisor", [4, 9])
def test_says_what_it_is(divisor):
    hello = Hello(VERSION, Kind.VIRTUAL, 3, 2, 2, 1, 25_000_000, NETWORK.digest())
    answers = talk(encode_frame(Frame(9, Command.HELLO)), answers=1, divisor=divisor)
    assert answers == [Frame(9, Status.OK, hello.pack())]


def test_runs_an_inference_and_gives_its_trace():
    infer = encode_frame(Frame(1, Command.INFER, bytes([0b101, 0b110])))
    # Two commands at once: the second waits in the decoder while the first is in work.
    answers = talk(infer + encode_frame(Frame(2, Command.TRACE)), answers=2)
    result, trace = answers
    assert isinstance(result, Frame) and result.code == Status.OK
    assert unpack_result(NETWORK, result.payload).prediction == 5 + 6
    assert trace == Frame(2, Status.OK, bytes(range(0x30, 0x30 + trace_bytes(NETWORK))))


def test_survives_garbage(rng):
    noise = bytes(rng.randrange(1, 256) for _ in range(100)) + b"\0"
    answers = talk(
        noise + b"\x02\x01\0" + encode_frame(Frame(3, 0x55)) + encode_frame(Frame(4, 2, b"\1\2")),
        answers=4,
    )
    assert answers[0] in (Frame(0, Status.TOO_LONG), Frame(0, Status.BAD_COBS))
    assert answers[1:3] == [Frame(0, Status.TOO_SHORT), Frame(3, Status.UNKNOWN_COMMAND)]
    last = answers[3]
    assert isinstance(last, Frame) and (last.sequence, last.code) == (4, Status.OK)
    assert unpack_result(NETWORK, last.payload).prediction == 3


def test_a_byte_that_is_lost_ends_in_a_status():
    """Zeros come faster than answers leave: those that are lost could have been any bytes."""
    frame = encode_frame(Frame(9, Command.HELLO))
    hello = Hello(VERSION, Kind.VIRTUAL, 3, 2, 2, 1, 25_000_000, NETWORK.digest())
    answer = Frame(9, Status.OK, hello.pack())
    # The first frame is being answered, the second waits in the decoder, a zero waits after it.
    answers = talk(2 * frame + 120 * b"\0" + frame, answers=4)
    assert answers == [answer, answer, Frame(0, Status.TOO_SHORT), answer]
