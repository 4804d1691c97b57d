"""Batches of samples over the link: each answer once, in its place, whatever is lost."""

import dataclasses
import threading

import numpy as np
import pytest

from spikewright.device.connect import connect
from spikewright.device.faulty_wire import FaultyWire
from spikewright.device.link import Link
from spikewright.device.session import Session
from spikewright.device.virtual import VirtualBoard
from spikewright.errors import DataError, DeviceError
from spikewright.gateware.board import BOARDS, DEFAULT_BOARD
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.protocol import Command, Frame

from .test_session import HELLO, NETWORK, answer, plugged
from .test_virtual import NETWORK as REAL_NETWORK
from .test_virtual import program  # noqa: F401  # a fixture


def drawn(count: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 2, (count, 4, 13))


def test_a_batch_has_the_answers_of_single_inferences(program):  # noqa: F811
    spikes = drawn(60)
    with VirtualBoard(program) as running, connect(running.port, network=REAL_NETWORK) as board:
        expected = tuple(board.infer(sample) for sample in spikes)
        told: list[int] = []
        assert board.infer_batch(spikes, progress=told.append) == expected
        assert told == list(range(1, 61)) and board.repeated == 0
        counted = board.status()
        assert counted.inferences == 120
        assert (counted.overflows, counted.bad_checksums, counted.malformed) == (0, 0, 0)
        assert board.infer_batch(spikes[:0]) == ()


def test_no_answer_of_a_batch_is_lost_or_in_the_place_of_another(program):  # noqa: F811
    spikes = drawn(150)
    with VirtualBoard(program) as running:
        with connect(running.port, network=REAL_NETWORK) as board:
            expected = tuple(board.infer(sample) for sample in spikes)
        with FaultyWire(running.port, rate=0.1, seed=11) as wire:
            link = Link(wire.port, timeout=0.2, retries=30)
            with Session(
                link, network=REAL_NETWORK, design=EventDesign(), board=BOARDS[DEFAULT_BOARD],
                simulator="Verilator",
            ) as board:
                assert board.infer_batch(spikes) == expected
                assert board.repeated > 0


@pytest.mark.parametrize("window", [1, 2])
def test_no_more_is_on_the_way_than_the_board_holds(monkeypatch, window):
    """A board that answers late: what came meanwhile is counted."""
    hello = dataclasses.replace(HELLO, window=window)
    most, open_, lock = [0], [0], threading.Lock()

    def peer(frame):
        made = answer(frame, hello=hello)
        if isinstance(frame, Frame) and frame.code == Command.INFER:
            with lock:
                most[0] = max(most[0], open_[0])
        return made

    with plugged(peer) as port, connect(port, network=NETWORK, timeout=60) as board:
        post, judge = board._link._post, board._link._awaited

        def posted(*args):
            open_[0] += 1
            return post(*args)

        def awaited(*args):
            found = judge(*args)
            open_[0] -= 1
            return found

        monkeypatch.setattr(board._link, "_post", posted)
        monkeypatch.setattr(board._link, "_awaited", awaited)
        spikes = np.zeros((20, 3, 9), np.uint8)
        assert [one.prediction for one in board.infer_batch(spikes)] == [0] * 20
    assert 1 <= most[0] <= window and open_[0] == 0


def test_a_wrong_sample_is_told_before_anything_is_sent():
    asked = []

    def peer(frame):
        asked.append(frame.code)
        return answer(frame)

    with plugged(peer) as port, connect(port, network=NETWORK, timeout=60) as board:
        spikes = np.zeros((3, 3, 9), np.uint8)
        spikes[2, 1, 4] = 2
        with pytest.raises(DataError, match=r"^Input 4 of step 1 is 2; a spike is 0 or 1\.$"):
            board.infer_batch(spikes)
    assert Command.INFER not in asked


@pytest.mark.parametrize("spikes", [None, np.zeros((4, 13)), 5])
def test_what_is_no_batch_is_told(spikes):
    with plugged(answer) as port, connect(port, network=NETWORK) as board:
        for call in (board.infer_batch, board.infer_all):
            with pytest.raises(DataError, match=r"^the samples are of shape .*; a batch is"):
                call(spikes)


def test_a_batch_of_a_port_that_is_closed_is_told():
    with plugged(answer) as port, connect(port, network=NETWORK) as board:
        pass
    with pytest.raises(DeviceError, match="went away in the middle of INFER"):
        board.infer_batch(np.zeros((2, NETWORK.steps, NETWORK.inputs), int))
