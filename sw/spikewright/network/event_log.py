"""The epochs of a training as a file of events, which TensorBoard reads.

A record is its length, a check of that, a message of Protocol Buffers, and a check of it; checks
are CRC-32C, rotated and with a constant added. A message has a time, a step, and numbers by name
(``tensorflow/core/util/event.proto`` and ``framework/summary.proto``).
"""

import struct
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

__all__ = ["events"]

#: Fields of an epoch that are drawn over the epochs.
_DRAWN = ("loss", "learning_rate", "held_out", "seconds")
_VERSION = b"brain.Event:2"


def events(history: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a file of what was told of the epochs, as :class:`~.phases.Progress` has it."""
    after = sum(row["seconds"] for row in history)
    made = [_record(_double(1, time.time() - after) + _bytes(3, _VERSION))]
    for row in history:
        after -= row["seconds"]
        values = b"".join(
            _bytes(1, _bytes(1, f"{row['phase']}/{name}".encode()) + _float(2, row[name]))
            for name in _DRAWN if row[name] is not None
        )
        message = _double(1, time.time() - after) + _whole(2, row["epoch"]) + _bytes(5, values)
        made.append(_record(message))
    return b"".join(made)


def _record(message: bytes) -> bytes:
    length = struct.pack("<Q", len(message))
    return length + _check(length) + message + _check(message)


def _check(data: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _table()[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    rotated = (crc >> 15) | (crc << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


@cache
def _table() -> tuple[int, ...]:
    """Return what each byte adds to a CRC-32C, whose polynomial is 0x1EDC6F41, reflected here."""
    def entry(value: int) -> int:
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        return value

    return tuple(map(entry, range(256)))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _whole(field: int, value: int) -> bytes:
    return bytes([field << 3]) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return bytes([field << 3 | 1]) + struct.pack("<d", value)


def _bytes(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(value)) + value


def _float(field: int, value: float) -> bytes:
    return bytes([field << 3 | 5]) + struct.pack("<f", value)
