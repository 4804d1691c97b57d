"""The commands that store a network's weights on a board."""

from collections.abc import Iterator, Sequence

from spikewright_hw.engine.weight_image import WeightImage
from spikewright_hw.protocol import LOAD_HEAD, load_bytes

__all__ = ["load_payloads"]


def load_payloads(images: Sequence[WeightImage]) -> Iterator[bytes]:
    """Yield the payloads of the LOAD commands that store what lies in memories of weights.

    Each has as many whole rows of a memory as it has room for, and is filled up with zeros.
    """
    longest = max((image.row_bytes for image in images), default=0)
    room = load_bytes(longest) - LOAD_HEAD
    for number, image in enumerate(images):
        count = room // image.row_bytes
        for first in range(0, len(image.rows), count):
            rows = b"".join(
                row.to_bytes(image.row_bytes, "little") for row in image.rows[first : first + count]
            )
            yield bytes([number]) + first.to_bytes(2, "little") + rows.ljust(room, b"\0")
