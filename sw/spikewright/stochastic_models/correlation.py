"""Correlation of streams in software, on arrays of bits with time as the last axis.

:func:`scc` measures it. The others are equal, bit for bit, to the cores of
``spikewright_hw.stochastic.correlation`` that their first lines name, from cleared state, and work
on all leading axes at once. Where a core has a state that decides, they walk along time alone.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["decorrelate", "desynchronize", "isolate", "scc", "synchronize"]

Bits = NDArray[np.bool_]


def scc(a: Bits, b: Bits) -> NDArray[np.float64]:
    """Return the stochastic cross correlation of streams, -1 to 1.

    With the probabilities of ones ``p(a)``, ``p(b)`` and ``p(ab)`` that streams have over their
    length, and ``excess = p(ab) - p(a) p(b)``, it is

    .. code-block:: none

        excess / (min(p(a), p(b)) - p(a) p(b))               if excess > 0
        excess / (p(a) p(b) - max(p(a) + p(b) - 1, 0))       if excess < 0
        0                                                    if excess = 0

    (A. Alaghi, J. P. Hayes, "Exploiting correlation in stochastic circuit design", ICCD 2013). It
    is 1 where the streams overlap as much as their values allow, -1 where they do as little as
    these allow, 0 where they overlap as independent ones would. A constant stream has an excess of
    zero with any other, hence 0: its overlap tells nothing.
    """
    a, b = np.broadcast_arrays(a, b)
    length = a.shape[-1]
    ones_a, ones_b, both = a.sum(-1), b.sum(-1), (a & b).sum(-1)
    product = ones_a * ones_b  # in integers, times length squared, so that zero is zero
    excess = both * length - product
    most = np.minimum(ones_a, ones_b) * length - product
    least = product - np.maximum(ones_a + ones_b - length, 0) * length
    room = np.where(excess > 0, most, least)
    return np.divide(excess, room, out=np.zeros(excess.shape), where=excess != 0)


def synchronize(a: Bits, b: Bits, *, depth: int) -> tuple[Bits, Bits]:
    """Pair the ones of two streams (``synchronizer``)."""
    a, b = np.broadcast_arrays(a, b)
    lead = np.zeros(a.shape[:-1], int)
    out_a, out_b = np.empty(a.shape, bool), np.empty(a.shape, bool)
    for t in range(a.shape[-1]):
        both = (a[..., t] | (lead > 0)) & (b[..., t] | (lead < 0))
        lead = lead + a[..., t] - b[..., t]
        out_a[..., t] = both | (lead > depth)
        out_b[..., t] = both | (lead < -depth)
        lead = lead.clip(-depth, depth)
    return out_a, out_b


def desynchronize(a: Bits, b: Bits, *, depth: int) -> tuple[Bits, Bits]:
    """Keep the ones of two streams apart (``desynchronizer``); ``a`` is as it came."""
    a, b = np.broadcast_arrays(a, b)
    inside = np.zeros(a.shape[:-1], int)
    out = np.empty(a.shape, bool)
    for t in range(a.shape[-1]):
        inside = inside + b[..., t]
        out[..., t] = inside > np.where(a[..., t], depth, 0)
        inside = inside - out[..., t]
    return a, out


def decorrelate(a: Bits, b: Bits, addresses: ArrayLike) -> tuple[Bits, Bits]:
    """Shuffle ``b`` (``decorrelator``); ``a`` is as it came.

    ``addresses``, an int array ``[length]``, is shared by all streams. A bit comes out when its
    address is next asked for, so the order is the same for all streams and is found once.
    """
    a, b = np.broadcast_arrays(a, b)
    addresses = np.asarray(addresses)
    order = np.argsort(addresses, kind="stable")  # by address, and in time within each
    follows = addresses[order[1:]] == addresses[order[:-1]]
    out = np.zeros(b.shape, bool)
    out[..., order[1:][follows]] = b[..., order[:-1][follows]]
    return a, out


def isolate(a: Bits, b: Bits, *, delay: int) -> tuple[Bits, Bits]:
    """Delay ``b`` (``isolator``); ``a`` is as it came."""
    a, b = np.broadcast_arrays(a, b)
    out = np.zeros(b.shape, bool)
    out[..., delay:] = b[..., : max(b.shape[-1] - delay, 0)]
    return a, out
