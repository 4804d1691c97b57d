"""The driver against boards of Python, which answer as they should, or not at all."""

import errno
import os
import random
import re
import secrets
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import serial

from spikewright.device.connect import connect
from spikewright.device.patience import most_cycles, patience
from spikewright.errors import DataError, DeviceError
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.drawn_network import drawn_layer
from spikewright_hw.engine.record import trace_bytes
from spikewright_hw.engine.result_layout import result_layout
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS
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

NETWORK = Network(
    (
        Layer(
            weights=tuple((1, -1) for _ in range(9)), weight_bits=4, neuron="li",
            parameters={"decay": 0.875}, membrane=Format(8, 8),
        ),
    ),
    steps=3,
)  # fmt: skip
HELLO = Hello(
    version=VERSION, kind=Kind.REAL, inputs=9, outputs=2, steps=3, layers=1, clock_hz=25_000_000,
    digest=NETWORK.digest(), commands=frozenset(Command) - {Command.RATE},
)  # fmt: skip
SPIKES = np.zeros((3, 9), dtype=np.uint8)
#: Seconds after which a board that owes an answer is taken to be silent.
TIMEOUT = 0.15
#: Seconds for a board that answers at once: more than a machine with other things to do needs.
PATIENT = 60.0

#: Gives the bytes that go out for one event in the bytes that came in.
Peer = Callable[[Frame | Status], bytes]


def answer(frame: Frame | Status, *, hello: Hello = HELLO) -> bytes:
    """Do what a board does."""
    if isinstance(frame, Status):
        return encode_frame(Frame(0, frame))
    payloads = {
        Command.HELLO: hello.pack(),
        Command.INFER: frame.payload[:1] + bytes(result_layout(NETWORK).size // 8 - 1),
        Command.TRACE: bytes(trace_bytes(NETWORK)),
    }
    return encode_frame(Frame(frame.sequence, Status.OK, payloads[Command(frame.code)]))


@contextmanager
def plugged(peer: Peer) -> Iterator[str]:
    """Return the port of a board that behaves like ``peer``."""
    board, host = os.openpty()
    tty.setraw(host)

    def serve() -> None:
        deframer = Deframer()
        while True:
            try:
                data = os.read(board, 4096)
            except OSError:
                return
            for event in map(deframer.push, data):
                if event is not None:
                    os.write(board, peer(event))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield os.ttyname(host)
    finally:
        os.close(host)  # the read above ends with an error
        thread.join()
        os.close(board)


def failing(peer: Peer, **options) -> str:
    """Return the sentence with which opening a board ends, whose answer needs no waiting for."""
    with plugged(peer) as port:
        with pytest.raises(DeviceError) as caught:
            connect(port, network=NETWORK, **{"timeout": PATIENT, **options})
        return str(caught.value).replace(port, "PORT")


class Sometimes:
    """A board whose answers are spoiled by ``spoil``, all but every third."""

    def __init__(self, spoil: Callable[[bytes], bytes]):
        self.spoil = spoil
        self.count = 0

    def __call__(self, frame: Frame | Status) -> bytes:
        self.count += 1
        right = answer(frame)
        return self.spoil(right) if self.count % 3 else right


def test_a_board_that_works():
    seen = []

    def peer(frame):
        seen.append(frame)
        return answer(frame)

    spikes = SPIKES.copy()
    spikes[0, [0, 8]] = spikes[2, 1] = 1
    with plugged(peer) as port, connect(port, network=NETWORK, timeout=PATIENT) as board:
        assert board.port == port
        assert board.hello() == HELLO
        assert board.infer(spikes).prediction == 1
        assert board.infer(spikes.astype(bool)).prediction == 1
        assert board.trace().membranes == ((0, 0),) * 3
        assert board.repeated == 0
    assert [frame.code for frame in seen] == [1, 1, 2, 2, 3]
    assert seen[2].payload == bytes([0b1, 0b1, 0, 0, 0b10, 0])
    sequences = [frame.sequence for frame in seen]
    assert all(b == a % 255 + 1 for a, b in pairwise(sequences))


def test_sequence_numbers_wrap_past_zero():
    with plugged(answer) as port, connect(port, network=NETWORK, timeout=PATIENT) as board:
        for _ in range(300):
            board.hello()
        assert board.repeated == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda right: b"",
        lambda right: right[:-5],
        lambda right: right[:3] + b"\x55" + right[4:],
        lambda right: encode_frame(Frame(0, Status.BAD_CRC)),
        lambda right: b"\x07\x07\x00" * 5,
        lambda right: encode_frame(Frame(0, 0x99)),
    ],
    ids=["silent", "cut", "garbled", "not-understood", "noise", "unknown"],
)
def test_a_command_is_repeated_until_it_is_answered(spoil):
    peer = Sometimes(spoil)
    with (
        plugged(peer) as port,
        connect(port, network=NETWORK, timeout=TIMEOUT, retries=100) as board,
    ):
        assert board.infer(SPIKES).prediction == 0
        assert board.trace().membranes == ((0, 0),) * 3
        # Of three commands; a busy machine may repeat a command whose answer is under way.
        assert board.repeated == peer.count - 3 > 0


def test_a_late_answer_is_not_taken_for_the_present_one():
    def peer(frame):
        late = encode_frame(Frame((frame.sequence - 2) % 255 + 1, Status.OK, b"late"))
        return late + answer(frame)

    with plugged(peer) as port, connect(port, network=NETWORK, timeout=PATIENT) as board:
        assert board.hello() == HELLO
        assert board.repeated == 0


def test_a_silent_board():
    assert failing(lambda frame: b"", timeout=TIMEOUT) == (
        "The board on PORT does not answer (HELLO, 3 attempts of 0.15 s); check that it is "
        "powered, that it holds this project's bitstream, and that this is its port."
    )


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (lambda frame: b"\x05\x00" * 20, "sends garbled answers: a frame was cut off or garbled"),
        (
            lambda frame: encode_frame(Frame(0, Status.TOO_SHORT)),
            "receives garbled commands: a frame was shorter than any command",
        ),
        (
            lambda frame: encode_frame(Frame(frame.sequence, Status.BAD_CRC)),
            "receives garbled commands: a frame's checksum was wrong, or bytes of it were lost",
        ),
        (lambda frame: encode_frame(frame), "sends back what it receives, as if its lines were"),
        (lambda frame: encode_frame(Frame(1, 0xEE)), "answers with the unknown status 0xee"),
    ],
)
def test_a_board_that_never_gets_it_right(peer, reason):
    sentence = failing(peer, retries=1)
    assert sentence.startswith(f"The board on PORT {reason}")
    assert "(HELLO, 2 attempts of 60 s); check that it is powered" in sentence


@pytest.mark.parametrize(
    "peer", [lambda frame: b"abcdef" * 200, lambda frame: answer(frame)[:-5]]
)
def test_a_board_whose_answer_never_ends(peer):
    sentence = failing(peer, timeout=1, retries=1)
    assert sentence.startswith("The board on PORT sends bytes that are no answer (HELLO, 2 attem")


def test_a_board_that_babbles_without_end():
    board, host = os.openpty()
    tty.setraw(host)
    stop = threading.Event()

    def babble() -> None:
        while not stop.wait(0.01):
            os.write(board, b"\x01\x02\x03")

    thread = threading.Thread(target=babble)
    thread.start()
    try:
        with pytest.raises(DeviceError, match="sends bytes that are no answer"):
            connect(os.ttyname(host), network=NETWORK, timeout=0.2, retries=0)
    finally:
        stop.set()
        thread.join()
        os.close(board)
        os.close(host)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.UNKNOWN_COMMAND, "it does not know this command"),
        (Status.BAD_LENGTH, "its network needs a payload of another length"),
        (Status.NO_INFERENCE, "there was no inference yet"),
    ],
)
def test_a_refusal_is_not_repeated(status, reason):
    asked = []

    def peer(frame):
        asked.append(frame)
        return encode_frame(Frame(frame.sequence, status))

    assert failing(peer) == f"The board on PORT refuses HELLO: {reason}."
    assert len(asked) == 1


def test_a_board_that_goes_away_while_the_port_is_flushed(monkeypatch):
    """A terminal whose other end is gone raises an error that is no OSError."""
    def gone(self):
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr(serial.Serial, "reset_input_buffer", gone)
    assert failing(answer) == (
        "The board on PORT went away in the middle of HELLO; check its cable and its power."
    )


def test_another_protocol_version():
    def peer(frame):
        return encode_frame(Frame(frame.sequence, Status.OK, b"\x09 whatever it says then"))

    assert failing(peer) == (
        "The board on PORT speaks version 9 of the protocol, this program version "
        f"{VERSION}; build and load the bitstream again."
    )


def test_another_network():
    other = replace(NETWORK, steps=4)

    def peer(frame):
        return answer(frame, hello=replace(HELLO, digest=other.digest()))

    assert failing(peer) == (
        f"The board on PORT holds network {other.digest().hex()[:8]}, not "
        f"{NETWORK.digest().hex()[:8]}; load the bitstream that was built for this network and "
        "engine, or choose what the board holds."
    )


@pytest.mark.parametrize("payload", [b"", bytes([VERSION]), HELLO.pack() + b"\0"])
def test_a_malformed_hello(payload):
    def peer(frame):
        return encode_frame(Frame(frame.sequence, Status.OK, payload))

    assert failing(peer) == (
        "The board on PORT answers HELLO with something else: "
        f"a HELLO answer has 53 bytes, not {len(payload)}."
    )


def test_answers_of_the_wrong_size():
    def peer(frame):
        if frame.code == Command.HELLO:
            return answer(frame)
        return encode_frame(Frame(frame.sequence, Status.OK, b"123"))

    with plugged(peer) as port, connect(port, network=NETWORK, timeout=PATIENT) as board:
        with pytest.raises(DeviceError, match=r"answers INFER with something else: .* not 3\.$"):
            board.infer(SPIKES)
        with pytest.raises(DeviceError, match=r"answers TRACE with something else: .* not 3\.$"):
            board.trace()


@pytest.mark.parametrize(
    ("spikes", "sentence"),
    [
        (
            np.zeros((3, 8)),
            "The input has shape [3, 8]; this network takes [3, 9], a row of inputs for each step.",
        ),
        (
            np.zeros(27),
            "The input has shape [27]; this network takes [3, 9], a row of inputs for each step.",
        ),
        (SPIKES + 2, "Input 0 of step 0 is 2; a spike is 0 or 1."),
        (SPIKES - np.eye(3, 9), "Input 0 of step 0 is -1.0; a spike is 0 or 1."),
        (np.where(np.eye(3, 9)[::-1], np.nan, 0), "Input 2 of step 0 is nan; a spike is 0 or 1."),
    ],
)
def test_input_that_does_not_fit_is_not_sent(spikes, sentence):
    asked = []

    def peer(frame):
        asked.append(frame)
        return answer(frame)

    with plugged(peer) as port, connect(port, network=NETWORK, timeout=PATIENT) as board:
        with pytest.raises(DataError) as caught:
            board.infer(spikes)
        assert str(caught.value) == sentence
    assert {frame.code for frame in asked} == {Command.HELLO}  # which a busy machine repeats


def test_a_board_that_is_unplugged():
    board, host = os.openpty()
    tty.setraw(host)
    port = os.ttyname(host)

    def unplug() -> None:
        os.read(board, 4096)
        os.close(board)

    thread = threading.Thread(target=unplug)
    thread.start()
    try:
        with pytest.raises(DeviceError) as caught:
            connect(port, network=NETWORK, timeout=PATIENT)
        assert str(caught.value) == (
            f"The board on {port} went away in the middle of HELLO; "
            "check its cable and its power."
        )
    finally:
        thread.join()
        os.close(host)


def test_a_port_that_does_not_exist(tmp_path):
    with pytest.raises(DeviceError) as caught:
        connect(str(tmp_path / "ttyUSB7"), network=NETWORK)
    assert str(caught.value) == (
        f"The port {tmp_path}/ttyUSB7 cannot be opened: it does not exist; plug the board in and "
        "see `python -m serial.tools.list_ports`, or use the virtual board."
    )


def test_a_file_that_is_no_port(tmp_path):
    file = tmp_path / "file"
    file.touch()
    match = f"^The port {re.escape(str(file))} cannot be opened: it is no serial port"
    with pytest.raises(DeviceError, match=match):
        connect(str(file), network=NETWORK)


def test_a_port_without_permission(monkeypatch):
    def refuse(*_, **__):
        raise serial.SerialException(errno.EACCES, "could not open port")

    monkeypatch.setattr(serial, "Serial", refuse)
    with pytest.raises(DeviceError) as caught:
        connect("/dev/ttyUSB0", network=NETWORK)
    assert str(caught.value) == (
        "The port /dev/ttyUSB0 cannot be opened: there is no permission; on Debian, "
        "`sudo adduser $USER dialout` and a new login give it."
    )


def test_a_port_that_somebody_else_has():
    with plugged(answer) as port, connect(port, network=NETWORK, timeout=PATIENT):
        with pytest.raises(DeviceError) as caught:
            connect(port, network=NETWORK)
        assert str(caught.value) == (
            f"The port {port} cannot be opened: another program has it open; close that first."
        )


def test_a_port_that_takes_bytes_late_is_asked_again(monkeypatch):
    """So it is of a program that had no turn in time: pyserial says so though all was written."""
    with plugged(answer) as port, connect(port, network=NETWORK, timeout=PATIENT) as board:
        plain, left = serial.Serial.write, [2]

        def late(self, data):
            written = plain(self, data)
            left[0] -= 1
            if left[0] >= 0:
                raise serial.SerialTimeoutException("Write timeout")
            return written

        monkeypatch.setattr(serial.Serial, "write", late)
        assert board.hello() == HELLO
        assert board.repeated == 2


def test_a_port_that_takes_no_bytes(monkeypatch):
    def stuck(*_):
        raise serial.SerialTimeoutException("Write timeout")

    with plugged(answer) as port, connect(port, network=NETWORK, timeout=PATIENT) as board:
        monkeypatch.setattr(serial.Serial, "write", stuck)
        with pytest.raises(DeviceError) as caught:
            board.hello()
        assert str(caught.value) == (
            f"The port {port} took no bytes for 60 s; "
            "unplug the board, plug it in again and try once more."
        )


@pytest.mark.parametrize(
    ("kind", "clock_hz"), [(Kind.REAL, 80_000_000), (Kind.VIRTUAL, 80_000_000), (Kind.REAL, 0)]
)
def test_a_real_board_is_given_up_by_its_own_clock(kind, clock_hz):
    """A virtual one may be that much slower than the clock that it states."""

    def silent(frame):
        told = replace(HELLO, kind=kind, clock_hz=clock_hz)
        return b"" if frame.code == Command.INFER else answer(frame, hello=told)

    cycles = most_cycles(NETWORK, EventDesign())
    real = kind is Kind.REAL and clock_hz
    seconds = (0.6 if real else 1) + cycles / (clock_hz if real else 20_000)
    with plugged(silent) as port, connect(port, network=NETWORK, retries=0) as board:
        with pytest.raises(DeviceError) as caught:
            board.infer(SPIKES)
        assert str(caught.value).startswith(
            f"The board on {port} does not answer (INFER, 1 attempts of {seconds:.3g} s); check"
        )
        assert (3 * seconds < 2) == bool(real)  # three attempts unless another number is given


@pytest.mark.parametrize("readout", ["last", "count"])
@pytest.mark.parametrize("neuron", [name for name, one in DEFINITIONS.items() if one.spikes])
def test_patience_is_longer_than_the_longest_inference_on_the_slowest_board(neuron, readout):
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    layers = (
        drawn_layer(rng, inputs=rng.randint(1, 30), neurons=7, neuron=neuron),
        drawn_layer(rng, inputs=7, neurons=2, neuron="li" if readout == "last" else neuron),
    )
    network = Network(layers, rng.randint(1, 9), readout)
    for share in (1, 4, 7):
        designs = [EventDesign(share=share), StochasticDesign(share=share, lanes=2)]
        if not all(layer.recurrent for layer in layers):  # which no fold applies to
            designs.append(EventDesign(share=share, fold=2))
        for design in designs:
            worst = design.worst_cycles(network)
            assert 0 < worst < most_cycles(network, design)
            assert patience(network, design) > 1 + worst / 20_000
