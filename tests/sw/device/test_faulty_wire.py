"""The wire that spoils frames: what it does to them, and that the link bears it."""

import time
from collections import Counter

import numpy as np
import pytest

from spikewright.device.connect import connect
from spikewright.device.faulty_wire import FAULTS, FaultyWire
from spikewright.errors import DeviceError

from .test_session import NETWORK, SPIKES, answer, plugged


def test_nothing_is_spoiled_at_a_rate_of_zero():
    with plugged(answer) as port, FaultyWire(port, rate=0, seed=1) as wire:
        with connect(wire.port, network=NETWORK, timeout=60) as board:
            for _ in range(5):
                assert board.infer(SPIKES).prediction == 0
            assert board.repeated == 0
        assert wire.done == {"frames": 12}  # HELLO and five of INFER, there and back


def test_every_answer_comes_through_a_wire_that_spoils_a_fifth():
    """Each inference is another one, so that an answer to another would be seen."""
    with plugged(answer) as port, FaultyWire(port, rate=0.2, seed=3) as wire:
        with connect(wire.port, network=NETWORK, timeout=0.05, retries=50) as board:
            board._patience = 0.05
            for number in range(60):
                spikes = np.zeros((3, 9), np.uint8)
                spikes[0, :7] = [number >> bit & 1 for bit in range(7)]
                assert board.infer(spikes).prediction == number
            assert board.repeated > 0
        assert sum(wire.done[fault] > 0 for fault in FAULTS) >= 3, wire.done


def test_what_is_spoiled_follows_from_the_seed():
    frame = bytes(range(1, 20)) + b"\0"

    def spoiled(seed):
        wire = FaultyWire("", rate=0.5, seed=seed)
        return [wire._spoil(frame) for _ in range(200)]

    assert spoiled(4) == spoiled(4) != spoiled(5)
    made = spoiled(4)
    kinds = Counter(
        "whole" if now == frame and not late else "duplicated" if now == frame * 2
        else "reordered" if late == frame else "dropped" if not now
        else "flipped" if len(now) == len(frame)
        and sum((a ^ b).bit_count() for a, b in zip(now, frame, strict=True)) == 1
        else "truncated"
        for now, late in made
    )
    assert 60 < kinds["whole"] < 140 and all(kinds[fault] for fault in FAULTS)


def test_a_cable_that_is_pulled_is_told_and_plugged_in_again_it_works():
    with plugged(answer) as port, FaultyWire(port, rate=0, seed=1) as wire:
        with connect(wire.port, network=NETWORK, timeout=60) as board:
            wire.unplug()
            started = time.monotonic()
            with pytest.raises(DeviceError, match=r"went away in the middle of INFER; check its"):
                board.infer(SPIKES)
            assert time.monotonic() - started < 2
            wire.plug()
        with connect(wire.port, network=NETWORK, timeout=60) as board:
            assert board.infer(SPIKES).prediction == 0


def test_a_rate_that_is_none():
    with pytest.raises(ValueError, match=r"^rate is 2; it must be from 0 to 1$"):
        FaultyWire("", rate=2, seed=0)
