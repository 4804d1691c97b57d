"""A batch on several boards: the answers of one board, in the order of the samples."""

from time import sleep
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from spikewright.device.answers import Answers
from spikewright.device.several import infer_on
from spikewright.errors import DeviceError
from spikewright.gateware.board import BOARDS
from spikewright_hw.engine.design import EventDesign


def samples(count: int) -> np.ndarray:
    return np.arange(count)[:, None, None] * np.ones((1, 2, 3))


class Board:
    """A board whose answer is the first value of a sample; it fails at one of them."""

    def __init__(self, *, fails_at: int | None = None):
        self.fails_at, self.done = fails_at, 0

    def infer_all(self, spikes, *, progress) -> Answers:
        answers = []
        for self.done, sample in enumerate(spikes, start=1):
            sleep(0.001)
            if sample[0, 0] == self.fails_at:
                raise DeviceError("the board does not answer")
            answers.append(SimpleNamespace(value=sample[0, 0]))
            progress(self.done)
        return Answers(
            sent=spikes, inferences=answers, board=BOARDS["ulx3s"], design=EventDesign(),
            clock_hz=1, simulator="",
        )


@pytest.mark.parametrize("boards", [1, 2, 3, 7])
def test_answers_are_those_of_one_board(boards):
    told = []
    several: Any = [Board() for _ in range(boards)]
    answers: Any = infer_on(several, samples(7), progress=told.append)
    assert [one.value for one in answers.inferences] == list(range(7))
    np.testing.assert_array_equal(answers.sent, samples(7))
    assert len(told) == max(told) == 7
    assert all(board.done for board in several)


@pytest.mark.parametrize("fails_at", [3, 5003])
def test_one_that_fails_stops_the_others(fails_at):
    several: Any = [Board(fails_at=fails_at), Board(fails_at=fails_at)]
    with pytest.raises(DeviceError, match=r"^the board does not answer$"):
        infer_on(several, samples(10_000))
    assert all(board.done < 2500 for board in several)
