"""``spikewright neurobench mackey-glass``: forecasts of chaotic series, and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any, ClassVar

import numpy as np

from spikewright_hw.checks import settle, whole, wholes

from ..errors import DataError
from ..network.reference import Run
from ..network.reference import run as run_reference
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import write
from ..record.algorithm import AlgorithmMetrics, measure
from ..record.algorithm_figures import algorithm_figures
from ..record.benchmark import Benchmark, Outcome, made_by, said
from ..record.figure import Computed, Figure
from ..record.markdown import short, table
from ..record.report import Report
from .closed_loop import BoardForecast, forecast_on_board
from .echo_state import EchoState, echo_state_forecasts
from .fit import fit_forecaster
from .forecaster import Forecaster, forecasts, lags_of
from .protocol import FORECAST, REPEATS, TRAINED, Stretch, smape, stretches
from .series import MackeyGlass, mackey_glass

__all__ = ["MackeyGlassBenchmark"]

#: The delay of the leaderboard.
LEADERBOARD = 17
#: Rows of NeuroBench's leaderboard (leaderboard.rst of v1.0): sMAPE, footprint in bytes,
#: connection sparsity, activation sparsity, dense operations, effective MACs and ACs.
PUBLISHED = {
    "LSTM, published": (13.37, 4.90e5, 0.0, 0.530, 6.03e4, 6.03e4, 0.0),
    "ESN, published": (14.79, 2.81e5, 0.876, 0.0, 3.52e4, 4.37e3, 0.0),
}
HEADINGS = ("model", "sMAPE", "footprint, bytes", "connection sparsity", "activation sparsity",
            "dense operations", "effective MACs", "effective ACs")
SERIES_HEADINGS = ("tau", "Lyapunov time", "sMAPE, mean", "deviation", "median", "lowest",
                   "highest", "error of one step")


@dataclass(frozen=True, kw_only=True)
class MackeyGlassBenchmark(Benchmark):
    """Forecasts of the Mackey-Glass series: of which series, and how often.

    Each repeat is trained on ten Lyapunov times and forecasts the ten that follow, each value from
    the answers before it. The network of the first repeat of the first series is written beside the
    report, ``forecaster.spw``.

    Parameters
    ----------
    taus : sequence of int
        Delays of the series, 17 to 30.
    repeats : int, 2 to 30
        Of each series, every one half a Lyapunov time later. NeuroBench asks for 30.
    on_board : int, 0 to 750
        Forecasts that a virtual board makes, too, each from its own answer before. Compiling it
        takes a minute or two.
    """

    page: ClassVar[Path] = Path("docs") / "mackey_glass.md"

    taus: Sequence[int] = tuple(range(17, 31))
    repeats: int = REPEATS
    on_board: int = 100

    def __post_init__(self):
        settle(self, taus=wholes(17, 30), repeats=whole(2, REPEATS), on_board=whole(0, FORECAST))
        if not self.taus or len(set(self.taus)) < len(self.taus):
            raise ValueError(f"taus is {list(self.taus)}; name each delay once, and at least one")

    @property
    def name(self) -> str:
        """Name of the report."""
        return "mackey-glass"

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Train forecasters, and let them forecast, in integers and on a virtual board."""
        results = [_forecast(mackey_glass(tau), self.repeats) for tau in self.taus]
        chosen = next((one for one in results if one.series.tau == LEADERBOARD), results[0])
        board = None
        if self.on_board:
            board = forecast_on_board(
                chosen.forecaster, chosen.network, chosen.heard[: self.on_board], build=build
            )
        echo = None
        if chosen.series.tau == LEADERBOARD:
            echo = _echo_state(chosen.series, self.repeats)
        report = _report(self, results, chosen, board, echo, command)
        write(folder / "forecaster.spw", chosen.network)
        tables = {name: "\n".join(lines) for name, lines in _tables(report).items()}
        return Outcome(
            report=report, lines="\n\n".join(tables.values()).splitlines(),
            blocks={"said": said(report), "leaderboard": None, "series": None} | tables,
        )


@dataclass(frozen=True)
class _Series:
    """What came of a series: a score for each repeat; and of the first repeat, all there is."""

    series: MackeyGlass
    scores: tuple[float, ...]
    forecaster: Forecaster
    network: QuantizedNetwork
    heard: np.ndarray
    run: Run
    first: Stretch

    def row(self) -> dict[str, Any]:
        """Return the row of the report."""
        found = self.scores
        return {
            "tau": self.series.tau, "lyapunov": self.series.lyapunov,
            "sha256": self.series.sha256, "lags": list(self.forecaster.lags),
            "smape": mean(found), "deviation": stdev(found), "median": median(found),
            "lowest": min(found), "highest": max(found), "repeats": list(found),
            "error_float": self.network.provenance.error_float,
            "error_integer": self.network.provenance.error_integer,
            "network": self.network.network.digest().hex(),
        }

    def metrics(self) -> AlgorithmMetrics:
        """Return what a forecast costs, mean over those of the first repeat."""
        return measure(
            self.network.network, self.forecaster.inputs(self.heard), self.run.traced_spikes,
            membranes=[layer.membranes for layer in self.run.layers],
        )


def _forecast(series: MackeyGlass, count: int) -> _Series:
    """Train a forecaster for each repeat of a series, and let all forecast."""
    repeats, lags = stretches(series.values(), count), lags_of(series)
    trained = [fit_forecaster(one.known, lags) for one in repeats]
    made, heard = forecasts(trained, [one.known for one in repeats], count=FORECAST)
    first, stretch = trained[0], repeats[0]
    error = first.error(np.concatenate([stretch.known[-max(lags) - 1 :], stretch.future]))
    network = first.quantized(data_set=f"Mackey-Glass, tau {series.tau}", error=error)
    run = run_reference(network.network, first.inputs(heard[0]))
    if not np.array_equal(run.outputs[:, 0], first.answers(heard[0])):
        raise DataError(
            f"the forecaster of tau {series.tau} answers other than the integer reference of its "
            "network; please report it"
        )
    scores = tuple(
        smape(one, stretch.future) for one, stretch in zip(made, repeats, strict=True)
    )
    return _Series(series, scores, first, network, heard[0], run, stretch)


def _echo_state(series: MackeyGlass, count: int) -> tuple[EchoState, list[float]]:
    repeats = stretches(series.values(), count)
    echo = echo_state_forecasts(repeats)
    return echo, [smape(f, one.future) for f, one in zip(echo.forecasts, repeats, strict=True)]


def _report(
    benchmark: MackeyGlassBenchmark, results: Sequence[_Series], chosen: _Series,
    board: BoardForecast | None, echo: tuple[EchoState, list[float]] | None, command: str,
) -> Report:
    """Return the report: figures of the leaderboard's series, a row for each."""
    figures = _figures(chosen, benchmark.repeats)
    said = ""
    if echo is not None:
        figures += _echo_figures(*echo)
        said = f" The leaderboard's echo state network, trained here: {mean(echo[1]):.2f}."
    on_board = "No board was asked."
    if board is not None:
        figures += board.figures()
        on_board = (
            f"A virtual board gave the same answers in {board.forecasts} forecasts, each from its "
            "own before: simulated."
        )
    return Report(
        name=benchmark.name,
        title="NeuroBench Mackey-Glass: forecasts by a spiking network",
        summary=(
            f"tau {chosen.series.tau}, {benchmark.repeats} repeats: sMAPE "
            f"{mean(chosen.scores):.2f}, standard deviation {stdev(chosen.scores):.2f}, by the "
            f"integer reference.{said} {on_board} Nothing is measured."
        ),
        figures=tuple(figures),
        rows=tuple(one.row() for one in results),
        made={
            **made_by(command),
            "protocol": f"trained on {TRAINED} values, {FORECAST} forecast each from the answers "
            "before it, repeats 37.5 values apart",
            "series": "integrated here (Runge-Kutta, tau / 2000); the hashes are in the rows",
            "network": chosen.network.network.digest().hex(),
        },
    )


def _figures(chosen: _Series, count: int) -> list[Figure]:
    by = Computed(f"mean over {count} repeats of tau {chosen.series.tau}, by the integer reference")
    return [
        Figure("smape", mean(chosen.scores), "1", by, {
            "deviation": stdev(chosen.scores), "repeats": list(chosen.scores)
        }),
        *algorithm_figures(chosen.metrics(), "one forecast, mean over the first repeat"),
    ]


def _echo_figures(echo: EchoState, scores: list[float]) -> list[Figure]:
    by = Computed(f"mean over {len(scores)} repeats, trained here in float64")
    of = Computed("NeuroBench's algorithm track, for one forecast, mean over the repeats")
    return [
        Figure("echo_state_smape", mean(scores), "1", by, {
            "deviation": stdev(scores), "repeats": scores
        }),
        Figure("echo_state_footprint_bytes", echo.footprint_bytes, "bytes", of),
        Figure("echo_state_connection_sparsity", echo.connection_sparsity, "1", of),
        Figure("echo_state_activation_sparsity", echo.activation_sparsity, "1", of),
        Figure("echo_state_dense_operations", echo.dense_operations, "1", of),
        Figure("echo_state_effective_macs", echo.effective_macs, "1", of),
    ]


def _tables(report: Report) -> dict[str, list[str]]:
    """Return the lines of the two tables: beside the leaderboard, and of all series."""
    values = {figure.name: figure.value for figure in report.figures}
    rows = [(name, *map(short, row)) for name, row in PUBLISHED.items()]
    for prefix, name in (("echo_state_", "ESN, trained here"), ("", "spiking, in integers")):
        if f"{prefix}smape" in values:
            rows.append((name, *(
                short(values.get(f"{prefix}{what}", 0.0)) for what in (
                    "smape", "footprint_bytes", "connection_sparsity", "activation_sparsity",
                    "dense_operations", "effective_macs", "effective_acs",
                )
            )))
    series = [
        (row["tau"], row["lyapunov"], *(short(row[name]) for name in (
            "smape", "deviation", "median", "lowest", "highest", "error_integer"
        )))
        for row in report.rows
    ]
    # The published rows are of one delay; beside another one they would mislead.
    beside = {"leaderboard": list(table(HEADINGS, rows))} if "echo_state_smape" in values else {}
    return beside | {"series": list(table(SERIES_HEADINGS, series))}
