"""Weights that are stored when a board is opened, on a virtual board."""

import re

import numpy as np
import pytest

from spikewright.device.connect import connect
from spikewright.device.load_payloads import load_payloads
from spikewright.device.virtual import VirtualBoard, build_virtual_board
from spikewright.errors import DeviceError
from spikewright.network import reference
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.weight_image import WeightImage
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network
from spikewright_hw.protocol import LOAD_HEAD, load_bytes

DESIGN = EventDesign(weights="loaded", fold=(3, 4, 4))


def network(seed: int, *, sizes: tuple[int, ...] = (12, 9, 8, 4), **fields) -> Network:
    return example_network(
        sizes=sizes, steps=4, weight_bits=4, membrane=Format(8, 2), seed=seed, **fields
    )


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    program = build_virtual_board(network(0), tmp_path_factory.mktemp("board"), design=DESIGN)
    with VirtualBoard(program) as running:
        yield running


def test_networks_of_the_same_shape_run_on_one_board(board):
    rng = np.random.default_rng(1)
    for seed in (7, 0):
        other = network(seed)
        spikes = rng.random((4, 4, 12)) < 0.4
        with connect(board.port, network=other, design=DESIGN) as opened:
            answers = opened.infer_all(spikes)
        run = reference.run(other, spikes)
        assert np.array_equal(answers.outputs, run.outputs)
        assert answers.outputs.any()
        assert all(map(np.array_equal, answers.spikes, run.spikes))


@pytest.mark.parametrize(
    ("other", "design"),
    [
        (network(0, sizes=(12, 9, 6, 4)), DESIGN),
        (network(0, biased=True), DESIGN),
        (network(0, readout="maximum"), DESIGN),
        (network(0), EventDesign(weights="loaded", fold=(9, 4, 4))),
        (network(0), EventDesign(weights="loaded")),
    ],
)
def test_another_shape_is_refused(board, other, design):
    message = (
        f"The board on {board.port} was built for networks of another shape, other neurons or "
        f"biases, or another engine ({DESIGN.digest(network(0)).hex()[:8]}, not "
        f"{design.digest(other).hex()[:8]}); load the bitstream that was built for networks like "
        "this one."
    )
    with pytest.raises(DeviceError, match=f"^{re.escape(message)}$"):
        connect(board.port, network=other, design=design)


def test_a_board_with_its_weights_built_in_is_another_one():
    built = EventDesign(fold=(3, 4, 4))
    assert built.images(network(0)) == ()
    assert built.digest(network(0)) == network(0).digest() != DESIGN.digest(network(0))
    assert DESIGN.digest(network(3)) == DESIGN.digest(network(0))


def test_a_payload_has_whole_rows_and_is_filled_up():
    images = (WeightImage(rows=tuple(range(300)), width=12), WeightImage(rows=(5,), width=3))
    room = load_bytes(2) - LOAD_HEAD
    payloads = list(load_payloads(images))
    assert [len(one) for one in payloads] == [load_bytes(2)] * 4
    assert [one[:3] for one in payloads] == [b"\0\0\0", b"\0\x80\0", b"\0\0\1", b"\1\0\0"]
    rows = b"".join(row.to_bytes(2, "little") for row in range(300))
    assert b"".join(one[3:] for one in payloads[:3]) == rows.ljust(3 * room, b"\0")
    assert payloads[3][3:] == b"\5".ljust(room, b"\0")
    assert list(load_payloads(())) == []
