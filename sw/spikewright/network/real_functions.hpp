// Functions of one number, of the type R that a program computes with.
//
// They are made of sums, products and comparisons without branches, so that loops over many numbers
// are vectorised, and so that they are the same on every processor. Each is within a few units in
// the last place of the exact value.

#include <cstdint>
#include <cstring>
#include <type_traits>

typedef std::conditional<sizeof(R) == 4, std::int32_t, std::int64_t>::type Bits;

static const R LN2_HIGH = sizeof(R) == 4 ? R(0.693359375) : R(6.93147180369123816490e-01);
static const R LN2_LOW = sizeof(R) == 4 ? R(-2.12194440e-4) : R(1.90821492927058770002e-10);
static const int MANTISSA = sizeof(R) == 4 ? 23 : 52;
static const Bits BIAS = sizeof(R) == 4 ? 127 : 1023;
// Added to a number, it leaves the nearest whole number in the last bits.
static const R ROUNDER = R(1.5) * R(Bits(1) << MANTISSA);

static inline Bits bits_of(R x) {
    Bits bits;
    std::memcpy(&bits, &x, sizeof x);
    return bits;
}

static inline R of_bits(Bits bits) {
    R x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

// A condition as 0 or 1, and a choice by one, as bits: a compiler makes branches of what it sees to
// be a choice, and does not vectorise these.
static inline R real(bool condition) { return of_bits(-Bits(condition) & bits_of(R(1))); }
static inline R choose(bool condition, R yes, R no) {
    const Bits mask = -Bits(condition);
    return of_bits((bits_of(yes) & mask) | (bits_of(no) & ~mask));
}

static inline R abs_of(R x) { return x < 0 ? -x : x; }
static inline R smaller(R a, R b) { return b < a ? b : a; }
static inline R larger(R a, R b) { return a < b ? b : a; }

// a * b + c, rounded once where the processor does that, and as PyTorch does it there.
static inline R fused(R a, R b, R c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return sizeof(R) == 4 ? R(__builtin_fmaf(float(a), float(b), float(c)))
                          : R(__builtin_fma(double(a), double(b), double(c)));
#else
    return a * b + c;
#endif
}

// exp(x) = 2^n (1 + p), with p = exp(r) - 1 where r is what n times log(2) leaves of x.
struct Split { R p, half; };  // half is 2^(n-1), which is finite where 2^n is not

static inline Split split(R x) {
    const R least = sizeof(R) == 4 ? R(-86) : R(-708);
    const R most = sizeof(R) == 4 ? R(89) : R(710);
    x = larger(smaller(x, most), least);
    const R shifted = x * R(1.44269504088896340736) + ROUNDER;
    const R n = shifted - ROUNDER;
    const R r = (x - n * LN2_HIGH) - n * LN2_LOW;
    R series;
    if (sizeof(R) == 4) {
        series = R(1.0 / 5040);
        series = series * r + R(1.0 / 720);
    } else {
        series = R(1.0 / 6227020800.0);
        series = series * r + R(1.0 / 479001600.0);
        series = series * r + R(1.0 / 39916800.0);
        series = series * r + R(1.0 / 3628800.0);
        series = series * r + R(1.0 / 362880.0);
        series = series * r + R(1.0 / 40320.0);
        series = series * r + R(1.0 / 5040.0);
        series = series * r + R(1.0 / 720.0);
    }
    series = series * r + R(1.0 / 120);
    series = series * r + R(1.0 / 24);
    series = series * r + R(1.0 / 6);
    series = series * r + R(0.5);
    const Bits whole = bits_of(shifted) - bits_of(ROUNDER);
    return {series * r * r + r, of_bits((whole + BIAS - 1) << MANTISSA)};
}

static inline R exp_of(R x) {
    const Split e = split(x);
    return (e.half + e.half * e.p) * 2;
}

static inline R expm1_of(R x) {
    const Split e = split(x);
    const R large = (e.half + e.half * e.p) * 2;
    const R small = e.half * 2 * e.p + (e.half * 2 - 1);
    return x > 50 ? large : small;
}

static inline R tanh_of(R x) {
    const R e = expm1_of(-2 * abs_of(x));
    const R size = -e / (e + 2);
    return x < 0 ? -size : size;
}

static inline R sigmoid_of(R x) { return 1 / (1 + exp_of(-x)); }

// x = m 2^n with m between the roots of 1/2 and 2; log(m) = 2 artanh(s).
static inline R log_of(R x) {
    const Bits root = bits_of(R(0.70710678118654752440));
    const Bits moved = bits_of(x) - root;
    const Bits n = moved >> MANTISSA;
    const R m = of_bits(bits_of(x) - n * (Bits(1) << MANTISSA));
    const R s = (m - 1) / (m + 1);
    const R square = s * s;
    R series = R(1.0 / 9);
    if (sizeof(R) == 8) {
        series = R(1.0 / 23);
        series = series * square + R(1.0 / 21);
        series = series * square + R(1.0 / 19);
        series = series * square + R(1.0 / 17);
        series = series * square + R(1.0 / 15);
        series = series * square + R(1.0 / 13);
        series = series * square + R(1.0 / 11);
        series = series * square + R(1.0 / 9);
    }
    series = series * square + R(1.0 / 7);
    series = series * square + R(1.0 / 5);
    series = series * square + R(1.0 / 3);
    const R of_m = 2 * s + 2 * s * square * series;
    return R(n) * LN2_HIGH + (of_m + R(n) * LN2_LOW);
}

// (exp(x) - 1) / x, near zero by its series, and its slope.
static inline R exprel_of(R x) {
    const R size = abs_of(x);
    const R series = 1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6))));
    const R away = size < R(0.01) ? R(1) : x;
    return size < R(0.01) ? series : expm1_of(away) / away;
}

static inline R exprel_slope(R x) {
    const R size = abs_of(x);
    const R series = R(0.5) + x * (R(1.0 / 3) + x * (R(0.125) + x * (R(1.0 / 30)
        + x * R(1.0 / 144))));
    const R away = size < R(0.01) ? R(1) : x;
    const R e = expm1_of(away);
    return size < R(0.01) ? series : (e + 1) / away - e / (away * away);
}

static inline R root_of(R x) {
    return sizeof(R) == 4 ? R(__builtin_sqrtf(float(x))) : R(__builtin_sqrt(double(x)));
}

static inline R floor_of(R x) {
    return sizeof(R) == 4 ? R(__builtin_floorf(float(x))) : R(__builtin_floor(double(x)));
}
