"""Rates of a board's port: a virtual board really runs at each; what is lost is found again."""

import dataclasses
import time

import numpy as np
import pytest

import spikewright as spw
from spikewright.device.connect import connect
from spikewright.device.faulty_wire import FaultyWire
from spikewright.device.link import Link
from spikewright.device.session import Session
from spikewright.device.virtual import VirtualBoard
from spikewright.errors import DeviceError
from spikewright.gateware.board import BOARDS
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.protocol import Command, Frame, Hello, Kind, Status, encode_frame

from .test_session import HELLO, NETWORK, SPIKES, answer, plugged
from .test_virtual import NETWORK as REAL_NETWORK
from .test_virtual import program  # noqa: F401  # a fixture

BOARD = BOARDS["icebreaker"]
RATED = dataclasses.replace(HELLO, commands=frozenset(Command), clock_hz=24_000_000, divisor=24)


@pytest.fixture
def running(program):  # noqa: F811
    with VirtualBoard(program) as board:
        yield board


def opened(board: VirtualBoard, **options) -> Session:
    return connect(
        board.port, network=REAL_NETWORK, board=BOARD, timeout=10, trouble=board.trouble, **options
    )


def test_a_virtual_board_runs_at_the_rate_that_it_is_asked_for(running):
    """At 12 MHz: 3 Mbaud are 4 cycles a bit, as the first rate is; 2 Mbaud are 6."""
    spikes = np.random.default_rng(1).integers(0, 2, (4, 13))
    with opened(running) as board:
        expected = board.infer(spikes)
        assert board.rate == 1_000_000
        for rate in (2_000_000, 3_000_000, 2_000_000, 1_000_000):
            board.set_rate(rate)
            assert board.rate == rate and board.infer(spikes) == expected
        assert board.repeated == 0


def test_a_board_that_another_host_left_at_a_higher_rate_is_found(running):
    with opened(running, rate=2_000_000) as board:
        board._link.close()
        board._port_rate.give_back = lambda: None
    link = Link(running.port, timeout=0.3, retries=1)
    with Session(
        link, network=REAL_NETWORK, design=EventDesign(), board=BOARD, simulator="Verilator"
    ) as board:
        board.identify()
        assert board.rate == 2_000_000
        board.set_rate("auto")  # of a virtual one, the first
        assert board.rate == 1_000_000


def test_a_board_that_is_closed_is_left_at_its_first_rate(running):
    with opened(running, rate=3_000_000) as board:
        assert board.rate == 3_000_000
    with opened(running) as board:
        assert board.rate == 1_000_000 and board.repeated == 0


def test_a_reset_keeps_the_rate(running):
    with opened(running, rate=2_000_000) as board:
        board.reset()
        assert board.rate == 2_000_000 and board.status().inferences == 0


def test_no_change_of_rate_loses_the_link_on_a_wire_that_spoils_frames(running):
    spikes = np.random.default_rng(2).integers(0, 2, (4, 13))
    with FaultyWire(running.port, rate=0.1, seed=4) as wire:
        link = Link(wire.port, timeout=0.3, retries=20)
        with Session(
            link, network=REAL_NETWORK, design=EventDesign(), board=BOARD, simulator="Verilator"
        ) as board:
            board.identify()
            expected = board.infer(spikes)
            for rate in [2_000_000, 3_000_000, 1_000_000] * 4:
                board.set_rate(rate)
                assert board.infer(spikes) == expected and board.rate == rate
        assert sum(wire.done.values()) > wire.done["frames"]


def peer(*, lost: tuple[int, ...] = (), stuck: bool = False):
    """Return a board that answers at any rate but loses the answers to some RATEs, or refuses."""
    asked: list[int] = []

    def reply(frame):
        if isinstance(frame, Frame) and frame.code == Command.RATE:
            asked.append(int.from_bytes(frame.payload, "little"))
            if len(asked) in lost:
                return b""
            return encode_frame(Frame(frame.sequence, Status.OK))
        return answer(frame, hello=RATED)

    return reply, asked


def test_the_highest_rate_of_the_file_is_taken_by_itself():
    reply, asked = peer()
    with plugged(reply) as port, connect(port, network=NETWORK, board=BOARD, timeout=60) as board:
        assert board.rate == 6_000_000 and asked == [4]
        assert board.infer(SPIKES).prediction == 0
    assert asked == [4, 24]  # and given back


def test_an_answer_to_rate_that_is_lost_loses_nothing():
    reply, asked = peer(lost=(1, 2, 3))
    with plugged(reply) as port, connect(port, network=NETWORK, board=BOARD) as board:
        assert board.infer(SPIKES).prediction == 0
        assert board.rate in (4_000_000, 6_000_000) and asked[:3] == [4, 4, 4]


def test_a_board_that_answers_at_no_other_rate_goes_on_at_its_first(monkeypatch):
    """The port of this board takes no other: nothing is asked of the board then."""
    monkeypatch.setattr(Link, "turn", lambda link, baud: baud == link.baud)
    reply, asked = peer()
    with plugged(reply) as port, connect(port, network=NETWORK, board=BOARD, timeout=60) as board:
        assert board.rate == 1_000_000 and asked == []


def deaf(at: list[Link]):
    """Return a board that hears nothing unless the port of the host has its first rate."""
    reply, asked = peer()

    def heard(frame):
        return reply(frame) if not at or at[0].baud == 1_000_000 else b""

    return heard, asked


def test_a_rate_at_which_nothing_is_answered_is_given_up(monkeypatch):
    links: list[Link] = []
    made = Link.__init__

    def noted(link, *args, **more):
        links.append(link)
        made(link, *args, **more)

    monkeypatch.setattr(Link, "__init__", noted)
    reply, asked = deaf(links)
    started = time.monotonic()
    with plugged(reply) as port, connect(port, network=NETWORK, board=BOARD) as board:
        assert board.rate == 1_000_000 and board.infer(SPIKES).prediction == 0
        assert asked == [4, 6, 8, 12]  # 6, 4, 3 and 2 Mbaud at 24 MHz
        with pytest.raises(DeviceError, match=(
            r"^The board on .* does not answer at 3000000 bits per second; it goes on at 1000000. "
            r"Take a lower rate, or leave the rate out\.$"
        )):
            board.set_rate(3_000_000)
        assert board.rate == 1_000_000 and board.infer(SPIKES).prediction == 0
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (500_000, "its rates are from 1000000 to 12000000; take 6000000 or 4000000 or"),
        (12_000_000, r"2 cycles of its clock are too few for a bit; take 6000000 or 4000000 or"),
        (5_000_000, r"5 cycles of its clock are off by 4\.0 %; take 6000000 or 4000000 or 3000000"),
    ],
)
def test_a_rate_that_the_board_cannot_have_is_told(rate, words):
    with plugged(peer()[0]) as port, connect(
        port, network=NETWORK, board=BOARD, timeout=60
    ) as board:
        with pytest.raises(DeviceError, match=(
            rf"^The board on .* \(iCEBreaker\) cannot have a serial port of {rate} bits per "
            rf"second: {words}"
        )):
            board.set_rate(rate)
        assert board.rate == 6_000_000


def test_a_board_without_the_command_stays_at_its_rate():
    with plugged(answer) as port:
        with connect(port, network=NETWORK, board=BOARD, timeout=60) as board:
            assert board.rate == 1_000_000
        with pytest.raises(DeviceError, match=(
            r"was built without RATE, so its port stays at 1000000 bits per second; leave the rate "
            r"out, or build it with all commands of the link\.$"
        )):
            connect(port, network=NETWORK, board=BOARD, timeout=60, rate=3_000_000)


@pytest.mark.parametrize("rate", ["fast", 2.5, None, True])
def test_what_is_no_rate_is_refused(rate):
    with pytest.raises(ValueError, match=r"^rate is .*; it must be bits per second, or 'auto'$"):
        spw.open_board(NETWORK, rate=rate)


def test_a_rate_below_one_is_refused():
    with pytest.raises(ValueError, match=r"^rate is 0; it must be a whole number of at least 1$"):
        spw.open_board(NETWORK, rate=0)


def test_the_hello_of_these_boards():
    assert RATED.kind == Kind.REAL and Hello.unpack(RATED.pack()) == RATED
