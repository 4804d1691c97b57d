"""The sources in software: whole sequences of numbers, and their sharing, as arrays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikewright_hw.stochastic.source import (
    counter,
    halton,
    lfsr,
    shared_source,
    sobol,
    van_der_corput,
)
from spikewright_hw.stochastic.source.source import Limits

__all__ = ["SOURCES", "SourceModel", "sequence", "share"]

Numbers = NDArray[np.uint64]  # wide enough for guard bits and for long sequences


@dataclass(frozen=True)
class SourceModel:
    """A source in software.

    Parameters
    ----------
    limits : Limits
        Its widths and first numbers.
    numbers : callable
        Gives the numbers from ``indices`` (counted from zero), ``width``, ``init`` and what
        ``parameters`` names.
    parameters : tuple of str
        Parameters of its own.
    """

    limits: Limits
    numbers: Callable[..., Numbers]
    parameters: tuple[str, ...] = ()


def sequence(
    name: str, *, width: int, length: int, init: int | None = None, **parameters: int
) -> NDArray[np.uint32]:
    """Return the first numbers of a source after reset, one a clock cycle.

    After ``reseed`` come the same numbers with the loaded number as ``init``.

    Parameters
    ----------
    name : str
        One of :data:`SOURCES`.
    width : int
        Bits of a number.
    length : int
        How many numbers, at least none.
    init : int, optional
        First number; that of the core if left out.
    **parameters : int
        What else the source takes: ``dimension`` (sobol), ``base`` (halton).

    Returns
    -------
    ndarray of uint32, shape (length,)

    Raises
    ------
    ValueError
        There is no such source, or a parameter is out of its range.
    """
    if name not in SOURCES:
        raise ValueError(f"a source is one of {', '.join(SOURCES)}, not {name!r}")
    source = SOURCES[name]
    for parameter in parameters:
        if parameter not in source.parameters:
            raise ValueError(f"the source {name} has no {parameter}")
    if length < 0:
        raise ValueError(f"the length of a sequence is at least 0, not {length}")
    first = source.limits.init if init is None else init
    source.limits.check(width=width, init=first)
    indices = np.arange(length, dtype=np.uint64)
    return source.numbers(indices, width=width, init=first, **parameters).astype(np.uint32)


def share(
    numbers: NDArray[np.uint32], *, width: int, lanes: int, how: str, stride: int = 1
) -> NDArray[np.uint32]:
    """Return the numbers of each lane that shares a source.

    Parameters
    ----------
    numbers : ndarray of uint32, shape (..., length)
        The source's numbers.
    width, lanes, how, stride
        As those of the core (:mod:`spikewright_hw.stochastic.source.shared_source`).

    Returns
    -------
    ndarray of uint32, shape (..., lanes, length)

    Raises
    ------
    ValueError
        There is no such sharing.
    """
    wide = numbers.astype(np.uint64)
    made = [
        _moved(wide, order) ^ np.uint64(flips)
        for order, flips in shared_source.wires(width=width, lanes=lanes, how=how, stride=stride)
    ]
    return np.stack(made, axis=-2).astype(np.uint32)


def _moved(numbers: Numbers, order: tuple[int, ...]) -> Numbers:
    """Move the bits of each number: bit ``k`` becomes what bit ``order[k]`` was."""
    result = np.zeros_like(numbers)
    for place, bit in enumerate(order):
        result |= (numbers >> np.uint64(bit) & np.uint64(1)) << np.uint64(place)
    return result


def _counted(indices: Numbers, *, width: int, init: int) -> Numbers:
    return indices + np.uint64(init) & np.uint64((1 << width) - 1)


def _reversed(indices: Numbers, *, width: int, init: int) -> Numbers:
    start = van_der_corput.reverse(init, width=width)
    order = tuple(reversed(range(width)))
    return _moved(_counted(indices, width=width, init=start), order)


def _sobol(indices: Numbers, *, width: int, init: int, dimension: int = 0) -> Numbers:
    directions = sobol.directions(width=width, dimension=dimension)
    counts = _counted(indices, width=width, init=0)
    return _combined(counts ^ counts >> np.uint64(1), directions) ^ np.uint64(init)


def _halton(indices: Numbers, *, width: int, init: int, base: int = 3) -> Numbers:
    weights, guard = halton.weights(width=width, base=base)
    fraction = np.zeros_like(indices)
    for weight in weights:
        indices, digits = np.divmod(indices, np.uint64(base))
        fraction += digits * np.uint64(weight)
    return _counted(fraction >> np.uint64(guard), width=width, init=init)


def _lfsr(indices: Numbers, *, width: int, init: int) -> Numbers:
    """Double the sequence: its second half is its first, as many steps on, and steps are linear."""
    states = np.array([init], dtype=np.uint64)
    steps = np.array([lfsr.step(1 << bit, width=width) for bit in range(width)], dtype=np.uint64)
    while len(states) < len(indices):
        states = np.concatenate([states, _combined(states, steps)])
        steps = _combined(steps, steps)
    return states[: len(indices)]


def _combined(numbers: Numbers, columns: NDArray[np.uint64] | list[int]) -> Numbers:
    """Return, for each number, the exclusive or of the columns at which it has a one."""
    result = np.zeros_like(numbers)
    for bit, column in enumerate(columns):
        result ^= (numbers >> np.uint64(bit) & np.uint64(1)) * np.uint64(column)
    return result


SOURCES = {
    "lfsr": SourceModel(lfsr.LIMITS, _lfsr),
    "counter": SourceModel(counter.LIMITS, _counted),
    "van_der_corput": SourceModel(van_der_corput.LIMITS, _reversed),
    "sobol": SourceModel(sobol.LIMITS, _sobol, ("dimension",)),
    "halton": SourceModel(halton.LIMITS, _halton, ("base",)),
}
"""The sources by name."""
