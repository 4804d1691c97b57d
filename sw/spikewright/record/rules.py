"""What no record of a run can say: values that exclude one another, or that no part has.

Written on the plain JSON, from what the figures mean, and not from the code that makes them.
"""

import math
from collections.abc import Iterator
from typing import Any

__all__ = ["LEAST_TRIALS", "LEAST_WINDOW_S", "POWERS_MW", "broken_rules"]

#: Power of the core supply that a part can have at all, mW: least and most. These are bounds of
#: plausibility, set wide on purpose, from data sheets' standby currents and what a package sheds
#: without a cooler; no figure of a report comes from them.
POWERS_MW = {
    "iCE40 UP5K": (0.05, 300), "iCE40 HX8K": (0.5, 1_500),
    "LFE5U": (20, 6_000), "Artix-7": (20, 10_000), "Gowin": (1, 3_000),
}
#: What NeuroBench's rules ask of a measurement, and this project's protocol.
LEAST_TRIALS = 5
LEAST_WINDOW_S = 10.0
_DEVIATION = 0.05

#: What each run on a board says of itself.
_OF_A_RUN = (
    "mismatches", "compared", "cycles_mean", "cycles_max", "clock_mhz", "latency_us",
    "throughput_per_s",
)

#: How far two figures that follow from one another may differ, relative.
_CLOSE = 1e-3


def broken_rules(data: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing that cannot be, of a report that fits the schema."""
    names = [figure["name"] for figure in data["figures"]]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"figure {name} occurs {names.count(name)} times"
    for index, row in enumerate(data["rows"]):
        if sorted(row) != sorted(data["columns"]):
            yield f"row {index} has other columns than the report names"
    figures = {figure["name"]: figure for figure in data["figures"]}
    values = {name: figure["value"] for name, figure in figures.items()}
    if not data["name"].startswith("submission-"):  # its figures are means over trials
        yield from _lacks(figures, "system" in data)
    yield from _ranges(figures)
    yield from _scores(figures)
    yield from _times(values, figures)
    yield from _operations(values, figures)
    yield from _energies(values, data.get("system"))
    yield from _provenance(figures, data.get("system"))
    if "system" in data:
        yield from _measurement(figures, data["system"])
        yield from _trials(values, data["system"])


def _lacks(figures: dict[str, Any], recorded: bool) -> Iterator[str]:
    """Yield what the report of a run on a board lacks; ``recorded`` is whether it has a system."""
    there = [name for name in _OF_A_RUN if name in figures]
    if recorded:
        yield from (
            f"figure {name} is missing; each run on a board has it"
            for name in _OF_A_RUN if name not in there
        )
    elif len(there) == len(_OF_A_RUN):
        yield "system is missing; its figures are of a run on a board"


def _ranges(figures: dict[str, Any]) -> Iterator[str]:
    for name, figure in figures.items():
        value, unit = figure["value"], figure["unit"]
        share = name.removeprefix("balanced_").startswith("accuracy")
        if share and not (unit == "%" and 0 <= value <= 100):
            yield f"{name} is {value:g} {unit}; an accuracy is 0 to 100 %"
        if name.endswith("_sparsity") and not 0 <= value <= 1:
            yield f"{name} is {value:g}; a sparsity is 0 to 1"
        if unit in ("cycles", "MHz", "µs", "µJ", "mW", "1/s", "bytes", "bits") and value < 0:
            yield f"{name} is {value:g} {unit}; it cannot be negative"


def _scores(figures: dict[str, Any]) -> Iterator[str]:
    for name, figure in figures.items():
        detail, value = figure["detail"], figure["value"]
        if name.startswith("accuracy") and {"right", "samples"} <= detail.keys():
            asked = detail["samples"] * detail.get("steps", 1)
            if not 0 <= detail["right"] <= asked:
                yield f"{name} has {detail['right']} right answers of {asked}"
            elif asked and not math.isclose(value, 100 * detail["right"] / asked, rel_tol=_CLOSE):
                yield f"{name} is {value:g} %, and {detail['right']} of {asked} is something else"
        if {"low", "high"} <= detail.keys() and not detail["low"] <= value <= detail["high"]:
            yield f"{name} is {value:g}, outside its own range"
    if {"mismatches", "compared"} <= figures.keys():
        wrong, compared = figures["mismatches"]["value"], figures["compared"]["value"]
        if wrong > compared:
            yield f"mismatches is {wrong}, more than were compared ({compared})"
        elif wrong:
            yield f"{wrong} of {compared} values differ from the reference; it is no result"


def _times(values: dict[str, float], figures: dict[str, Any]) -> Iterator[str]:
    mean, most, clock = (values.get(n) for n in ("cycles_mean", "cycles_max", "clock_mhz"))
    latency, fmax = values.get("latency_us"), values.get("fmax_mhz")
    if mean is not None and most is not None and mean > most:
        yield f"cycles_mean is {mean:g}, above cycles_max, {most:g}"
    if clock is not None and fmax is not None and clock > fmax * (1 + _CLOSE):
        yield f"clock_mhz is {clock:g}, above fmax_mhz, {fmax:g}: the bitstream misses its clock"
    if None not in (mean, clock, latency) and not (
        clock and math.isclose(latency, mean / clock, rel_tol=_CLOSE)  # pyright: ignore
    ):
        yield f"latency_us is {latency:g}; {mean:g} cycles at {clock:g} MHz are something else"
    for name in (
        "throughput_per_s", "throughput_link_per_s", "throughput_link_buffered_per_s"
    ):
        through = values.get(name)
        if not latency or through is None or figures[name]["detail"].get("pipelined"):
            continue
        if through > 1e6 / latency * (1 + _CLOSE):
            yield (
                f"{name} is {through:g}, above 1 / latency, {1e6 / latency:g}, and the engine "
                "is not said to be pipelined"
            )


def _operations(values: dict[str, float], figures: dict[str, Any]) -> Iterator[str]:
    macs, acs = values.get("effective_macs", 0), values.get("effective_acs", 0)
    dense, counted = values.get("dense_operations"), values.get("synops_per_inference")
    if dense is not None and macs + acs > dense * (1 + _CLOSE):
        yield f"effective_macs + effective_acs is {macs + acs:g}, above dense_operations, {dense:g}"
    expected = figures.get("effective_acs", {"detail": {}})["detail"].get("counted")
    if expected is not None and counted is not None and not math.isclose(
        expected, counted, rel_tol=1e-9
    ):
        yield (
            f"synops_per_inference is {counted:.9g}, and by its spikes it is {expected:.9g}: the "
            "device counts something else"
        )


def _energies(values: dict[str, float], system: dict[str, Any] | None) -> Iterator[str]:
    energy, latency = values.get("energy_per_inference_uj"), values.get("latency_us")
    static, dynamic = values.get("energy_static_uj"), values.get("energy_dynamic_uj")
    if None not in (energy, static, dynamic) and not math.isclose(
        energy, static + dynamic, rel_tol=_CLOSE  # pyright: ignore
    ):
        yield f"energy_per_inference_uj is {energy:g}, and its two parts are {static + dynamic:g}"  # pyright: ignore
    idle, active, power = (values.get(f"power_{name}_mw") for name in ("idle", "active", "dynamic"))
    if idle is not None and active is not None:
        if idle > active:
            yield f"power_idle_mw is {idle:g}, above power_active_mw, {active:g}"
        if power is not None and not math.isclose(power, active - idle, rel_tol=_CLOSE):
            yield f"power_dynamic_mw is {power:g}; active - idle is {active - idle:g}"
        if energy and latency and not math.isclose(energy, active * latency / 1e3, rel_tol=_CLOSE):
            yield f"energy_per_inference_uj is {energy:g}; active power × latency is something else"
    if energy is None or not latency or system is None:
        return
    part, implied = system["identity"]["part"], energy / latency * 1e3
    for kind, (least, most) in POWERS_MW.items():
        if kind in part and not least <= implied <= most:
            yield (
                f"energy_per_inference_uj is {energy:g}: over {latency:g} µs that is "
                f"{implied:.4g} mW, and {part} has {least:g} to {most:g} mW"
            )


def _provenance(figures: dict[str, Any], system: dict[str, Any] | None) -> Iterator[str]:
    virtual = system is not None and system["identity"]["virtual"]
    for name, figure in figures.items():
        kind, source = figure["provenance"], figure["source"]
        if kind == "measured" and source["instrument"].strip().lower() in ("none", "no", "-"):
            yield f"{name} is said to be measured, without an instrument"
        if virtual and (kind == "measured" or (kind == "counted" and not source["virtual"])):
            yield f"{name} is said to be {kind}, and the board is virtual"
        if kind == "estimated":
            yield from (
                f"{name}: coefficient {one['name']} is not verified, and its source does not say so"
                for one in source["coefficients"]
                if not one["verified"] and "unverified" not in one["source"].lower()
            )


def _measurement(figures: dict[str, Any], system: dict[str, Any]) -> Iterator[str]:
    power = system["power"]
    energies = {
        name: figure["provenance"] for name, figure in figures.items()
        if name.startswith(("energy", "power"))
    }
    instrument = power["method"] == "instrument"
    if instrument:
        for fact in ("instrument", "tap", "sampling_rate_hz", "window_s"):
            if not power[fact]:
                yield f"power.{fact} is empty, and the method is an instrument"
        if power["window_s"] and power["window_s"] < LEAST_WINDOW_S:
            yield f"power.window_s is {power['window_s']:g}; it must be {LEAST_WINDOW_S:g} or more"
    elif power["instrument"]:
        yield f"power.instrument is {power['instrument']!r}, and the method is {power['method']}"
    if power["method"] == "none" and energies:
        yield f"{next(iter(energies))} is there, and power.method is none"
    for name, kind in energies.items():
        if kind == "measured" and not instrument:
            yield f"{name} is said to be measured, and power.method is {power['method']}"


def _trials(values: dict[str, float], system: dict[str, Any]) -> Iterator[str]:
    replication = system["replication"]
    trials, name = replication["trials"], replication["figure"]
    exact = replication["deterministic"] and system["power"]["method"] != "instrument"
    if name not in values:
        yield f"replication.figure is {name}, and there is no such figure"
        return
    if not exact and len(trials) < LEAST_TRIALS:
        yield f"replication has {len(trials)} trials of {LEAST_TRIALS}: an incomplete measurement"
    mean = sum(trials) / len(trials)
    if mean and abs(values[name] - mean) > _DEVIATION * abs(mean):
        yield f"{name} is {values[name]:g}, more than 5 % from the mean of its trials, {mean:g}"
