"""The figures of a run, each with its provenance."""

import numpy as np

from . import energy, scores
from .figure import Computed, Figure, PostRoute
from .run_record import BuildRecord, RunRecord

__all__ = ["figures"]


def figures(record: RunRecord) -> tuple[Figure, ...]:
    """Return every figure of a run, in the order in which they are read."""
    return (
        *scores.figures(record),
        *_agreement(record),
        *_timing(record),
        *_size(record),
        *_activity(record),
        *_algorithm(record),
        *_energy(record),
    )


def _algorithm(record: RunRecord) -> list[Figure]:
    """Return the metrics of NeuroBench's algorithm track, at batch size 1."""
    found = record.algorithm
    if found is None:
        return []
    room, samples = found.footprint, {"samples": record.answered}
    stored = Computed("from the network file")
    board = Computed(f"from the spikes that the board reported on {record.split}, per sample")
    reference = Computed(
        f"from the membranes of the integer reference on {record.split}, per sample; those that a "
        "board sends were compared"
    )
    dense = Computed("from the network file: all inputs set in every step, per sample")
    parts = {
        "bits": room.bits, "weights_bits": room.weights, "biases_bits": room.biases,
        "states_bits": room.states,
    }
    per_layer = {"per_layer": list(found.sparsity_per_layer)}
    effective = {"counted": found.counted_operations} | samples
    made = [
        Figure("footprint_bytes", room.bytes, "bytes", stored, parts),
        Figure("connection_sparsity", found.connection_sparsity, "1", stored),
        Figure("dense_operations", found.dense_operations, "1", dense),
        Figure("effective_macs", found.effective_macs, "1", board, samples),
        Figure("effective_acs", found.effective_acs, "1", board, effective),
    ]
    if found.activation_sparsity is not None:
        made.insert(
            2, Figure("activation_sparsity", found.activation_sparsity, "1", board, per_layer)
        )
    if found.membrane_updates is not None:
        made.append(
            Figure("membrane_updates", found.membrane_updates, "1", reference, samples)
        )
    return made


def _energy(record: RunRecord) -> tuple[Figure, ...]:
    """Return the estimate, where there is a model of the device."""
    model = energy.model_of(record.board.device, streams=record.stream_length is not None)
    if model is None:
        return ()
    return energy.figures(
        cycles=float(record.counters.cycles.mean()),
        synops=float(record.counters.synops.mean()) * (record.stream_length or 1),
        clock_mhz=record.board.clock_mhz,
        model=model,
    )


def _agreement(record: RunRecord) -> list[Figure]:
    return [
        Figure(
            name,
            sum(kinds.values()),
            "1",
            Computed("board against the engine's reference, equal or not, value by value"),
            {kind: int(number) for kind, number in kinds.items()},
        )
        for name, kinds in (("mismatches", record.mismatches), ("compared", record.compared))
    ]


def _timing(record: RunRecord) -> list[Figure]:
    cycles, clock = record.counters.cycles, record.board.clock_mhz
    p50, p95 = (float(value) for value in np.percentile(cycles, (50, 95)))
    most, mean = int(cycles.max()), float(cycles.mean())
    build = record.build
    return [
        Figure(
            "cycles_mean",
            mean,
            "cycles",
            record.counting,
            {"min": int(cycles.min()), "p50": p50, "p95": p95, "samples": record.answered},
        ),
        Figure("cycles_max", most, "cycles", record.counting, {"samples": record.answered}),
        Figure("clock_mhz", clock, "MHz", Computed("read from the board, as its top was built")),
        *(
            [Figure("fmax_mhz", build.fmax_mhz, "MHz", _placed(build))] if build is not None else []
        ),
        Figure(
            "latency_us",
            mean / clock,
            "µs",
            record.counting,
            {
                "p50": p50 / clock, "p95": p95 / clock, "max": most / clock, "clock_mhz": clock,
                "standard_error": _standard_error(cycles) / clock,
                "samples": record.answered,
            },
        ),
        Figure(
            "throughput_per_s", clock * 1e6 / mean, "1/s", record.counting,
            {"pipelined": False, "batch": 1, "samples": record.answered},
        ),
        *_link(record, latency_us=mean / clock),
    ]


def _standard_error(values: np.ndarray) -> float:
    """Return the standard error of a mean; 0 of a single value, whose spread is not known."""
    return float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0


def _link(record: RunRecord, *, latency_us: float) -> list[Figure]:
    """Return what the serial port adds: ten bits on the wire for each byte, at its rate."""
    if not record.link_bytes or not record.board.baud:
        return []
    wire_us = record.link_bytes * 10 / record.board.baud * 1e6
    what = Computed(
        "bytes of a command and its answer, framed, ten bits each, at the rate of the serial port; "
        "without the delay of the host and of its USB bridge"
    )
    detail = {"bytes": record.link_bytes, "baud": record.board.baud}
    back_us = wire_us * record.answer_bytes / record.link_bytes
    window = record.board.window
    buffered = [
        Figure(
            "throughput_link_buffered_per_s",
            1e6 / max(wire_us - back_us, latency_us + back_us), "1/s",
            Computed(
                "the next command comes over the serial port while the board infers and answers: "
                "1 / max(command, latency + answer), each as in link_us"
            ),
            {**detail, "answer_bytes": record.answer_bytes, "window": window},
        )
    ]
    return [
        Figure("link_us", wire_us, "µs", what, detail),
        Figure(
            "throughput_link_per_s", 1e6 / (wire_us + latency_us), "1/s",
            Computed("one inference after the other over the serial port: 1 / (link + latency)"),
            detail,
        ),
        *(buffered if window > 1 else []),
    ]


def _size(record: RunRecord) -> list[Figure]:
    build = record.build
    if build is None:
        return []
    source = _placed(build)
    return [
        Figure(name, getattr(build, name), "1", source) for name in ("lut", "ff", "bram", "dsp")
    ]


def _placed(build: BuildRecord) -> PostRoute:
    return PostRoute(build.tool, build.seed, build.corner)


def _activity(record: RunRecord) -> list[Figure]:
    counters = record.counters
    layers = [float(mean) for mean in counters.spikes.mean(axis=0)]
    means = (
        ("synops_per_inference", counters.synops, {}),
        ("input_events_per_inference", counters.input_events, {}),
        ("spikes_per_inference", counters.spikes.sum(axis=1), {"per_layer": layers}),
    )
    return [
        Figure(
            name, float(values.mean()), "1", record.counting,
            {"max": int(values.max()), **more, "samples": record.answered},
        )
        for name, values, more in means
    ]
