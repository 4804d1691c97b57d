// The product of what is heard, mostly zeros, and rows of weights, of the type R, and its gradient.
//
// A row is added for each event, in the order of the events: sums are the same on every processor,
// whatever the width of its vectors.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

typedef R V __attribute__((vector_size(64)));
enum { LANES = 64 / sizeof(R), MANY = 8 };

static inline V load(const R *from) {
    V value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

// The places of what is not zero, without a branch for each: spikes cannot be predicted.
static std::int64_t find(const R *heard, std::int64_t count, std::int32_t *places, bool &ones) {
    std::int64_t found = 0, n = 0;
#ifdef __AVX512F__
    if (sizeof(R) == 4) {
        const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        for (; n + 16 <= count; n += 16) {
            const __m512 values = _mm512_loadu_ps(heard + n);
            const __mmask16 there = _mm512_cmp_ps_mask(values, _mm512_setzero_ps(), _CMP_NEQ_UQ);
            ones &= there == _mm512_cmp_ps_mask(values, _mm512_set1_ps(1), _CMP_EQ_OQ);
            const __m512i at = _mm512_add_epi32(lanes, _mm512_set1_epi32(int(n)));
            _mm512_storeu_si512(places + found, _mm512_maskz_compress_epi32(there, at));
            found += __builtin_popcount(there);
        }
    }
#endif
    for (; n < count; ++n) {
        places[found] = std::int32_t(n);
        found += heard[n] != 0;
        ones &= (heard[n] == 0) | (heard[n] == 1);
    }
    return found;
}

template <int VECTORS, bool ONES>
static void sum(
    const R *heard, const std::int32_t *places, std::int64_t count, const R *rows,
    std::int64_t neurons, R *sums
) {
    V total[VECTORS] = {};
    for (std::int64_t k = 0; k < count; ++k) {
        const R *const row = rows + places[k] * neurons;
        for (int n = 0; n < VECTORS; ++n)
            total[n] += ONES ? load(row + n * LANES) : load(row + n * LANES) * heard[places[k]];
    }
    std::memcpy(sums, total, sizeof total);
}

// Room for `places`: inputs + 16 of each sample. `neurons` is a multiple of LANES.
extern "C" void product_forward(
    const R *heard, const R *rows, R *sums, std::int32_t *places, std::int64_t *starts,
    std::int64_t samples, std::int64_t inputs, std::int64_t neurons
) {
    starts[0] = 0;
    for (std::int64_t r = 0; r < samples; ++r, heard += inputs, sums += neurons) {
        std::int32_t *const mine = places + starts[r];
        bool ones = true;
        const std::int64_t count = find(heard, inputs, mine, ones);
        starts[r + 1] = starts[r] + count;
        std::int64_t at = 0;
        for (; at + MANY * LANES <= neurons; at += MANY * LANES)
            (ones ? sum<MANY, true> : sum<MANY, false>)(
                heard, mine, count, rows + at, neurons, sums + at);
        for (; at < neurons; at += LANES)
            (ones ? sum<1, true> : sum<1, false>)(
                heard, mine, count, rows + at, neurons, sums + at);
    }
}

// Of up to 64 samples: which of them heard an input stands in the bits of its mask.
template <int VECTORS>
static void gather(
    const R *heard, const std::uint64_t *masks, const R *gradients, R *of_rows,
    std::int64_t inputs, std::int64_t neurons
) {
    for (std::int64_t i = 0; i < inputs; ++i, of_rows += neurons) {
        if (!masks[i]) continue;
        V total[VECTORS];
        std::memcpy(total, of_rows, sizeof total);
        for (std::uint64_t left = masks[i]; left; left &= left - 1) {
            const int sample = __builtin_ctzll(left);
            const R value = heard[sample * inputs + i];
            for (int n = 0; n < VECTORS; ++n)
                total[n] += load(gradients + sample * neurons + n * LANES) * value;
        }
        std::memcpy(of_rows, total, sizeof total);
    }
}

extern "C" void product_backward(
    const R *heard, const R *gradients, R *of_rows, const std::int32_t *places,
    const std::int64_t *starts, std::int64_t samples, std::int64_t inputs, std::int64_t neurons
) {
    std::vector<std::uint64_t> masks(inputs);
    for (std::int64_t first = 0; first < samples; first += 64) {
        std::fill(masks.begin(), masks.end(), 0);
        const std::int64_t end = std::min<std::int64_t>(first + 64, samples);
        for (std::int64_t r = first; r < end; ++r)
            for (std::int64_t k = starts[r]; k < starts[r + 1]; ++k)
                masks[places[k]] |= std::uint64_t(1) << (r - first);
        const R *const mine = heard + first * inputs, *const given = gradients + first * neurons;
        std::int64_t at = 0;
        for (; at + MANY * LANES <= neurons; at += MANY * LANES)
            gather<MANY>(mine, masks.data(), given + at, of_rows + at, inputs, neurons);
        for (; at < neurons; at += LANES)
            gather<1>(mine, masks.data(), given + at, of_rows + at, inputs, neurons);
    }
}
