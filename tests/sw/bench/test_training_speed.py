"""How long steps of training take beside other frameworks': the table, its page, its gradients."""

import io

import pytest
from rich.console import Console

import spikewright as spw
from spikewright.bench import peers, training_speed
from spikewright.bench.training import PAGE
from spikewright.errors import DataError
from spikewright.record.store import read_report
from spikewright_hw.neuron import DEFINITIONS


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(training_speed, "NETWORKS", {"9-12-4": 0.3})
    monkeypatch.setattr(training_speed, "_OF_NEURONS", "9-12-4")
    monkeypatch.setattr(
        training_speed, "DEFINITIONS",
        {name: DEFINITIONS[name] for name in ("lif", "li", "recurrent_lif")},
    )


@pytest.mark.filterwarnings("ignore")  # frameworks call what this torch calls deprecated
def test_the_tables_and_the_page(small, tmp_path):
    (tmp_path / "docs").mkdir()
    page = tmp_path / PAGE
    page.write_text(
        "before\n<!-- generated: speed -->\n<!-- end -->\n"
        "<!-- generated: cells -->\n<!-- end -->\nafter\n"
    )
    printed = io.StringIO()
    report = spw.bench_training_speed(
        rounds=2, pages=True, build=tmp_path / "build", root=tmp_path,
        console=Console(file=printed, width=200),
    )
    rows = {row["name"]: row for row in report.rows if row["kind"] == "framework"}
    assert set(rows) == {*training_speed.OURS, *peers.PEERS}
    assert all(row["ms"] > 0 and row["times"] > 0 for row in rows.values())
    for ours in training_speed.OURS:  # the same neuron, the same gradient
        assert 0 <= rows[ours]["gradients"] < 1e-5
    cells = [row["name"] for row in report.rows if row["kind"] == "neuron"]
    assert cells == ["lif", "li", "recurrent_lif"]
    stored = read_report(tmp_path / "build" / "reports" / "training_speed")
    assert stored.rows == report.rows and len(stored.figures) == len(rows)
    assert all(figure.provenance.kind == "measured" for figure in stored.figures)
    text = page.read_text()
    assert "\n| 9-12-4 | SpikingJelly, multi-step | " in text and "\n| recurrent_lif | " in text
    assert "| lif | " in printed.getvalue()


def test_frameworks_that_are_not_there_are_named(small, tmp_path, monkeypatch):
    monkeypatch.setattr(training_speed, "installed", lambda package: False)
    printed = io.StringIO()
    report = spw.bench_training_speed(
        rounds=1, build=tmp_path, console=Console(file=printed, width=200)
    )
    said = "Not installed, and so not compared: SpikingJelly, multi-step, snnTorch, Norse."
    assert said in report.summary and said in printed.getvalue()
    frameworks = [row for row in report.rows if row["kind"] == "framework"]
    assert [row["name"] for row in frameworks] == list(training_speed.OURS)
    assert all(row["times"] is None and row["gradients"] is None for row in frameworks)
    assert report.figures == ()


def test_a_page_that_is_not_there(small, tmp_path, monkeypatch):
    monkeypatch.setattr(training_speed, "installed", lambda package: False)
    with pytest.raises(DataError, match=r"^there is no page .*training\.md; run this in the"):
        spw.bench_training_speed(rounds=1, pages=True, build=tmp_path, root=tmp_path)


@pytest.mark.filterwarnings("ignore")
def test_peers_run_the_same_network():
    drawn = training_speed._drawn("9-12-4", 0.3)
    lif = [DEFINITIONS["lif"]] * 2
    losses = {
        name: make(drawn.weights, drawn.spikes, drawn.labels)()[0]
        for name, (_, make) in peers.PEERS.items() if name != "snnTorch"  # its reset is another
    }
    mine = training_speed._ours(drawn, lif, compiled=True)()[0]
    assert losses == pytest.approx(dict.fromkeys(losses, mine), abs=1e-5)
