"""How long steps of training take beside other frameworks': the table, its page, its gradients."""

import io

import pytest
from rich.console import Console

import spikewright as spw
from spikewright.bench import peers, training_speed
from spikewright.bench.speed_networks import OURS, SpeedNetwork, drawn_network
from spikewright.bench.training import PAGE
from spikewright.errors import DataError
from spikewright.record.store import read_report
from spikewright_hw.connection import FeatureMap
from spikewright_hw.neuron import DEFINITIONS

SMALL = {
    "9-12-4": SpeedNetwork(FeatureMap(channels=9), "12-4", steps=6, batch=5),
    "2-7, recurrent": SpeedNetwork(
        FeatureMap(channels=2), "7", kind="recurrent", steps=9, batch=5
    ),
    "3C3-P2-4": SpeedNetwork(
        FeatureMap(channels=2, height=8, width=8), "3C3-P2-4", kind="convolution", steps=3, batch=5
    ),
}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(training_speed, "NETWORKS", SMALL)
    monkeypatch.setattr(training_speed, "_OF_NEURONS", "9-12-4")
    monkeypatch.setattr(training_speed, "peak_of_step", lambda network, title: 3 << 20)
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
        console=Console(file=printed, width=400),
    )
    rows = {
        (row["network"], row["name"]): row for row in report.rows if row["kind"] == "framework"
    }
    assert set(rows) == {
        (name, title) for name, network in SMALL.items()
        for title in (*OURS, *peers.PEERS[network.kind])
    }
    figures = ("ms", "wall_ms", "times")
    assert all(row[name] > 0 for row in rows.values() for name in figures)
    for (_, title), row in rows.items():
        assert row["megabytes"] == (None if title in ("snnTorch", "Norse") else 3.0)
        if title in OURS:  # the same neuron, the same gradient
            assert 0 <= row["gradients"] < 1e-5
    cells = [row["name"] for row in report.rows if row["kind"] == "neuron"]
    assert cells == ["lif", "li", "recurrent_lif"]
    stored = read_report(tmp_path / "build" / "reports" / "training_speed")
    assert stored.rows == report.rows and len(stored.figures) == len(rows)
    assert all(figure.provenance.kind == "measured" for figure in stored.figures)
    text = page.read_text()
    assert "\n| 9-12-4 | 6 × 5 | SpikingJelly, multi-step | " in text
    assert "\n| recurrent_lif | " in text
    assert "| lif | " in printed.getvalue()


def test_frameworks_that_are_not_there_are_named(small, tmp_path, monkeypatch):
    for module in (training_speed, peers):
        monkeypatch.setattr(module, "installed", lambda package: False)
    printed = io.StringIO()
    report = spw.bench_training_speed(
        rounds=1, build=tmp_path, console=Console(file=printed, width=400)
    )
    said = (
        "Not installed, and so not compared: SpikingJelly, multi-step, snnTorch, Norse, "
        "SpikingJelly, best loop."
    )
    assert said in report.summary and said in printed.getvalue()
    frameworks = [row for row in report.rows if row["kind"] == "framework"]
    assert [row["name"] for row in frameworks] == [*OURS] * len(SMALL)
    assert all(row["times"] is None and row["gradients"] is None for row in frameworks)
    assert report.figures == ()


def test_a_page_that_is_not_there(small, tmp_path, monkeypatch):
    monkeypatch.setattr(training_speed, "installed", lambda package: False)
    with pytest.raises(DataError, match=r"^there is no page .*training\.md; run this in the"):
        spw.bench_training_speed(rounds=1, pages=True, build=tmp_path, root=tmp_path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SMALL)
def test_peers_run_the_same_network(name):
    drawn = drawn_network(SMALL[name])
    losses = {
        title: make()()[0] for title, make in peers.makers(drawn).items()
        if title != "snnTorch"  # its reset is another
    }
    assert len(losses) > len(OURS)
    assert losses == pytest.approx(dict.fromkeys(losses, losses["Spikewright"]), abs=1e-5)
