"""Large arrays of a step of training whose memory the next step takes again.

The system gives memory in pages that it clears one by one, and takes it back when an array is gone:
of a layer over hundreds of steps, which is hundreds of MB, that takes as long as its neurons. What
is lent here comes back by itself when nothing holds the array any more.
"""

import threading
import weakref
from collections import defaultdict

import numpy as np
import torch
from torch import Tensor

__all__ = ["empty", "empty_like", "release"]

#: Bytes from which on arrays are lent: smaller ones are taken again by the C library.
LEAST = 1 << 25
#: Bytes that are kept at most while nobody has them, and to which arrays are aligned.
MOST, _LINE = 1 << 30, 64

#: A thread that holds it may be told in between that something came back.
_lock = threading.RLock()
_kept: defaultdict[int, list[np.ndarray]] = defaultdict(list)


class _Loan(np.ndarray):
    """Memory that is lent: a tensor holds it, and a weak reference tells when none does."""


def empty_like(tensor: Tensor) -> Tensor:
    """Return a new tensor like another, contiguous, of any content."""
    return empty(tuple(tensor.shape), tensor)


def empty(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Return a new contiguous tensor of a shape, of any content, of the type of another."""
    layout = torch.empty(shape, dtype=like.dtype, device="meta")
    if layout.nbytes < LEAST or like.device.type != "cpu":
        return torch.empty(shape, dtype=like.dtype, device=like.device)
    lent = torch.frombuffer(_lent(layout.nbytes), dtype=like.dtype)
    return lent.new_empty(0).set_(lent.untyped_storage(), 0, shape, layout.stride())


def release() -> None:
    """Give back to the system what nobody has."""
    with _lock:
        _kept.clear()


def _lent(size: int) -> np.ndarray:
    with _lock:
        if not _kept[size]:
            _kept.clear()  # of other sizes: another network, or other samples
            memory = np.empty(size + _LINE, np.uint8)
            first = -memory.ctypes.data % _LINE
            _kept[size].append(memory[first : first + size])
        memory = _kept[size].pop()
    loan = memory.view(_Loan)
    weakref.finalize(loan, _returned, memory).atexit = False
    return loan


def _returned(memory: np.ndarray) -> None:
    with _lock:
        if sum(size * len(each) for size, each in _kept.items()) + memory.nbytes <= MOST:
            _kept[memory.nbytes].append(memory)
