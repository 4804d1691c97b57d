"""The campaign on the link: each trial passes on a virtual board, and fails where it has to."""

from io import StringIO

import pytest
from rich.console import Console

from spikewright.bench import link
from spikewright.bench.link import bench_link
from spikewright.bench.memory_flips import SAMPLES
from spikewright.device.faulty_wire import FAULTS
from spikewright.errors import DeviceError
from spikewright.network.reference import run
from spikewright.record.store import read_report


@pytest.mark.slow
def test_all_answers_are_right_and_a_wrong_one_is_told(tmp_path, monkeypatch):
    stream = StringIO()
    console = Console(file=stream, width=200)
    report = bench_link(
        inferences=40, noise=10_000, flips=40, seed=5, build=tmp_path, console=console
    )
    assert "seed 5" in stream.getvalue()
    assert report["inferences"].value == report["right"].value == 145
    assert report["flipped_bits"].value == 80
    weights, anything = report.rows[-2:]
    assert weights["right"] == weights["inferences"] == 40 * SAMPLES > weights["changed"] > 0
    assert anything["right"] + anything["changed"] == 40 > anything["changed"] > 0
    assert report["lost"].value == 0 and all(row["passed"] for row in report.rows)
    worst = next(row for row in report.rows if row["trial"].startswith("0.1 of"))
    assert sum(worst[fault] for fault in FAULTS) > 0
    assert read_report(tmp_path / "reports" / "link").rows == report.rows

    def other(network, spikes):
        made = real(network, spikes)
        made.outputs[:] += 1
        return made

    real = run
    monkeypatch.setattr(link, "run", other)
    with pytest.raises(DeviceError, match=r"^the link failed at 9 random bytes, 0\.001 of the fr"):
        bench_link(inferences=2, noise=9, flips=2, seed=5, build=tmp_path, console=console)
    made = read_report(tmp_path / "reports" / "link").made
    assert made["what was lost"].startswith("0 at 0.001: a wrong answer; 1 at 0.001: a wrong ans")


def test_what_is_no_campaign():
    with pytest.raises(ValueError, match="inferences is 0; it must be"):
        link.Campaign(inferences=0, seed=1)
    with pytest.raises(ValueError, match="flips is 0; it must be"):
        link.Campaign(flips=0, seed=1)
