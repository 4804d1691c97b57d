"""The bench of the neurons: its network, its integers, its training and its report."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.console import Console

from spikewright.errors import DataError
from spikewright.job import bench_neurons as job
from spikewright.machine import processor
from spikewright.network.counting import CountingConfig, CountingNetwork, stored_current
from spikewright.network.counting_reference import count_spikes
from spikewright.network.counting_train import CountingTraining, step_times, train_counting
from spikewright.network.train import Phase
from spikewright.record.figure import Computed, Measured
from spikewright.record.store import read_report
from spikewright.task.digits import load
from spikewright_hw.neuron import DEFINITIONS

SPIKING = [name for name, definition in DEFINITIONS.items() if definition.spikes]
#: The same; those that are not slow compute with shifts, with products and with tables.
EACH = [
    pytest.param(name, marks=[] if name in ("lif", "alif", "exp_if") else pytest.mark.slow)
    for name in SPIKING
]
TASK = load(stratified=True)
BRIEF = CountingTraining(
    real=Phase(epochs=1, learning_rate=2e-3), quantized=Phase(epochs=1, learning_rate=5e-4)
)


def network(name: str, *, seed: int = 0, **config) -> CountingNetwork:
    generator = torch.Generator().manual_seed(seed)
    made = CountingNetwork(DEFINITIONS[name], CountingConfig(**config), generator=generator)
    made.calibrate(torch.from_numpy(TASK.x_train[:128]))
    return made


def test_the_split_is_stratified():
    assert (len(TASK.y_train), len(TASK.y_test)) == (1437, 360)
    for digit in range(10):
        share = np.mean(TASK.y_test == digit)
        assert abs(share - np.mean(TASK.y_train == digit)) < 1 / 360


@pytest.mark.parametrize("name", EACH)
def test_each_neuron_is_calibrated_to_about_the_same_rates(name):
    made = network(name)
    values = torch.from_numpy(TASK.x_train[:128])
    with torch.no_grad():
        for layers, rate in enumerate(made.config.rates, start=1):
            spikes = made._run(values, layers)
            assert rate / 3 < float(spikes.mean()) < 3 * rate
        hidden = made._run(values, 1).mean((0, 1))
    assert (hidden > 0).float().mean() > 0.95  # nearly none is silent from the start
    assert all(np.log2(gain) == round(np.log2(gain)) for gain in made.gains)


@pytest.mark.parametrize("name", EACH)
def test_quantised_in_pytorch_it_is_the_integers(name):
    """Equal counts of every output for every sample; and near those in real numbers."""
    made = network(name, seed=1)
    values = TASK.x_test[:60]
    with torch.no_grad():
        real = made(torch.from_numpy(values)).numpy()
        made.quantize()
        counts = made(torch.from_numpy(values)).numpy()
    integers = count_spikes(made.integers(), values, steps=25)
    assert integers.sum() > 0 and np.array_equal(counts, integers)
    assert np.corrcoef(real.ravel(), integers.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("bits", [2, 5])
def test_few_weight_bits_stay_exact_and_in_range(bits):
    made = network("recurrent_lif", weight_bits=bits, sizes=(64, 20, 10))
    made.quantize()
    values = TASK.x_test[:20]
    with torch.no_grad():
        counts = made(torch.from_numpy(values)).numpy()
    layers = made.integers()
    assert np.array_equal(counts, count_spikes(layers, values, steps=25))
    most = 2 ** (bits - 1) - 1
    for layer in layers:
        assert layer.recurrent is not None
        assert max(np.abs(layer.weights).max(), np.abs(layer.recurrent).max()) <= most
        assert 2 * np.abs(layer.weights).max() > most  # a power of two wastes less than a bit


def test_a_current_is_rounded_half_up_with_the_gradient_of_the_sum():
    made = network("lif", sizes=(64, 20, 10))
    made.quantize()
    assert made.grid is not None
    total = torch.tensor([-6.0, -5.0, -3.0, 2.0, 5.0, 6.0], requires_grad=True)
    stored = stored_current(total, grid=replace(made.grid[0], shift=-2))
    assert stored.tolist() == [-1, -1, -1, 1, 1, 2]
    stored.sum().backward()
    assert total.grad is not None and total.grad.tolist() == [0.25] * 6
    layer = replace(made.integers()[0], shift=-2, weights=np.ones((1, 1), np.int64))
    column = np.array([[-6], [-5], [-3], [2], [5], [6]])
    assert layer.current("all", column, column).ravel().tolist() == stored.tolist()


@pytest.mark.parametrize(
    "name", ["lif", pytest.param("izhikevich", marks=pytest.mark.slow)]
)
def test_it_learns_and_repeats_itself(name):
    first, again = (train_counting(DEFINITIONS[name], BRIEF, TASK, seed=0) for _ in range(2))
    assert first == again
    # Chance is 0.10; the bench itself holds the full training to its figures.
    assert first.real > 0.4 and first.integer > 0.4


@pytest.mark.slow
def test_the_test_part_decides_nothing():
    shorter = replace(
        TASK,
        x_train=TASK.x_train[:300], y_train=TASK.y_train[:300],
        x_test=TASK.x_test[:100], y_test=TASK.y_test[:100],
    )
    blind = replace(shorter, x_test=np.zeros_like(shorter.x_test))
    ends = []
    for task in (shorter, blind):
        seen = []
        train_counting(
            DEFINITIONS["lif"], BRIEF, task, seed=0, progress=lambda *at, seen=seen: seen.append(at)
        )
        ends.append(seen)
    assert ends[0] == ends[1] == [("float", 1, 1), ("quantised", 1, 1)]


def test_training_leaves_random_state_and_threads_alone():
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    short = replace(TASK, x_train=TASK.x_train[:128], y_train=TASK.y_train[:128])
    train_counting(DEFINITIONS["lif"], BRIEF, short, seed=0)
    assert torch.equal(torch.get_rng_state(), state) and torch.get_num_threads() == threads


def test_a_readout_has_no_spikes_to_count():
    message = "li never spikes, so its spikes cannot be counted"
    with pytest.raises(ValueError, match=f"^{message}$"):
        network("li")


def test_times_are_taken_in_turns():
    kinds = {name: DEFINITIONS[name] for name in ("lif", "izhikevich")}
    rounds = list(step_times(kinds, CountingTraining(), TASK, rounds=3))
    assert [list(one) for one in rounds] == [["lif", "izhikevich"]] * 3
    assert all(one["izhikevich"] > one["lif"] > 0 for one in rounds)


# The job ------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    """Two rounds of timing, and no synthesis: its own tests are those of resources."""
    def times(names, config, task, *, tell):
        return dict.fromkeys(names, 1.5)

    monkeypatch.setattr(job, "relative_times", times)
    monkeypatch.setattr(job, "_size", lambda name, build: None)


def test_report(quick, tmp_path):
    console = Console(record=True, width=200)
    (bench,) = job.bench_neurons(
        "lif", seeds=(3, 4), config=BRIEF, build=tmp_path, console=console
    )
    assert bench.name == "lif" and len(bench.results) == 2
    report = read_report(tmp_path / "reports" / "neurons")
    (row,) = report.rows
    assert row["neuron"] == "lif" and row["states"] == 1 and row["format"] == "Q8.8"
    assert row["accuracy_float"] == round(100 * bench.real, 2)
    assert row["accuracy_integer"] == round(100 * bench.integer, 2)
    assert row["epochs_float"] == row["epochs_quantized"] == 1
    assert row["time_over_lif"] == 1.5 and row["lut4_ecp5"] is None
    figure = report["accuracy_integer_lif"]
    assert figure.value == bench.integer and isinstance(figure.provenance, Computed)
    assert figure.detail["seeds"] == [result.integer for result in bench.results]
    assert isinstance(report["training_time_lif"].provenance, Measured)
    assert report.made["seeds"] == "3, 4"
    shown = console.export_text()
    assert f"{100 * bench.real:.2f}" in shown and "LUT4 on ECP5" in shown


def test_what_was_trained_is_kept(quick, tmp_path, monkeypatch):
    run = {"seeds": (0,), "config": BRIEF, "build": tmp_path, "console": Console(quiet=True)}
    first = job.bench_neurons("lif", **run)
    monkeypatch.setattr(
        "spikewright.job.counting.train_counting", lambda *_, **__: pytest.fail("trained again")
    )
    assert job.bench_neurons("lif", **run) == first
    (stored,) = (tmp_path / "cache" / "neurons").glob("*/accuracy.json")
    assert json.loads(stored.read_text()) == {
        "real": first[0].real, "integer": first[0].integer
    }


def test_only_what_spikes_is_benched():
    assert job.spiking() == SPIKING
    assert job.spiking("lif") == ["lif"]
    known = ", ".join(SPIKING)
    for name, message in (
        ("li", "li never spikes, so its spikes cannot be counted"),
        ("lief", f"there is no neuron 'lief'; there are {known}"),
    ):
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            job.spiking(name)


def test_the_table_of_the_page(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "spiking", lambda neuron: ["lif", "if_neuron"])
    run = {
        "seeds": (0,), "config": BRIEF, "build": tmp_path / "build",
        "console": Console(quiet=True), "pages": True, "root": tmp_path,
    }
    page = tmp_path / job.PAGE
    with pytest.raises(DataError, match=f"^there is no page {re.escape(str(page))}; run this in"):
        job.bench_neurons(**run)
    page.parent.mkdir()
    page.write_text("Before.\n\n<!-- generated: bench -->\n\n<!-- end -->\n")
    first, second = job.bench_neurons(**run)
    text = page.read_text()
    assert text.startswith("Before.\n") and "Seeds 0, " in text
    assert processor() in " ".join(text.split())
    for bench in (first, second):
        accuracies = f"{100 * bench.real:.2f} | {100 * bench.integer:.2f}"
        assert f"| {bench.name} | 1 | {accuracies} | 1.50 | - |\n" in text


def test_a_page_of_one_neuron_is_refused():
    message = "the page has all neurons; bench them all, without neuron="
    with pytest.raises(DataError, match=f"^{message}$"):
        job.bench_neurons("lif", pages=True)
