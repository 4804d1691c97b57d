"""Trainings compared over seeds: what each table has, its report and its page, what is missing."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from torch import nn

import spikewright as spw
from spikewright import cli
from spikewright.bench import frameworks, seeded, training_seeds
from spikewright.bench.training import PAGE
from spikewright.cli.applies import SEEDED_TABLES, SEEDED_TASKS
from spikewright.errors import DataError
from spikewright.extras import install
from spikewright.record.store import read_report
from spikewright.record.training_seeds import SEED_BLOCKS, Row, seeds_report
from spikewright.task.digits import load
from spikewright_hw.neuron import DEFINITIONS


def small(*, images: int = 150, tested: int = 40) -> spw.Task:
    whole = load()
    return replace(
        whole, x_train=whole.x_train[:images], y_train=whole.y_train[:images],
        x_test=whole.x_test[:tested], y_test=whole.y_test[:tested],
    )


TASK = small()


def test_the_command_has_every_table():
    assert SEEDED_TABLES == (*seeded.SEEDED,)
    assert SEED_BLOCKS == tuple(
        f"{table}_{task}" for table in SEEDED_TABLES for task in SEEDED_TASKS
    )


@pytest.mark.parametrize("task", ["mitbih", "fsdd", "nmnist"])
def test_a_task_that_is_not_served_is_named_before_its_files_are_looked_for(capsys, task):
    assert cli.main(["bench", "training", "--table", "frameworks", "--task", task]) == 1
    assert capsys.readouterr().err == (
        f"spikewright: --task is {task!r}; there are digits, mnist, fashion_mnist, cifar10, "
        "because these tables are of images with a label each\n"
    )


@pytest.mark.parametrize(
    ("table", "has"),
    [
        ("surrogates", [
            "rectangle", "triangle", "sigmoid", "multi gaussian", "arc tangent", "fast sigmoid",
            "straight through", "asgl",
        ]),
        ("losses", [
            "outputs, readout last", "spike count, readout count", "spike rate, readout count",
            "first spike, readout first", "membrane, readout last", "tet, readout last",
        ]),
        ("cells", [name for name, one in DEFINITIONS.items() if one.spikes]),
        ("normalisations", ["none", "batch", "tdbn", "tebn", "layer"]),
        ("delays", ["none", "0 to 4 steps", "0 to 8 steps", "0 to 16 steps"]),
        ("conversion", [
            f"{way} {steps} steps"
            for way in ("converted, ReLU,", "converted, QCFS, 8 levels,", "trained directly,")
            for steps in (4, 8, 16, 32)
        ]),
    ],
)
def test_a_table_has_what_its_name_says(table, has):
    assert [one.name for one in seeded.entries(table, TASK, epochs=1)] == has


def test_every_coding_of_images_is_an_encoder():
    names = [one.name for one in seeded.entries("encoders", TASK, epochs=1)]
    assert len(names) == 5 and names[0].startswith("time to first spike")


def test_frameworks_are_side_by_side_in_two_networks_and_two_ways():
    names = [one.name for one in seeded.entries("frameworks", TASK, epochs=1)]
    assert len(names) == len(set(names)) == 16
    for name in ("snnTorch", "SpikingJelly", "Norse", "Spikewright"):
        assert sum(one.endswith(name) for one in names) == 4
    large = replace(
        TASK, shape=None,  # pyright: ignore[reportArgumentType]
        x_train=np.tile(TASK.x_train.reshape(-1, 8, 8), (1, 4, 4))[:, :28, :28],
        x_test=np.tile(TASK.x_test.reshape(-1, 8, 8), (1, 4, 4))[:, :28, :28],
    )
    names = [one.name for one in seeded.entries("frameworks", large, epochs=1)]
    assert names[0].startswith("784-128-10, ") and names[8].startswith("16C5-P2-128-10, ")


@pytest.mark.filterwarnings("ignore")  # frameworks call what this torch calls deprecated
@pytest.mark.parametrize("name", frameworks.FRAMEWORKS)
def test_a_framework_learns(name):
    _, training = frameworks.FRAMEWORKS[name]
    assert not isinstance(training, str)
    shape = frameworks.Shape("16C3-P2-32-10", 4, 3, 32)
    fit = training(shape, TASK, 3, 1, 0)
    assert 0 <= fit.accuracy <= 1 and fit.seconds > 0
    assert training(shape, TASK, 3, 1, 0).accuracy == fit.accuracy


def test_a_conversion_learns_and_ends_in_integers():
    shape = frameworks.Shape("64-32-10", 0, 0, 32)
    task = small(images=600)
    net, seconds = seeded._learned(shape, task, seeded._qcfs, 12, 0)
    found = seeded._converted(net, seconds, task=task, steps=16)
    assert found.real is not None and found.real > 0.5  # chance is 0.1
    assert found.integer is not None and abs(found.integer - found.real) < 0.15
    assert found.seconds > seconds > 0


def test_the_report_and_the_page(tmp_path, monkeypatch):
    rows = [seeded.Entry("one", lambda seed: seeded.Found(0.5 + 0.1 * seed, 0.25, 2.0 + seed)),
            seeded.Entry("other", None, "nosuch is not installed")]
    monkeypatch.setattr(training_seeds, "entries", lambda *_, **__: rows)
    page = tmp_path / PAGE
    run = {"task": TASK, "seeds": (1, 3), "epochs": 2, "pages": True, "build": tmp_path,
           "root": tmp_path}
    printed = io.StringIO()
    with pytest.raises(DataError, match=f"^there is no page {re.escape(str(page))}; run this in"):
        spw.bench_training_seeds("frameworks", console=Console(quiet=True), **run)
    page.parent.mkdir()
    page.write_text("Before.\n<!-- generated: frameworks_digits -->\n<!-- end -->\n")
    report = spw.bench_training_seeds("frameworks", console=Console(file=printed), **run)
    line = "| one | 70.00 ± 14.14 | 25.00 ± 0.00 | 4.0 ± 1.4 |"
    assert line in printed.getvalue() and line in page.read_text()
    assert "| other | nosuch is not installed |  |  |" in page.read_text()
    command = "spikewright bench training --table frameworks --seeds 1 3 --epochs 2"
    assert report.made["command"] == command and command in " ".join(page.read_text().split())
    stored = read_report(tmp_path / "reports" / "training_frameworks")
    assert stored.rows == report.rows and stored.rows[0]["accuracy_float_seeds"] == [60.0, 80.0]
    assert [figure.provenance.kind for figure in stored.figures] == [
        "computed", "computed", "measured"
    ]


def test_a_table_that_was_interrupted_goes_on(tmp_path, monkeypatch):
    trained: list[tuple[str, int]] = []
    broken = [True]

    def entry(name: str) -> seeded.Entry:
        def run(seed: int) -> seeded.Found:
            if broken[0] and (name, seed) == ("b", 1):
                raise KeyboardInterrupt
            trained.append((name, seed))
            return seeded.Found(0.5, None, 1.0 + seed)

        return seeded.Entry(name, run)

    monkeypatch.setattr(training_seeds, "entries", lambda *_, **__: [entry("a"), entry("b")])

    def table(seeds: tuple[int, ...] = (0, 1), epochs: int = 1) -> spw.Report:
        return spw.bench_training_seeds(
            "cells", task=TASK, seeds=seeds, epochs=epochs, build=tmp_path,
            console=Console(quiet=True),
        )

    with pytest.raises(KeyboardInterrupt):
        table()
    assert trained == [("a", 0), ("a", 1), ("b", 0)]
    broken[0] = False
    first = table()
    assert trained[3:] == [("b", 1)]
    assert first.rows == table().rows and len(trained) == 4
    table(seeds=(0, 2))
    assert trained[4:] == [("a", 2), ("b", 2)]
    table(epochs=2)
    assert len(trained) == 10


def test_one_seed_has_no_deviation():
    row = Row("one", real=(0.5,), seconds=(1.0,)).row()
    assert row["accuracy_float"] == 50 and row["accuracy_float_deviation"] is None
    assert row["accuracy_integer"] is None


@pytest.mark.parametrize(
    ("seeds", "said"), [((0,), "; one seed, CPU"), ((0, 1), "; mean and standard deviation of 2 ")]
)
def test_the_page_says_of_how_many_seeds_a_table_is(seeds, said):
    report = seeds_report("cells", [], task=TASK, seeds=seeds, made={})
    assert said in report.summary


def test_a_whole_table_is_trained_quickly(tmp_path):
    report = spw.bench_training_seeds(
        "normalisations", task=TASK, seeds=(0,), epochs=1, build=tmp_path,
        console=Console(quiet=True),
    )
    assert report.rows[4]["said"] == "it cannot be folded into weights"
    assert all(row["accuracy_integer"] is not None for row in report.rows[:4])


def test_what_is_not_installed_is_a_sentence(monkeypatch):
    monkeypatch.setattr(frameworks, "installed", lambda package: False)
    rows = {one.name: one for one in seeded.entries("frameworks", TASK, epochs=1)}
    assert rows["64-128-10, direct, 8 steps, Norse"].said == "norse is not installed"
    assert rows["64-128-10, direct, 8 steps, Norse"].run is None
    converted = rows["64-128-10, converted, 16 steps, snnTorch"]
    assert converted.said == "it converts no networks of values"
    direct = rows["64-128-10, direct, 8 steps, snnTorch"]  # of an extra, so it says how to get it
    assert direct.said == f"snntorch is not installed. To get it, {install('frameworks')}."


def test_what_a_conversion_needs_is_a_sentence(monkeypatch):
    monkeypatch.setattr(frameworks, "installed", lambda package: package != "requests")
    rows = {one.name: one for one in seeded.entries("frameworks", TASK, epochs=1)}
    converted = rows["64-128-10, converted, 16 steps, SpikingJelly"]
    assert converted.run is None and converted.said.startswith("requests is not installed")
    assert rows["64-128-10, direct, 8 steps, SpikingJelly"].run is not None


@pytest.mark.filterwarnings("ignore")  # as above
def test_spikingjelly_converts():
    _, training = frameworks.CONVERTED["SpikingJelly"]
    assert not isinstance(training, str)
    fit = training(frameworks.Shape("64-32-10", 0, 0, 32), small(images=600), 16, 12, 0)
    assert fit.accuracy > 0.5  # chance is 0.1


@pytest.mark.parametrize(
    ("task", "image"), [("mnist", (28, 28)), ("fashion_mnist", (28, 28)), ("cifar10", (32, 32, 3))]
)
def test_every_task_of_the_command_has_both_networks(task, image):
    rng = np.random.default_rng(0)
    made = spw.Task(
        name=task, kind="image", low=0, high=255,
        x_train=rng.integers(0, 256, (20, *image)), y_train=np.arange(20) % 10,
        x_test=rng.integers(0, 256, (10, *image)), y_test=np.arange(10),
    )
    names = [one.name for one in seeded.entries("frameworks", made, epochs=1)]
    assert names[0].startswith(f"{np.prod(image)}-128-10, ")
    assert names[8].startswith("16C5-P2-128-10, ")
    for row in (0, 8):
        shape = seeded._shapes(made)[row // 8]
        net = frameworks.ann(shape, made, nn.ReLU)
        assert net(frameworks.ann_samples(made.x_test, made)).shape == (10, 10)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"name": "nosuch"}, ValueError, "name is 'nosuch'; "),
        ({"seeds": (-1,)}, ValueError, "seeds"),
        ({"seeds": (0, 0)}, ValueError, "seeds is [0, 0]; name each once, and at least one"),
        ({"epochs": 0}, ValueError, "epochs is 0; "),
        ({"task": spw.Task(name="made", kind="spikes", x_train=np.ones((2, 3, 4)),
                           y_train=np.array([0, 1]), x_test=np.ones((2, 3, 4)),
                           y_test=np.array([0, 1]))},
         DataError, "made has no images with a label each; take a task that has"),
    ],
)
def test_a_wrong_argument_is_a_sentence(given, error, said):
    given = {"name": "cells", "task": TASK, **given}
    with pytest.raises(error, match=f"^{re.escape(said)}"):
        spw.bench_training_seeds(given.pop("name"), **given)


def test_rows_are_trained_by_name_and_others_are_shown_as_they_were_kept(tmp_path, monkeypatch):
    def entries(*_, **__):
        return [
            seeded.Entry(name, lambda seed, name=name: trained.append((name, seed)) or
                         seeded.Found(0.5, None, 1.0))
            for name in ("dense", "dense, wide", "deep")
        ]

    trained: list[tuple[str, int]] = []
    monkeypatch.setattr(training_seeds, "entries", entries)

    def said(seeds: tuple[int, ...], *only: str) -> list[str]:
        report = spw.bench_training_seeds(
            "networks", task=TASK, seeds=seeds, epochs=1, only=only, build=tmp_path,
            console=Console(quiet=True),
        )
        assert report.made["command"].endswith("--row wide" if only else "--epochs 1")
        return [row["said"] for row in report.rows]

    assert said((0,), "wide") == ["not run", "", "not run"] and trained == [("dense, wide", 0)]
    assert said((0, 1), "wide") == ["not run", "", "not run"]
    assert said((0,)) == ["", "", ""]
    assert said((0, 1), "wide") == ["not run", "", "not run"]  # of one seed, and not of two
    for name in ("none", ""):
        with pytest.raises(ValueError, match=rf"^only is '{name}', which is in the name of no row"):
            said((0,), name)


def test_what_is_left_is_told_of_each_training(tmp_path, monkeypatch, capsys):
    rows = [seeded.Entry(name, lambda seed: seeded.Found(0.5, None, 1.0)) for name in "ab"]
    monkeypatch.setattr(training_seeds, "entries", lambda *_, **__: rows)
    spw.bench_training_seeds(
        "cells", task=TASK, seeds=(0, 1), epochs=1, build=tmp_path, console=Console(quiet=True)
    )
    told = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"✓ 1 of 4: a, seed 0 \(0\.\d s\)", told[0])
    assert re.fullmatch(r"✓ 4 of 4: b, seed 1, about 0 s left \(0\.\d s\)", told[3])


def test_networks_are_wide_and_deep():
    assert [one.name for one in seeded.entries("networks", TASK, epochs=1)] == [
        "64-512-10, event products", "16C3-P2-64-10", "16C3-P2-64-10, leaks learned",
    ]
