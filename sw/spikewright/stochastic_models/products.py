"""How exact one product is: over all pairs of factors, for any pair of sources."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from typing import Literal, get_args

import numpy as np

from spikewright_hw.engine.stream_products import PAIRS, aligned

from .sources import sequence

__all__ = ["BITS", "GATES", "NUMBERS", "Gate", "numbers", "product_rms"]

Gate = Literal["and", "xnor", "sign_magnitude"]

#: Multipliers by what they are called.
GATES: tuple[Gate, ...] = get_args(Gate)

#: Bits of a factor, its sign among them where it has one.
BITS = 8


def _second_lfsr(*, width: int, length: int) -> Iterable[int]:
    return islice(PAIRS["lfsr"].inputs.sequence(width=width), length)


#: Sources by name; each gives numbers from ``width`` and ``length``. Two of the same name are one
#: source that both factors share.
NUMBERS: Mapping[str, Callable[..., Iterable[int]]] = {
    "lfsr": partial(sequence, "lfsr"),
    "lfsr_half": _second_lfsr,
    "counter": partial(sequence, "counter"),
    "van_der_corput": partial(sequence, "van_der_corput"),
    "sobol_0": partial(sequence, "sobol", dimension=0),
    "sobol_1": partial(sequence, "sobol", dimension=1),
    "halton_2": partial(sequence, "halton", base=2),
    "halton_3": partial(sequence, "halton", base=3),
}


def numbers(name: str, *, length: int, width: int) -> np.ndarray:
    """Return the numbers of a source for streams of a length, a power of two.

    The source is as wide as the length has bits; ``width`` bits of its numbers are compared with a
    factor, zeros after them where it has too few.
    """
    order = length.bit_length() - 1
    made = NUMBERS[name](width=order, length=length)
    return np.array([aligned(int(number), order, width) for number in made])


def product_rms(gate: Gate, first: str, second: str, *, length: int) -> float:
    """Return the root of the mean squared error of a product, over all pairs of factors.

    Factors are the whole multiples of a step in 0 to 1 (``and``: 257 of them), or in -1 to 1, both
    ends among them (257, too). The error is that of the product's value, whose ends are the same.

    Parameters
    ----------
    gate : str
        One of :data:`GATES`.
    first, second : str
        Sources of :data:`NUMBERS`.
    length : int
        Bits of the streams, a power of two.
    """
    width = BITS - (gate == "sign_magnitude")
    both = _both(
        *(numbers(name, length=length, width=width) for name in (first, second)), width=width
    )
    scale = 1 << width
    factors = np.arange(scale + 1) / scale
    if gate == "xnor":
        # Ones of each alone are those of it and a stream of ones.
        equal = length - both[:, -1:] - both[-1:, :] + 2 * both
        values, factors = 2 * equal / length - 1, 2 * factors - 1
    else:
        values = both / length
    errors = values - np.multiply.outer(factors, factors)
    if gate == "sign_magnitude":  # signs are exact; each magnitude but zero comes with both
        often = np.where(factors > 0, 2, 1)
        return float(np.sqrt(np.average(errors**2, weights=np.multiply.outer(often, often))))
    return float(np.sqrt(np.mean(errors**2)))


def _both(first: np.ndarray, second: np.ndarray, *, width: int) -> np.ndarray:
    """Count, for each pair of factors, the cycles in which both numbers are below them."""
    top = 1 << width
    ones = np.zeros((top + 1, top + 1), np.int64)
    np.add.at(ones, (first + 1, second + 1), 1)
    return ones.cumsum(axis=0).cumsum(axis=1)
