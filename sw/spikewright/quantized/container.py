"""The container of a ``.spw`` file: eight bytes of length, a JSON header, tensors of int8.

What is checked here is the container alone: sizes, that it is whole, that its texts can be written
again. :mod:`~.spw` knows what the fields mean.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from spikewright_hw.checks import text

from ..json_text import parsed_json

__all__ = ["KEY", "MOST_BYTES", "MOST_HEADER", "Malformed", "content_hash", "pack", "unpack"]

#: The one key of the safetensors metadata; its value is a JSON object.
KEY = "spikewright"

#: Most bytes of a file's header, which holds all but the weights; and of a file.
MOST_HEADER = 1 << 23
MOST_BYTES = 1 << 25

#: Most levels of lists and objects within each other.
_DEEPEST = 32


class Malformed(Exception):
    """What is wrong, without the file's name."""


def pack(body: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> bytes:
    """Return the bytes of a file. Raises :exc:`Malformed` if they are more than it may have."""
    content = save(dict(tensors), metadata={KEY: _canonical(body)})
    _check_size(content)
    return content


def unpack(content: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the JSON object and the tensors. Raises :exc:`Malformed` for anything else."""
    _check_size(content)
    body, tensors = _open(content)
    _check_values(body)
    return body, tensors


def content_hash(body: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over the JSON object without its hash, and over each tensor, in hexadecimal."""
    digest = hashlib.sha256(_canonical({k: v for k, v in body.items() if k != "hash"}).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tensor.dtype} {tensor.shape}\n".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _check_size(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise Malformed(f"the file is larger than the {MOST_BYTES} bytes that it may have")
    header = int.from_bytes(content[:8], "little")
    if content[8:9] == b"{" and MOST_HEADER < header <= len(content) - 8:
        raise Malformed(f"its header has {header} bytes; it may have {MOST_HEADER}")


def _check_values(value: Any, at: str = "", depth: int = 0) -> None:
    """Raise :exc:`Malformed` for a text that cannot be written, and for what nests too deeply."""
    if isinstance(value, str):
        try:
            text(at, value)
        except ValueError as error:
            raise Malformed(str(error)) from error
    elif isinstance(value, dict | list):
        if depth > _DEEPEST:
            raise Malformed(f"{at[:60]} is nested more than {_DEEPEST} levels deep")
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            _check_values(key, f"a name in {at or 'the header'}")
            _check_values(one, _below(at, key), depth + 1)


def _below(at: str, key: str | int) -> str:
    return f"{at}[{key}]" if isinstance(key, int) else f"{at}.{key}" if at else key


def _open(content: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """Take the container apart: eight bytes of length, a JSON header, the tensors."""
    foreign = Malformed("this is not a .spw file; give a file that `spikewright train` wrote")
    start = 8 + int.from_bytes(content[:8], "little")
    if len(content) < 9 or content[8:9] != b"{":
        raise foreign
    if len(content) < start:
        raise Malformed("the file is truncated: its header is cut off; copy it again")
    try:
        header = parsed_json(content[8:start], huge=True)
        ends = [
            entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"
        ]
        if ends and len(content) < start + max(ends):
            raise Malformed(
                f"the file is truncated: {start + max(ends)} bytes are announced, "
                f"and there are {len(content)}; copy it again"
            )
        body = parsed_json(header["__metadata__"][KEY].encode(), huge=True)
        tensors = load(content)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, SafetensorError):
        raise foreign from None
    if not isinstance(body, dict):
        raise foreign
    return body, tensors
