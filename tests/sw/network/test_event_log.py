"""A training's epochs as events: read again by the rules of the format."""

import struct

from spikewright.coding.spikes import Spikes
from spikewright.network.event_log import _check, events
from spikewright.network.model_config import ModelConfig
from spikewright.network.phases import PHASES
from spikewright.network.train import train
from spikewright.network.training_config import Phase, TrainingConfig

from .made_tasks import patterns

HISTORY = [
    {"phase": PHASES[0], "epoch": 1, "loss": 0.5, "learning_rate": 0.02, "held_out": None,
     "seconds": 3.0},
    {"phase": PHASES[1], "epoch": 300, "loss": 0.25, "learning_rate": 0.01, "held_out": 0.75,
     "seconds": 2.0},
]


def fields(message: bytes) -> list[tuple[int, object]]:
    """Return the fields of a message of Protocol Buffers: their numbers, and what they hold."""
    found, at = [], 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value

    while at < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            found.append((number, varint()))
            continue
        size = {1: 8, 5: 4}[kind] if kind != 2 else varint()
        part = message[at : at + size]
        at += size
        found.append((number, part if kind == 2 else struct.unpack("<d" if kind == 1 else "<f",
                                                                   part)[0]))
    return found


def records(content: bytes) -> list[dict[int, object]]:
    found = []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        assert content[8:12] == _check(content[:8])
        message, content = content[12 : 12 + length], content[12 + length :]
        assert content[:4] == _check(message)
        content = content[4:]
        found.append(dict(fields(message)))
    return found


def scalars(record: dict[int, object]) -> dict[str, float]:
    summary = record[5]
    assert isinstance(summary, bytes)
    values = [dict(fields(one)) for _, one in fields(summary)]  # pyright: ignore[reportArgumentType]
    return {one[1].decode(): one[2] for one in values}  # pyright: ignore


def test_a_check_is_that_of_the_published_vector():
    # CRC-32C of "123456789" is 0xE3069283 (RFC 3720), masked as a record has it.
    rotated = (0xE3069283 >> 15 | 0xE3069283 << 17) & 0xFFFFFFFF
    assert _check(b"123456789") == struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


def test_every_epoch_is_an_event():
    first, *rest = records(events(HISTORY))
    assert first[3] == b"brain.Event:2"
    assert [one[2] for one in rest] == [1, 300]
    assert scalars(rest[0]) == {
        "float/loss": 0.5, "float/learning_rate": struct.unpack("<f", struct.pack("<f", 0.02))[0],
        "float/seconds": 3.0,
    }
    assert scalars(rest[1])["quantised/held_out"] == 0.75
    assert abs(rest[1][1] - rest[0][1] - 2) < 0.5  # pyright: ignore[reportOperatorIssue]


def test_a_training_writes_them(tmp_path):
    log = tmp_path / "net.tfevents"
    config = TrainingConfig(
        model=ModelConfig(sizes=(12, 4, 3)), coding=Spikes(inputs=12, steps=6),
        augmentation=None, real=Phase(epochs=2, learning_rate=0.02),
        quantized=Phase(epochs=1, learning_rate=0.002),
    )
    train(config, patterns(), seed=0, log=log)
    assert [one.get(2) for one in records(log.read_bytes())] == [None, 1, 2, 1]
