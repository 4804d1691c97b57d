"""The bench of the neurons: what it trains, its times and its report."""

import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from spikewright.bench import neurons as comparison
from spikewright.bench.step_times import step_times
from spikewright.errors import DataError
from spikewright.machine import processor
from spikewright.network.training_config import Phase
from spikewright.record.figure import Computed, Measured
from spikewright.record.neuron_bench import PRESET
from spikewright.record.store import read_report
from spikewright.task.digits import load
from spikewright_hw.cores import CORES
from spikewright_hw.neuron import DEFINITIONS

SPIKING = [name for name, definition in DEFINITIONS.items() if definition.spikes]
TASK = load(stratified=True)
BRIEF = replace(
    comparison.standard(TASK),
    real=Phase(epochs=1, learning_rate=8e-3), quantized=Phase(epochs=1, learning_rate=2e-3),
)


def test_the_split_is_stratified():
    assert (len(TASK.y_train), len(TASK.y_test)) == (1437, 360)
    for digit in range(10):
        share = np.mean(TASK.y_test == digit)
        assert abs(share - np.mean(TASK.y_train == digit)) < 1 / 360


def test_each_neuron_has_its_own_defaults_and_all_else_alike():
    configs = comparison.each(comparison.standard(TASK), SPIKING)
    assert list(configs) == SPIKING
    for name, config in configs.items():
        assert config.model.neuron == name and config.model.parameters == {}
        assert replace(config, model=configs["lif"].model) == configs["lif"]
    assert all(
        config.model.membrane == CORES[name].presets[PRESET]["format"]
        for name, config in configs.items()
        if name in CORES and PRESET in CORES[name].presets
    )


def test_times_are_taken_in_turns():
    configs = comparison.each(comparison.standard(TASK), ("lif", "izhikevich"))
    rounds = list(step_times(configs, TASK, rounds=3))
    assert [list(one) for one in rounds] == [["lif", "izhikevich"]] * 3
    assert all(one["izhikevich"] > one["lif"] > 0 for one in rounds)


# The bench ----------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    """Two rounds of timing, and no synthesis: its own tests are those of resources."""
    def times(names, config, task, *, tell):
        return dict.fromkeys(names, 1.5)

    monkeypatch.setattr(comparison, "relative_times", times)
    monkeypatch.setattr(comparison, "_size", lambda name, build: None)


def test_report(quick, tmp_path):
    console = Console(record=True, width=200)
    (bench,) = comparison.bench_neurons(
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
    assert figure.detail["seeds"] == [result.accuracy_integer for result in bench.results]
    assert isinstance(report["training_time_lif"].provenance, Measured)
    assert report.made["seeds"] == "3, 4"
    shown = console.export_text()
    assert f"{100 * bench.real:.2f}" in shown and "LUT4 on ECP5" in shown


def test_what_was_trained_is_kept(quick, tmp_path, monkeypatch):
    run = {"seeds": (0,), "config": BRIEF, "build": tmp_path, "console": Console(quiet=True)}
    first = comparison.bench_neurons("lif", **run)
    monkeypatch.setattr(
        "spikewright.job.training.train_anew", lambda *_, **__: pytest.fail("trained again")
    )
    assert comparison.bench_neurons("lif", **run) == first


def test_only_what_spikes_is_benched():
    assert comparison.spiking() == SPIKING
    assert comparison.spiking("lif") == ["lif"]
    known = ", ".join(SPIKING)
    for name, message in (
        ("li", "li never spikes, so it cannot be a hidden layer"),
        ("lief", f"there is no neuron 'lief'; there are {known}"),
    ):
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            comparison.spiking(name)


def test_the_table_of_the_page(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "spiking", lambda neuron: ["lif", "if_neuron"])
    run = {
        "seeds": (0,), "config": BRIEF, "build": tmp_path / "build",
        "console": Console(quiet=True), "pages": True, "root": tmp_path,
    }
    page = tmp_path / comparison.PAGE
    with pytest.raises(DataError, match=f"^there is no page {re.escape(str(page))}; run this in"):
        comparison.bench_neurons(**run)
    page.parent.mkdir()
    page.write_text("Before.\n\n<!-- generated: bench -->\n\n<!-- end -->\n")
    first, second = comparison.bench_neurons(**run)
    text = page.read_text()
    assert text.startswith("Before.\n") and "Seeds 0, " in text
    assert processor() in " ".join(text.split())
    for bench in (first, second):
        accuracies = f"{100 * bench.real:.2f} | {100 * bench.integer:.2f}"
        assert f"| {bench.name} | 1 | {accuracies} | 1.50 | - |\n" in text


def test_a_page_of_one_neuron_is_refused():
    message = "the page has all neurons; bench them all, without neuron="
    with pytest.raises(DataError, match=f"^{message}$"):
        comparison.bench_neurons("lif", pages=True)
