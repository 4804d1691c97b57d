"""Forecasts: the series, the protocol, the echo state network, the spiking one, the benchmark."""

import random
import re
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity, Footprint
from neurobench.metrics.workload import SMAPE, SynapticOperations
from neurobench.models import TorchModel
from torch import nn

from spikewright.coding.output_scale import OutputScale
from spikewright.device.simulation import simulate
from spikewright.errors import DataError
from spikewright.forecast import closed_loop, echo_state, fit
from spikewright.forecast.benchmark import MackeyGlassBenchmark
from spikewright.forecast.echo_state import echo_state_forecasts
from spikewright.forecast.forecaster import PIECES, STEPS, Forecaster, forecasts, lags_of, pieces
from spikewright.forecast.protocol import smape, stretches
from spikewright.forecast.series import integrated, mackey_glass, mackey_glass_series
from spikewright.job.compare import compare
from spikewright.network.reference import run
from spikewright.quantized.spw import read, write
from spikewright.record.benchmark import run_benchmark
from spikewright.record.check import report_faults


@pytest.fixture
def rng() -> np.random.Generator:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    return np.random.default_rng(seed)


def drawn(rng, lags) -> Forecaster:
    weights = rng.integers(-127, 128, len(lags) * PIECES)
    scale = OutputScale(offset=(rng.uniform(),), scale=(1e-6,))
    return Forecaster(lags, 0.2, 1.4, weights, scale, weights * 1e-6, scale.offset[0])


def test_a_series_begins_as_the_official_one():
    # github.com/NeuroBench's mg_17.npy, as the test of a public repository quotes it.
    official = [1.2667777302367338, 1.3034007827142546, 1.2823045380633082]
    assert np.abs(mackey_glass(17).values()[:3] - official).max() < 1e-12
    assert [one.tau for one in mackey_glass_series()] == list(range(17, 31))
    assert mackey_glass().values().shape == (3751,)


def test_a_series_is_that_of_a_plain_integration():
    tau, steps, start = 17, 400, 0.7206597
    step, past = tau / steps, [0.7206597] * (steps + 1)

    def slope(x, old):
        return 0.2 * old / (1 + old**10) - 0.1 * x

    for at in range(4 * steps):
        x, old, new = past[-1], past[at], past[at + 1]
        half = (old + new) / 2
        a = slope(x, old)
        b = slope(x + step / 2 * a, half)
        c = slope(x + step / 2 * b, half)
        past.append(x + step / 6 * (a + 2 * b + 2 * c + slope(x + step * c, new)))
    # Of a Lyapunov time of 75 tau, values are tau apart.
    found = integrated(tau, lyapunov=75 * tau, start=start, count=4)
    assert np.abs(found - past[2 * steps :: steps]).max() < 1e-4


def test_another_series_than_the_known_one_is_refused():
    spoiled = replace(mackey_glass(18), sha256="0" * 64)
    with pytest.raises(DataError, match=r"^the Mackey-Glass series of tau 18 has the hash 1e59d"):
        spoiled.values()


@pytest.mark.parametrize("tau", [16, 31])
def test_a_delay_that_is_none_is_refused(tau):
    said = f"tau is {tau!r}; it must be a whole number from 17 to 30"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        mackey_glass(tau)


def test_repeats_are_half_a_lyapunov_time_apart():
    made = stretches(np.arange(3751.0), 30)
    assert [one.known[0] for one in made[:3]] == [0, 37, 75]
    assert all(len(one.known) == 751 and len(one.future) == 750 for one in made)
    assert all(one.future[0] == one.known[-1] + 1 for one in made)


def test_the_score_is_that_of_the_harness(rng):
    forecast, future = rng.normal(size=(2, 40))
    given: Any = (None, torch.tensor(forecast), (None, torch.tensor(future)))
    theirs = SMAPE()(*given)
    assert smape(forecast, future) == pytest.approx(theirs, rel=1e-12)
    forecast[3] = np.nan
    assert smape(forecast, future) < 200  # a share of 1 in that place, and no other
    # The harness gives a whole batch 200 for one 0 that is forecast as 0.
    assert smape(np.array([0.0, 1.0]), np.array([0.0, 3.0])) == 50


def test_the_echo_state_network_costs_what_the_harness_says():
    values = mackey_glass(17).values()
    repeats = stretches(values, 2)
    found = echo_state_forecasts(repeats, size=60)
    sparsities, macs = [], []
    for seed in range(2):
        inputs, within = echo_state._reservoir(seed, 60)
        weights = (inputs, within, np.ones((1, 62)))

        class Net(nn.Module):
            def __init__(self, weights):
                super().__init__()
                self.layers = nn.ModuleList()
                for one in weights:
                    layer = nn.Linear(*one.shape[::-1], bias=False, dtype=torch.float64)
                    layer.weight.data = torch.from_numpy(one)
                    self.layers.append(layer)

            def forward(self, x):
                x = x.reshape(1, 1)
                state = torch.tanh(self.layers[0](torch.cat([torch.ones_like(x), x], 1)))
                state = torch.tanh(state + self.layers[1](state))
                return self.layers[2](torch.cat([torch.ones_like(x), x, state], 1))

        samples = [(torch.tensor([one]), torch.tensor([one])) for one in values[:4]]
        benchmark = Benchmark(
            TorchModel(Net(weights)), torch.utils.data.DataLoader(samples, batch_size=1), [], [],  # pyright: ignore
            [[Footprint, ConnectionSparsity], [SynapticOperations]],
        )
        result = benchmark.run(quiet=True)
        assert result["Footprint"] == found.footprint_bytes
        assert result["SynapticOperations"]["Dense"] == found.dense_operations
        sparsities.append(result["ConnectionSparsity"])
        macs.append(result["SynapticOperations"]["Effective_MACs"])
    assert found.effective_macs == np.mean(macs)
    assert found.connection_sparsity == pytest.approx(np.mean(sparsities), abs=1e-4)


def test_an_echo_state_network_forecasts():
    (repeat,) = stretches(mackey_glass(17).values(), 1)
    found = echo_state_forecasts([repeat])
    assert found.footprint_bytes == 281_248
    assert np.abs(found.forecasts[0, :100] - repeat.future[:100]).max() < 0.02


def test_spikes_are_the_digits_of_a_value(rng):
    made = drawn(rng, (0, 3))
    windows = rng.integers(0, 1 << 14, (40, 2))
    windows[:4] = [[0, 16383], [255, 256], [8191, 8192], [8447, 8448]]
    network = made.quantized(data_set="none", error=(0, 0)).network
    found = run(network, made.inputs(windows))
    worth = 1 << np.arange(STEPS)[::-1]
    assert np.array_equal(np.einsum("nti,t->ni", found.spikes[0], worth), pieces(windows))
    assert np.array_equal(found.outputs[:, 0], made.answers(windows))


def test_the_gateware_answers_as_the_reference(rng):
    made = drawn(rng, (0,))
    network = made.quantized(data_set="none", error=(0, 0)).network
    inputs = made.inputs(rng.integers(0, 1 << 14, (4, 1)))
    assert compare(simulate(network, inputs), run(network, inputs)).equal


def test_the_file_gives_the_network_back(rng, tmp_path):
    made = drawn(rng, (0, 2)).quantized(data_set="none", error=(0.5, 0.25))
    write(tmp_path / "forecaster.spw", made)
    assert read(tmp_path / "forecaster.spw") == made


def test_lags_lie_where_the_equation_looks():
    assert lags_of(mackey_glass(17)) == (0, 3, 4, 5, 6, 7, 8)
    assert lags_of(mackey_glass(19)) == (0, 2, 3, 4, 5, 6, 7)


def test_a_forecaster_feeds_its_answers_back(rng):
    values = mackey_glass(17).values()
    made = fit.fit_forecaster(values[:751], lags_of(mackey_glass(17)))
    assert np.abs(made.weights).max() <= 127
    real, integer = made.error(values[740:1501])
    assert 0 < real <= integer * 1.2 < 3e-4
    (found,), (heard,) = forecasts([made], [values[:751]], count=20)
    followed = made.coded(np.concatenate([values[:751], found]))
    assert np.array_equal(heard, [followed[750 + at - np.array(made.lags)] for at in range(20)])
    assert np.array_equal(found, made.values(made.answers(heard)))
    assert np.abs(found - values[751:771]).max() < 0.005


def test_another_rounding_of_sums_gives_the_same_network(monkeypatch):
    rng = np.random.default_rng(0)
    known = mackey_glass(17).values()[:751]
    made = fit.fit_forecaster(known, (0, 4, 6))
    solve, inv = np.linalg.solve, np.linalg.inv

    def spoilt(squares):
        return squares * (1 + 1e-15 * rng.standard_normal(squares.shape))

    monkeypatch.setattr(np.linalg, "solve", lambda squares, sums: solve(spoilt(squares), sums))
    monkeypatch.setattr(np.linalg, "inv", lambda squares: inv(spoilt(squares)))
    again = fit.fit_forecaster(known, (0, 4, 6))
    assert (again.slopes != made.slopes).any()
    assert np.array_equal(again.weights, made.weights)


def test_rounding_makes_up_for_its_errors():
    rng, errors = np.random.default_rng(0), np.zeros(2)
    for _ in range(30):
        heard = rng.normal(size=(60, 30)) @ rng.normal(size=(30, 30))
        squares, weights = heard.T @ heard, rng.uniform(-9, 9, 30)
        for which, rounded in enumerate((fit._rounded(weights, squares), np.round(weights))):
            errors[which] += (rounded - weights) @ squares @ (rounded - weights)
    print("made up for, and plainly rounded:", errors)
    assert errors[0] < 0.7 * errors[1]


LINE = list(range(20))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit.fit_forecaster("abc", (0,)),  # pyright: ignore
         "known is 'abc'; it must be a list of finite numbers"),
        (lambda: fit.fit_forecaster([0.0, np.inf, 1.0], (0,)),  # pyright: ignore
         "known is [0.0, inf, 1.0]; it must be a list of finite numbers"),
        (lambda: fit.fit_forecaster(LINE[:9], (0, 7)),  # pyright: ignore
         "known has 9 values; it must have 10 at least"),
        (lambda: fit.fit_forecaster([1] * 9, (0,)),  # pyright: ignore
         "known is 1 everywhere; a forecaster learns what changes"),
        (lambda: fit.fit_forecaster(LINE, ()),  # pyright: ignore
         "lags is (); it must name one at least"),
        (lambda: forecasts([], [], count=3), "forecasters is []; it must be a list of forecasters"),
        (lambda: smape(np.zeros(3), np.zeros(4)),
         ("forecast is an array of shape [3] and future one of [4]; they must have the same, "
          "and values")),
    ],
)
def test_what_is_no_series_is_told(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def board_that(answer):
    """Return what opens a board that answers by a function of the inputs."""

    @contextmanager
    def opened(network, *, build):
        yield SimpleNamespace(infer=lambda sample: SimpleNamespace(
            outputs=(answer(network.network, sample),), cycles=9
        ))

    return opened


def test_a_board_hears_its_own_answers(rng, monkeypatch):
    values = mackey_glass(17).values()
    made = fit.fit_forecaster(values[:751], (0, 1, 2))
    network = made.quantized(data_set="none", error=(0, 0))
    _, (heard,) = forecasts([made], [values[:751]], count=6)

    def answer(network, sample):
        return int(run(network, sample[None]).outputs[0, 0])

    monkeypatch.setattr(closed_loop, "open_board", board_that(answer))
    found = closed_loop.forecast_on_board(made, network, heard)
    assert {one.name: one.value for one in found.figures()} == {
        "compared": 6, "mismatches": 0, "cycles_mean": 9, "cycles_max": 9,
    }
    # After the first, newest values come from the board: spoil them in what the reference heard.
    spoiled = heard.copy()
    spoiled[1:, 0] += 900
    monkeypatch.setattr(made.__class__, "answers", lambda self, _: np.array(
        pieces(heard) @ self.weights
    ))
    assert closed_loop.forecast_on_board(made, network, spoiled) == found
    monkeypatch.setattr(closed_loop, "open_board", board_that(lambda *_: 5))
    with pytest.raises(DataError, match=r"^forecast 0 of the virtual board is 5, and that of the "):
        closed_loop.forecast_on_board(made, network, heard)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"taus": (16,)}, "taus[0] is 16; it must be a whole number from 17 to 30"),
        ({"taus": ()}, "taus is []; name each delay once, and at least one"),
        ({"taus": (17, 17)}, "taus is [17, 17]; name each delay once, and at least one"),
        ({"repeats": 1}, "repeats is 1; it must be a whole number from 2 to 30"),
        ({"on_board": 751}, "on_board is 751; it must be a whole number from 0 to 750"),
    ],
)
def test_a_benchmark_that_is_none_is_refused(given, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        MackeyGlassBenchmark(**given)


def test_the_report_is_sound_and_the_page_gets_its_tables(tmp_path):
    benchmark = MackeyGlassBenchmark(taus=(17, 18), repeats=2, on_board=0)
    with pytest.raises(DataError, match=r"^there is no page .*mackey_glass\.md; run this in the "):
        run_benchmark(benchmark, directory=tmp_path, pages=True, root=tmp_path)
    page = tmp_path / "docs" / "mackey_glass.md"
    page.parent.mkdir()
    page.write_text("".join(
        f"<!-- generated: {name} -->\n<!-- end -->\n" for name in ("said", "leaderboard", "series")
    ))
    report = run_benchmark(benchmark, directory=tmp_path, pages=True, root=tmp_path)
    assert report_faults(tmp_path) == []
    assert [row["tau"] for row in report.rows] == [17, 18]
    assert report["smape"].value == np.mean(report.rows[0]["repeats"])
    assert report["smape"].value < report["echo_state_smape"].value
    kept = read(tmp_path / "forecaster.spw").network
    assert kept.digest().hex() == report.rows[0]["network"]
    text = page.read_text()
    assert "| ESN, published | 14.79 | 281,000 | 0.876 | 0 | 35,200 | 4,370 | 0 |" in text
    assert "No board was asked." in " ".join(text.split())

