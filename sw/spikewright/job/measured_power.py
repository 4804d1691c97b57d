"""Measured power in the report of a run, in the place of the estimate."""

from dataclasses import replace

from rich.console import Console

from spikewright_hw.checks import instance

from ..device.power import Power
from ..errors import ReportError
from ..record.figure import Figure, Measured, Simulated
from ..record.report import Report
from ..record.table import print_table

__all__ = ["power_figures", "print_power", "with_power"]


def power_figures(power: Power) -> tuple[Figure, ...]:
    """Return what was measured as figures, each with its instrument and its uncertainty.

    Those of a virtual board are called simulated, and are none of any board.

    Parameters
    ----------
    power : Power
    """
    instance(Power)("power", power)
    source = Measured(power.instrument, power.tap, power.rate_hz)
    if power.simulator:
        source = Simulated(f"made-up codes of a model: {power.instrument}", power.simulator)
    trials = {"trials": len(power.trials), "window_s": power.window_s}
    energy = {
        "standard_uncertainty": power.energy_uncertainty_uj, "per_trial": list(power.energies_uj),
        **trials,
    }
    idle = {"standard_uncertainty": power.uncertainty_mw} | trials
    return (
        Figure("power_idle_mw", power.idle_mw, "mW", source, idle),
        Figure("power_active_mw", power.active_mw, "mW", source, trials),
        Figure("power_dynamic_mw", power.dynamic_mw, "mW", source, trials),
        Figure("energy_per_inference_uj", power.energy_uj, "µJ", source, energy),
    )


def print_power(power: Power, *, console: Console | None = None) -> None:
    """Print what was measured, each figure with its source, and what of.

    Parameters
    ----------
    power : Power
    console : rich.console.Console, optional
    """
    figures = power_figures(power)
    kind = "simulated, of no board" if power.simulator else "measured"
    spread = power.energy_uncertainty_uj
    summary = (
        f"By {power.instrument}; {len(power.trials)} trials of windows of {power.window_s:.1f} s, "
        f"standard uncertainty of the energy {spread:.2g} µJ"
    )
    title = f"Power of the {power.tap}, {kind}"
    print_table(
        Report(name="power", title=title, summary=summary, figures=figures), console=console
    )


def with_power(report: Report, power: Power) -> Report:
    """Return the report of a run with the power that was measured, and without an estimate.

    Parameters
    ----------
    report : Report
        Of a run on a real board.
    power : Power
        Of the same board, with the latency of the report.

    Raises
    ------
    ReportError
        The report is of no run, or of a virtual board, or the power is, or the latency is another
        one.
    """
    instance(Report)("report", report)
    instance(Power)("power", power)
    if not report.system:
        raise ReportError(f"the report {report.name} is of no run; power is that of a run's board")
    if power.simulator:
        raise ReportError(
            "the power is of a virtual board, which takes none: its codes are made up; measure a "
            "real one"
        )
    if report.system["identity"]["virtual"]:
        raise ReportError("the run was on a virtual board, which has no power; measure a real one")
    latency = report["latency_us"].value
    if abs(power.latency_us - latency) > 1e-6 * latency:
        raise ReportError(
            f"the power is of inferences of {power.latency_us:g} µs, and the run's take "
            f"{latency:g} µs; give latency_us as the report has it"
        )
    kept = tuple(
        figure for figure in report.figures if not figure.name.startswith(("energy", "power"))
    )
    system = dict(report.system)
    system["power"] = report.system["power"] | {
        "method": "instrument", "instrument": power.instrument, "tap": power.tap,
        "sampling_rate_hz": power.rate_hz, "window_s": power.window_s,
    }
    system["boundary"] = report.system["boundary"] | {"included": [power.tap]}
    system["replication"] = report.system["replication"] | {
        "figure": "energy_per_inference_uj", "trials": list(power.energies_uj),
        "deterministic": False,
    }
    return replace(report, figures=(*kept, *power_figures(power)), system=system)
