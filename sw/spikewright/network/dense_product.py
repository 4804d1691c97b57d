"""The stored currents of a dense layer from what it hears and its rows of weights, compiled.

A row is added for each input that is not zero, so that its time is that of the spikes. A step in
which a sample hears what it heard in the step before, as it does of a constant graded input, takes
the currents of that step.
"""

import ctypes
from dataclasses import dataclass

import numpy as np

from ..native import library

__all__ = ["DenseProduct", "Rest"]

_LONG = ctypes.c_int64
#: Neurons of a vector of the source below.
_LANES = 16


@dataclass(frozen=True)
class Rest:
    """What becomes of the sum of a neuron's rows.

    .. code-block:: none

        current = (sum + always) * 2**exponent, rounded half up, + bias

    Parameters
    ----------
    always, bias : int array ``[neurons]``
    exponent : int, -30 to 30
    """

    always: np.ndarray
    exponent: int
    bias: np.ndarray


class DenseProduct:
    """Rows of weights, ready to be added.

    Parameters
    ----------
    run : function
        The compiled one.
    adds : int array ``[inputs, neurons]``
        Whose sums float32 holds exactly, whatever is heard.
    rest : Rest
        Each of its intermediate results, whatever is heard, is one of an int32.
    """

    def __init__(self, run, adds: np.ndarray, rest: Rest):
        inputs, self._neurons = adds.shape
        padded = -(-self._neurons // _LANES) * _LANES
        self._run = run
        self._rows = np.zeros((inputs, padded), np.float32)
        self._rows[:, : self._neurons] = adds
        self._ends = np.zeros((2, padded), np.int32)
        self._ends[:, : self._neurons] = rest.always, rest.bias
        self._exponent = rest.exponent

    @classmethod
    def of(cls, adds: np.ndarray, rest: Rest) -> "DenseProduct | None":
        """Compile it; return None where that cannot be done."""
        made = library(_SOURCE)
        return None if made is None else cls(made.product, adds, rest)

    def __call__(self, heard: np.ndarray) -> np.ndarray:
        """Return the stored currents, int32 ``[steps, samples, neurons]``.

        ``heard`` is ``[steps, samples, inputs]``, of spikes or of whole numbers from 0 to 255.
        """
        heard = np.ascontiguousarray(heard, None if heard.dtype == bool else np.uint8)
        steps, samples, inputs = heard.shape
        padded = self._rows.shape[1]
        currents = np.empty((steps, samples, padded), np.int32)
        arrays = heard, self._rows, self._ends, currents
        self._run(
            *(ctypes.c_void_p(one.ctypes.data) for one in arrays),
            *map(_LONG, (steps, samples, inputs, padded, self._exponent)),
        )
        return currents[..., : self._neurons]


_SOURCE = """\
#include <cstdint>
#include <cstring>
#include <vector>

typedef float V __attribute__((vector_size(64)));
typedef std::int32_t W __attribute__((vector_size(64)));
enum { LANES = 16 };

struct Layer {
    const float *rows;
    const std::int32_t *always, *bias;
    std::int64_t neurons, exponent;
};

template <int VECTORS>
static void add(
    const std::uint8_t *bytes, const std::int32_t *heard, std::int64_t count,
    const Layer &layer, std::int64_t at, std::int32_t *currents
) {
    V total[VECTORS] = {};
    const float *const rows = layer.rows + at;
    for (std::int64_t k = 0; k < count; ++k) {
        const float value = float(bytes[heard[k]]);
        const float *const row = rows + heard[k] * layer.neurons;
        for (int n = 0; n < VECTORS; ++n) {
            V weights;
            std::memcpy(&weights, row + n * LANES, sizeof weights);
            total[n] += weights * value;
        }
    }
    for (int n = 0; n < VECTORS; ++n) {
        W always, bias;
        std::memcpy(&always, layer.always + at + n * LANES, sizeof always);
        std::memcpy(&bias, layer.bias + at + n * LANES, sizeof bias);
        W whole = __builtin_convertvector(total[n], W) + always;
        if (layer.exponent >= 0)
            whole = whole << int(layer.exponent);
        else
            whole = (whole + (1 << (-layer.exponent - 1))) >> int(-layer.exponent);
        whole += bias;
        std::memcpy(currents + at + n * LANES, &whole, sizeof whole);
    }
}

// A bit for each of 8 bytes, set where the byte is not zero.
static std::uint64_t bits_of(const std::uint8_t *bytes) {
    const std::uint64_t ends = 0x8080808080808080u;
    std::uint64_t word;
    std::memcpy(&word, bytes, 8);
    word = (((word & ~ends) + ~ends) | word) & ends;
    return (word >> 7) * 0x0102040810204080u >> 56;
}

// Without a branch for each byte: spikes cannot be predicted.
static std::int64_t find(const std::uint8_t *bytes, std::int64_t count, std::int32_t *heard) {
    std::int64_t found = 0, n = 0;
    for (; n + 64 <= count; n += 64) {
        std::uint64_t word = 0;
        for (int at = 0; at < 8; ++at)
            word |= bits_of(bytes + n + 8 * at) << 8 * at;
        for (; word; word &= word - 1)
            heard[found++] = std::int32_t(n + __builtin_ctzll(word));
    }
    for (; n < count; ++n) {
        heard[found] = std::int32_t(n);
        found += bytes[n] != 0;
    }
    return found;
}

extern "C" void product(
    const std::uint8_t *bytes, const float *rows, const std::int32_t *ends, std::int32_t *currents,
    std::int64_t steps, std::int64_t samples, std::int64_t inputs, std::int64_t neurons,
    std::int64_t exponent
) {
    const Layer layer = {rows, ends, ends + neurons, neurons, exponent};
    std::vector<std::int32_t> room(inputs + 1);
    std::int32_t *const heard = room.data();
    const std::int64_t step = samples * inputs;
    for (std::int64_t n = 0; n < steps * samples; ++n, bytes += inputs, currents += neurons) {
        if (n >= samples && !std::memcmp(bytes, bytes - step, inputs)) {
            std::memcpy(currents, currents - samples * neurons, neurons * sizeof *currents);
            continue;
        }
        const std::int64_t count = find(bytes, inputs, heard);
        std::int64_t at = 0;
        for (; at + 8 * LANES <= neurons; at += 8 * LANES)
            add<8>(bytes, heard, count, layer, at, currents);
        for (; at + 2 * LANES <= neurons; at += 2 * LANES)
            add<2>(bytes, heard, count, layer, at, currents);
        for (; at < neurons; at += LANES)
            add<1>(bytes, heard, count, layer, at, currents);
    }
}
"""
