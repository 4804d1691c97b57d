"""docs/coding.md, coding by coding, in numbers of Python. A sample is nested lists."""

import hashlib
import struct
from decimal import Decimal, localcontext
from math import floor
from typing import Any

__all__ = ["encode"]

MASK = 2**64 - 1


def encode(coding: dict[str, Any], sample: Any) -> list[list[int]]:
    """Return of each step what each input takes."""
    fields = {name: value for name, value in coding.items() if name != "name"}
    return CODINGS[coding["name"]](sample, **fields)


def flat(sample: Any) -> list[float]:
    """Return the values of a sample, row by row."""
    if isinstance(sample, (list, tuple)):
        return [x for one in sample for x in flat(one)]
    return [float(sample)]


def at_times(times: list[int | None], steps: int) -> list[list[int]]:
    return [[int(time == step) for time in times] for step in range(steps)]


def ttfs(sample, *, inputs, steps, low, high, silent):
    def time(x: float) -> int | None:
        if x <= silent:
            return None
        return min(floor((high - x) * steps / (high - silent)), steps - 1)

    return at_times([time(x) for x in flat(sample)], steps)


def log_latency(sample, *, inputs, steps, low, high, silent):
    with localcontext() as context:
        context.prec = 50
        bottom, width = Decimal(low), Decimal(high) - Decimal(low)
        root = ((Decimal(silent) - bottom) / width).ln() / steps
        ends = [float(bottom + width * (k * root).exp()) for k in range(1, steps)] + [silent]

    def time(x: float) -> int | None:
        late = sum(x <= one for one in ends)
        return late if late < steps else None

    return at_times([time(x) for x in flat(sample)], steps)


def philox(key: int, counter: int) -> list[int]:
    """Encrypt a counter by Philox4x64-10."""
    words = [counter >> 64 * k & MASK for k in range(4)]
    keys = [key & MASK, key >> 64]
    for _ in range(10):
        first, second = words[0] * 0xD2E7470EE14C6C93, words[2] * 0xCA5A826395121157
        words = [
            (second >> 64) ^ words[1] ^ keys[0], second & MASK,
            (first >> 64) ^ words[3] ^ keys[1], first & MASK,
        ]
        keys = [(keys[0] + 0x9E3779B97F4A7C15) & MASK, (keys[1] + 0xBB67AE8584CAA73B) & MASK]
    return words


def rate(sample, *, inputs, steps, low, high, most, seed):
    values = [x + 0.0 for x in flat(sample)]
    data = seed.to_bytes(8, "little") + struct.pack(f"<{inputs}d", *values)
    key = int.from_bytes(hashlib.sha256(data).digest()[:16], "little")
    numbers = [x for n in range(1, steps * inputs // 4 + 2) for x in philox(key, n)]
    chances = [most * ((x - low) / (high - low)) for x in values]
    return [
        [int((numbers[s * inputs + i] >> 11) / 2**53 < chances[i]) for i in range(inputs)]
        for s in range(steps)
    ]


def direct(sample, *, inputs, steps, low, high, bits, sequence):
    scale = (2**bits - 1) / (high - low)

    def whole(x: float) -> int:
        return floor((x - low) * scale + 1 / 2)

    each = sample if sequence else [sample] * steps
    return [[whole(x) for x in flat(one)] for one in each]


def population(sample, *, values, fields, steps, low, high, overlap, silent):
    spacing = (high - low) / (fields - 2)
    width = spacing / overlap
    with localcontext() as context:
        context.prec = 50
        quiet = Decimal(silent)
        responses = [1 - k * (1 - quiet) / steps for k in range(1, steps)] + [quiet]
        ends = [float((-2 * one.ln()).sqrt()) for one in responses]

    def time(x: float, field: int) -> int | None:
        away = abs(x - (low + (field - 3 / 2) * spacing)) / width
        late = sum(away >= one for one in ends)
        return late if late < steps else None

    times = [time(x, field) for x in flat(sample) for field in range(1, fields + 1)]
    return at_times(times, steps)


def delta(sample, *, length, channels, steps, low, high, threshold, start):
    levels = [start] * channels
    result = []
    for s in range(steps):
        part = sample[s * length // steps : (s + 1) * length // steps]
        on, off = [0] * channels, [0] * channels
        for c in range(channels):
            signal = sum((flat(one)[c] for one in part), 0.0) / len(part)
            if signal - levels[c] > threshold:
                on[c], levels[c] = 1, levels[c] + threshold
            elif signal - levels[c] < -threshold:
                off[c], levels[c] = 1, levels[c] - threshold
        result.append(on + off)
    return result


def events(sample, *, height, width, polarities, steps, duration, factor):
    rows, columns = -(-height // factor), -(-width // factor)
    result = [[0] * (rows * columns * polarities) for _ in range(steps)]
    if duration is None and sample:
        duration = sample[-1][0] - sample[0][0] + 1
    for t, x, y, p in sample:
        step = (t - sample[0][0]) * steps // duration
        if step < steps:
            result[step][(y // factor * columns + x // factor) * polarities + p] = 1
    return result


def spikes(sample, *, inputs, steps):
    return [[int(x) for x in step] for step in sample]


CODINGS = {
    one.__name__: one
    for one in (ttfs, log_latency, rate, direct, population, delta, events, spikes)
}
