"""The whole board at its two pins, with an engine that can be checked by hand."""

import pytest
from amaranth import Module, ResetInserter, Signal, unsigned
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
from spikewright_hw.network import Layer, Network
from spikewright_hw.protocol import (
    OPTIONAL,
    RUN_TAIL,
    VERSION,
    BoardStatus,
    Command,
    Frame,
    Hello,
    Kind,
    Status,
    encode_frame,
)

from .serial_line import converse

NETWORK = Network(
    (
        Layer(
            weights=((1, -1), (2, 3), (0, 1)), weight_bits=4, neuron="li",
            parameters={"decay": 0.875}, membrane=Format(8, 8),
        ),
    ),
    steps=2,
)  # fmt: skip


#: What a board without sensors, with the weights built in, may be asked.
BUILT_IN = frozenset(Command) - {Command.LOAD, Command.POWER}


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


def talk(
    data: bytes, *, answers: int, divisor: int = 4, pause: int = 0, **options
) -> list[Frame | Status]:
    """Send bytes to a board and return what it answers; after each frame there may be a pause."""
    dut = BoardTop(
        network=NETWORK, divisor=divisor, clock_hz=25_000_000, virtual=True,
        engine=Counter(NETWORK), **options,
    )  # fmt: skip
    return converse(
        dut, data, answers=answers, divisor=divisor, pause=pause,
        within=ResetInserter(dut.reset)(dut),
    )


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
    hello = Hello(
        VERSION, Kind.VIRTUAL, 3, 2, 2, 1, 25_000_000, NETWORK.digest(), BUILT_IN, divisor, 2
    )
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
    hello = Hello(
        VERSION, Kind.VIRTUAL, 3, 2, 2, 1, 25_000_000, NETWORK.digest(), BUILT_IN, 4, 2
    )
    answer = Frame(9, Status.OK, hello.pack())
    # The first frame is being answered, two wait in the decoder, a zero waits after them.
    answers = talk(3 * frame + 120 * b"\0" + frame, answers=5)
    assert answers == [answer, answer, Frame(0, Status.TOO_SHORT), answer, answer]


def run_of(times: int, inputs: bytes) -> bytes:
    return encode_frame(Frame(5, Command.RUN, times.to_bytes(4, "little") + inputs))


def ran(answer: Frame | Status) -> tuple[int, int, int]:
    """Return the prediction of an answer to RUN, the inferences that are left, and the cycles."""
    assert isinstance(answer, Frame) and (answer.sequence, answer.code) == (5, Status.OK)
    result, tail = answer.payload[:-RUN_TAIL], answer.payload[-RUN_TAIL:]
    prediction = unpack_result(NETWORK, result).prediction
    return prediction, int.from_bytes(tail[:4], "little"), int.from_bytes(tail[4:], "little")


def test_runs_inferences_from_its_own_memory():
    one, many, last = map(ran, talk(
        run_of(1, b"\5\6") + run_of(40, b"\3\1") + run_of(2, b"\7\2"), answers=3, pause=3_000
    ))
    assert (one[:2], many[:2], last[:2]) == ((5 + 6, 0), (3 + 1, 0), (7 + 2, 0))
    assert many[2] == 40 * one[2] and last[2] == 2 * one[2]
    assert one[2] == 5  # two bytes, the bitmap of each, and the result


def test_a_run_ends_when_a_byte_comes():
    """It would take longer than all the rest; what comes after the byte is answered."""
    data = run_of(1 << 30, b"\5\6") + b"\0" + encode_frame(Frame(9, Command.TRACE))
    found, trace = talk(data, answers=2, pause=500)
    prediction, left, cycles = ran(found)
    done = (1 << 30) - left
    assert prediction == 11 and 50 < done < 500 and cycles == 5 * done
    assert isinstance(trace, Frame) and (trace.sequence, trace.code) == (9, Status.OK)


def test_counts_what_it_refuses_and_what_it_infers():
    frame = encode_frame(Frame(1, Command.INFER, b"\1\2"))
    bad = frame[:1] + b"\3" + frame[2:]
    status = encode_frame(Frame(7, Command.STATUS))
    answers = talk(
        status + frame + bad + b"\2\1\0" + b"\x09\1\0" + run_of(20, b"\1\1") + status,
        answers=7, pause=3_000,
    )
    first, last = answers[0], answers[-1]
    assert isinstance(first, Frame) and isinstance(last, Frame)
    assert BoardStatus.unpack(first.payload) == BoardStatus(
        bad_checksums=0, overflows=0, malformed=0, inferences=0
    )
    assert BoardStatus.unpack(last.payload) == BoardStatus(
        bad_checksums=1, overflows=0, malformed=2, inferences=21
    )


def test_counts_frames_that_lost_bytes():
    """Each of them, though of errors that happen while another waits one is answered."""
    hello = encode_frame(Frame(9, Command.HELLO))
    # The first is being answered, two wait in the decoder; bytes after them are lost.
    *_, last = talk(3 * hello + 120 * b"\0" + encode_frame(Frame(7, Command.STATUS)), answers=5)
    assert isinstance(last, Frame)
    found = BoardStatus.unpack(last.payload)
    assert (found.bad_checksums, found.overflows, found.malformed) == (0, 1, 0)


def test_a_reset_is_answered_and_forgets_all():
    infer, trace = Frame(1, Command.INFER, b"\1\2"), Frame(2, Command.TRACE)
    reset, status = Frame(3, Command.RESET), Frame(4, Command.STATUS)
    answers = talk(
        b"".join(map(encode_frame, (infer, trace, reset, trace, status, infer))),
        answers=6, pause=3_000,
    )
    assert [answer.code for answer in answers if isinstance(answer, Frame)] == [
        Status.OK, Status.OK, Status.OK, Status.NO_INFERENCE, Status.OK, Status.OK
    ]
    assert answers[2] == Frame(3, Status.OK)
    assert answers[4] == Frame(4, Status.OK, bytes(BoardStatus.SIZE))


def test_commands_that_are_left_out_are_not_known_and_said_to_be():
    few = frozenset({Command.STATUS})
    hello, reset, run, status = talk(
        encode_frame(Frame(1, Command.HELLO)) + encode_frame(Frame(2, Command.RESET))
        + run_of(3, b"\1\1") + encode_frame(Frame(3, Command.STATUS)),
        answers=4, pause=3_000, optional=few,
    )
    assert isinstance(hello, Frame)
    assert Hello.unpack(hello.payload).commands == BUILT_IN - OPTIONAL | few
    assert [reset, run, status] == [
        Frame(2, Status.UNKNOWN_COMMAND), Frame(0, Status.TOO_LONG),
        Frame(3, Status.OK, bytes([0, 0, 1, 0, 0, 0, 0])),
    ]
