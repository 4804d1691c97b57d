"""How fast the bit-exact predictor is: a part of ``spikewright bench stochastic``."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Literal

import numpy as np

from spikewright_hw.engine.streams import Streams

from ...network.fast import Predictor
from ...record.figure import Measured
from ...record.stochastic_bench import Curve
from ...stochastic_models.engine import predictor
from ...stochastic_models.packed import packed_predictor
from .networks import Subject

__all__ = ["speed"]


def speed(
    subject: Subject, *, repeats: int, lengths: Sequence[int] = (256, 1024), threads: int = 2,
    copies: int = 64, tell: Callable[[str], None],
) -> list[Curve]:
    """Time the bit-exact predictor on copies of the test part, and bit by bit on the part itself.

    Both take turns, so that whatever else the machine does slows both.
    """
    network, spikes = subject.networks[subject.seeds[0]], subject.spikes
    many = np.tile(spikes, (copies, 1, 1))
    found: dict[str, list[list[float]]] = {"threads": [], "cpu": [], "ratio": []}
    for length in lengths:
        tell(f"{length} bits")
        streams = Streams(length=length)
        fast = predictor(network, streams=streams, threads=threads)
        alone = predictor(network, streams=streams, threads=1)
        slow = packed_predictor(network, streams=streams, threads=1)
        fast(many)  # once before it counts
        rates = [_timed(fast, many) for _ in range(repeats)]
        found["threads"].append([rate for rate, _ in rates])
        found["cpu"].append([rate for _, rate in rates])
        found["ratio"].append(
            [_timed(alone, many)[1] / _timed(slow, spikes)[1] for _ in range(min(repeats, 3))]
        )
    kinds: dict[str, tuple[str, str, Literal["perf_counter", "process_time"]]] = {
        "threads": (f"the predictor on {threads} threads", "samples/s", "perf_counter"),
        "cpu": ("the predictor, by CPU time", "samples/CPU s", "process_time"),
        "ratio": ("the predictor over streams of packed bits, one thread", "times", "process_time"),
    }
    return [
        Curve(
            part="speed",
            name=f"speed_{kind}",
            tags={"task": subject.task.name, "engine": words},
            over="length",
            at=tuple(lengths),
            values=tuple(median(one) for one in found[kind]),
            head=lengths[0],
            unit=unit,
            provenance=Measured(
                instrument=f"time.{clock}",
                tap=f"predictions of {len(many)} encoded samples on {subject.sizes}, "
                "sign-magnitude streams of Sobol numbers; median of the repeats",
                sampling_rate_hz=1 / time.get_clock_info(clock).resolution,
            ),
            detail={"repeats": found[kind]},
        )
        for kind, (words, unit, clock) in kinds.items()
    ]


def _timed(predict: Predictor, spikes: np.ndarray) -> tuple[float, float]:
    """Return samples per second, and per second of CPU time."""
    start, used = time.perf_counter(), time.process_time()
    predict(spikes)
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    return len(spikes) / wall, len(spikes) / cpu
