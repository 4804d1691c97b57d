"""State machines in software, on arrays of bits with time as the last axis.

Each function is equal, bit for bit, to the core of ``spikewright_hw.stochastic.arithmetic`` that
its first line names, from reset, and works on all leading axes at once: it walks along time alone.
The values at the end are what the machines make in the long run of bits that are independent in
time.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikewright_hw.stochastic.arithmetic import divider
from spikewright_hw.stochastic.arithmetic.relu import START as RELU_START
from spikewright_hw.stochastic.arithmetic.tanh import START as TANH_START

__all__ = ["quotient", "relu", "relu_value", "tanh", "tanh_value"]

Bits = NDArray[np.bool_]


def quotient(
    a: Bits, b: Bits, pick: NDArray[np.integer] | None = None, *, depth: int = 1
) -> Bits:
    """Divide correlated unipolar streams (``divider``).

    Parameters
    ----------
    a, b : bool arrays ``[..., length]``
        Dividends and divisors.
    pick : int array ``[..., length]``, optional
        Which of the bits kept to repeat, 0 to ``depth - 1``; 0 if it is not given.
    depth : int
        Bits kept.
    """
    a, b, pick = np.broadcast_arrays(a, b, 0 if pick is None else pick)
    kept = np.empty((*a.shape[:-1], depth), bool)  # the newest first
    kept[...] = divider.start(depth=depth) >> np.arange(depth) & 1
    made = np.empty(a.shape, bool)
    for t in range(a.shape[-1]):
        repeated = np.take_along_axis(kept, pick[..., t, None], axis=-1)[..., 0]
        made[..., t] = np.where(b[..., t], a[..., t], repeated)
        moved = np.concatenate([a[..., t, None], kept[..., :-1]], axis=-1)
        kept = np.where(b[..., t, None], moved, kept)
    return made


def tanh(bits: Bits, *, states: int) -> Bits:
    """Return the tanh of bipolar streams (``tanh``)."""
    bits = np.asarray(bits)
    half = states // 2
    state = np.full(bits.shape[:-1], TANH_START)
    made = np.empty(bits.shape, bool)
    for t in range(bits.shape[-1]):
        state = np.clip(state + np.where(bits[..., t], 1, -1), -half, half - 1)
        made[..., t] = state >= 0
    return made


def relu(bits: Bits, *, states: int) -> Bits:
    """Return the ReLU of bipolar streams (``relu``)."""
    bits = np.asarray(bits)
    state = np.full(bits.shape[:-1], RELU_START)
    made = np.empty(bits.shape, bool)
    for t in range(bits.shape[-1]):
        made[..., t] = bits[..., t] | (state == 0)
        state = np.minimum(state + np.where(made[..., t], 1, -1), states - 1)
    return made


def tanh_value(x: ArrayLike, *, states: int) -> NDArray[np.float64]:
    """Return the value that the stochastic tanh comes to, for bipolar values -1 to 1, exact."""
    with np.errstate(divide="ignore"):
        return np.tanh(states / 2 * np.arctanh(np.asarray(x, float)))


def relu_value(x: ArrayLike, *, states: int) -> NDArray[np.float64]:
    """Return the value that the stochastic ReLU comes to, for bipolar values -1 to 1."""
    x = np.asarray(x, float)
    p, q = (1 + x) / 2, (1 - x) / 2
    # Multiplied out with q**(states - 1), so that nothing is divided by zero at x = 1.
    others = sum(p**k * q ** (states - 2 - k) for k in range(states - 1))
    return x + 2 * q**states / (q ** (states - 1) + others)
