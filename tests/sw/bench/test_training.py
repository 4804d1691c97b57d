"""The bench of the training's settings: folds of the training part, and what is said of them."""

import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from spikewright.bench import training as comparison
from spikewright.bench.training_tables import TABLES, brief, compared
from spikewright.errors import DataError
from spikewright.network.draft import draft
from spikewright.network.training_config import Phase, TrainingConfig
from spikewright.record.store import read_report
from spikewright.record.training_bench import Fold, Setting, training_report
from spikewright.task.digits import load

BRIEF = TrainingConfig(
    real=Phase(epochs=1, learning_rate=3e-2), quantized=Phase(epochs=1, learning_rate=2e-3)
)


def setting(name: str, *integers: float) -> Setting:
    folds = (Fold(real=0.5, integer=each, spikes=20.0, synops=4000.0) for each in integers)
    return Setting(name, tuple(folds))


def test_each_setting_differs_from_the_defaults_in_one_thing():
    settings = comparison.settings()
    base = settings.pop("defaults")
    assert base == TrainingConfig()
    for name, config in settings.items():
        differ = [field for field in vars(base) if getattr(config, field) != getattr(base, field)]
        assert len(differ) == 1, name
    assert len({repr(config) for config in settings.values()}) == len(settings)


def test_differences_are_taken_fold_by_fold():
    base = setting("defaults", 0.90, 0.80, 0.70)
    other = setting("other", 0.92, 0.82, 0.74)
    # 2, 2 and 4 points: 8/3 in the mean, with a standard error of sqrt(4/3) / sqrt(3) = 2/3.
    difference, error = other.difference(base)
    assert difference == pytest.approx(0.08 / 3) and error == pytest.approx(0.02 / 3)
    assert other.better(base) and not base.better(other)
    assert not setting("uneven", 0.99, 0.80, 0.70).better(base)
    report = training_report([base, other], made={})
    by = "by more than 2 standard errors of the mean difference from the defaults"
    assert report.summary.endswith(f"Better {by}: other.")
    assert report.rows[1]["difference"] == 2.67 and report.rows[1]["difference_error"] == 0.67
    same = training_report([base], made={})
    assert same.summary.endswith(f"No other setting is better {by}.")
    assert same["accuracy_integer_folds"].value == pytest.approx(80)
    assert all(row["again"] is None for row in report.rows)


def test_a_setting_that_is_better_is_looked_at_again_on_other_folds():
    base, lucky = setting("defaults", 0.90, 0.80, 0.70), setting("lucky", 0.92, 0.82, 0.74)
    good = setting("good", 0.91, 0.82, 0.73)
    again = [
        setting("defaults", 0.8, 0.8, 0.8), setting("lucky", 0.9, 0.7, 0.8),
        setting("good", 0.82, 0.83, 0.82),
    ]
    report = training_report([base, lucky, good], again=again, made={})
    assert report.summary.endswith("defaults: lucky; good. On 3 other folds, too: good.")
    assert [row["again"] for row in report.rows] == [None, 0.0, 2.33]
    none = training_report([base, lucky], again=again[:2], made={})
    assert none.summary.endswith("On 3 other folds, none of them is: the defaults stay.")


def test_the_test_part_is_not_looked_at_and_the_page_is_written(tmp_path):
    whole = load()
    task = replace(whole, x_train=whole.x_train[:200], y_train=whole.y_train[:200])
    object.__setattr__(task, "x_test", np.full_like(whole.x_test, np.nan))  # no task holds that
    run = {
        "chosen": {"defaults": BRIEF, "half": replace(BRIEF, batch=64)}, "task": task, "folds": 2,
        "pages": True, "build": tmp_path / "build", "root": tmp_path,
        "console": Console(quiet=True),
    }  # fmt: skip
    page = tmp_path / comparison.PAGE
    with pytest.raises(DataError, match=f"^there is no page {re.escape(str(page))}; run this in"):
        comparison.bench_training(**run)
    page.parent.mkdir()
    page.write_text("Before.\n\n<!-- generated: choice -->\n\n<!-- end -->\n")
    report = comparison.bench_training(**run)
    stored = read_report(tmp_path / "build" / "reports" / "training_settings")
    assert stored == replace(report, sections=())
    text = page.read_text()
    first, second = report.rows
    cells = f"{first['accuracy_float']:.2f} | {first['accuracy_integer']:.2f} |  |"
    assert f"| defaults | {cells}" in text
    assert f"| half | {second['accuracy_float']:.2f} | {second['accuracy_integer']:.2f} |" in text
    assert report.made["processor"] in " ".join(text.split())
    epochs = "After 1 epochs in real numbers and 1 on the grid, the defaults have "
    assert epochs in " ".join(text.split())


def test_other_folds_are_those_of_other_seeds(tmp_path, monkeypatch):
    task = replace(load(), x_train=load().x_train[:100], y_train=load().y_train[:100])
    asked = []

    def fold(config, part, *, seed, build):
        asked.append((config.batch, part.name.split("validation-")[1], seed))
        better = 0.5 + 0.1 * (config.batch == 64)
        return Fold(real=0.5, integer=better, spikes=1.0, synops=1.0)

    monkeypatch.setattr(comparison, "_fold", fold)
    report = comparison.bench_training(
        chosen={"defaults": BRIEF, "half": replace(BRIEF, batch=64)}, task=task, folds=2,
        again=(1, 5), build=tmp_path, console=Console(quiet=True),
    )
    assert asked[:4] == [(BRIEF.batch, "0-0", 0), (BRIEF.batch, "0-1", 0), (64, "0-0", 0),
                         (64, "0-1", 0)]
    assert [seed for _, _, seed in asked[4:]] == [1, 1, 5, 5] * 2
    assert report.rows[1]["again"] == 10.0


@pytest.mark.parametrize("table", TABLES)
def test_each_table_has_what_its_name_says_beside_the_defaults(table):
    task = load()
    base = brief(TrainingConfig(), 8)
    assert (base.real.epochs, base.quantized.epochs) == (8, 3)
    settings = compared(table, base, task)
    assert next(iter(settings)) == "defaults" and settings["defaults"] == base
    assert len(settings) >= 4 and len({repr(one) for one in settings.values()}) == len(settings)
    field = {"grids": "scales"}.get(table)
    if field:
        assert len({getattr(one.model, field) for one in settings.values()}) >= 3
    for config in settings.values():  # each is one that the task can be trained with
        assert config.model.sizes[0] == config.coding.inputs
        assert draft(config.model, steps=config.coding.steps) is not None


def test_a_table_has_a_report_of_its_own(tmp_path):
    whole = load()
    task = replace(whole, x_train=whole.x_train[:200], y_train=whole.y_train[:200])
    report = comparison.bench_training(
        chosen={"defaults": BRIEF, "pruned": replace(BRIEF, prune=0.5)}, table="grids", task=task,
        folds=2, again=(), build=tmp_path, console=Console(quiet=True),
    )
    assert report.name == "training_grids" and report.title == "Training: grids"
    assert [row["setting"] for row in report.rows] == ["defaults", "pruned"]
    assert report.made["command"] == "spikewright bench training --table grids --folds 2"
    assert read_report(tmp_path / "reports" / report.name).rows == report.rows
    with pytest.raises(ValueError, match="folds is 1; it must be a whole number of at least 2"):
        comparison.bench_training(folds=1, task=task)
    with pytest.raises(ValueError, match="table is 'nosuch'; "):
        comparison.bench_training(table="nosuch", task=task)
