"""The product of what a dense layer hears and its rows of weights, compiled.

A row is added for each input that is not zero, so that its time is that of the spikes. A step in
which a sample hears what it heard in the step before, as it does of a constant graded input, takes
the sums of that step.
"""

import ctypes

import numpy as np

from ..native import library

__all__ = ["DenseProduct"]

_LONG = ctypes.c_int64
#: Neurons of a vector of the source below.
_LANES = 16


class DenseProduct:
    """Rows of weights, ready to be added.

    Parameters
    ----------
    run : function
        The compiled one.
    adds : int array ``[inputs, neurons]``
        Whose sums float32 holds exactly, whatever is heard.
    """

    def __init__(self, run, adds: np.ndarray):
        inputs, self._neurons = adds.shape
        self._run = run
        self._rows = np.zeros((inputs, -(-self._neurons // _LANES) * _LANES), np.float32)
        self._rows[:, : self._neurons] = adds

    @classmethod
    def of(cls, adds: np.ndarray) -> "DenseProduct | None":
        """Compile it; return None where that cannot be done."""
        made = library(_SOURCE)
        return None if made is None else cls(made.product, adds)

    def __call__(self, heard: np.ndarray) -> np.ndarray:
        """Return the sums, int32 ``[steps, samples, neurons]``.

        ``heard`` is ``[steps, samples, inputs]``, of spikes or of whole numbers from 0 to 255.
        """
        heard = np.ascontiguousarray(heard, None if heard.dtype == bool else np.uint8)
        steps, samples, inputs = heard.shape
        padded = self._rows.shape[1]
        sums = np.empty((steps, samples, padded), np.int32)
        self._run(
            *(ctypes.c_void_p(one.ctypes.data) for one in (heard, self._rows, sums)),
            *map(_LONG, (steps, samples, inputs, padded)),
        )
        return sums[..., : self._neurons]


_SOURCE = """\
#include <cstdint>
#include <cstring>
#include <vector>

typedef float V __attribute__((vector_size(64)));
typedef std::int32_t W __attribute__((vector_size(64)));
enum { LANES = 16 };

template <int VECTORS>
static void add(
    const std::uint8_t *bytes, const std::int32_t *heard, std::int64_t count,
    const float *rows, std::int64_t neurons, std::int32_t *sums
) {
    V total[VECTORS] = {};
    for (std::int64_t k = 0; k < count; ++k) {
        const float value = float(bytes[heard[k]]);
        const float *const row = rows + heard[k] * neurons;
        for (int n = 0; n < VECTORS; ++n) {
            V weights;
            std::memcpy(&weights, row + n * LANES, sizeof weights);
            total[n] += weights * value;
        }
    }
    for (int n = 0; n < VECTORS; ++n) {
        const W whole = __builtin_convertvector(total[n], W);
        std::memcpy(sums + n * LANES, &whole, sizeof whole);
    }
}

// Without a branch for each byte: spikes cannot be predicted.
static std::int64_t find(const std::uint8_t *bytes, std::int64_t count, std::int32_t *heard) {
    std::int64_t found = 0, n = 0;
    for (; n + 8 <= count; n += 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes + n, 8);
        if (word)
            for (int at = 0; at < 8; ++at) {
                heard[found] = std::int32_t(n + at);
                found += (word >> 8 * at & 255) != 0;
            }
    }
    for (; n < count; ++n) {
        heard[found] = std::int32_t(n);
        found += bytes[n] != 0;
    }
    return found;
}

extern "C" void product(
    const std::uint8_t *bytes, const float *rows, std::int32_t *sums,
    std::int64_t steps, std::int64_t samples, std::int64_t inputs, std::int64_t neurons
) {
    std::vector<std::int32_t> room(inputs + 1);
    std::int32_t *const heard = room.data();
    const std::int64_t step = samples * inputs;
    for (std::int64_t n = 0; n < steps * samples; ++n, bytes += inputs, sums += neurons) {
        if (n >= samples && !std::memcmp(bytes, bytes - step, inputs)) {
            std::memcpy(sums, sums - samples * neurons, neurons * sizeof *sums);
            continue;
        }
        const std::int64_t count = find(bytes, inputs, heard);
        std::int64_t at = 0;
        for (; at + 8 * LANES <= neurons; at += 8 * LANES)
            add<8>(bytes, heard, count, rows + at, neurons, sums + at);
        for (; at + 2 * LANES <= neurons; at += 2 * LANES)
            add<2>(bytes, heard, count, rows + at, neurons, sums + at);
        for (; at < neurons; at += LANES)
            add<1>(bytes, heard, count, rows + at, neurons, sums + at);
    }
}
"""
