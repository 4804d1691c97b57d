"""The main job on a small network: every stage, on a virtual board."""

import json
import os

import pytest

#: What the report of a run always holds.
FIGURES = {
    "accuracy_float": "computed",
    "accuracy_integer": "computed",
    "accuracy_device": "computed",
    "mismatches": "computed",
    "compared": "computed",
    "cycles_mean": "simulated",
    "cycles_max": "simulated",
    "fmax_mhz": "post-route",
    "latency_us": "simulated",
    "lut": "post-route",
    "ff": "post-route",
    "bram": "post-route",
    "synops_per_inference": "simulated",
    "energy_per_inference_uj": "estimated",
}


def run_job(*, model, cwd):
    """Run ``boards/run_ecp5.py`` and return its report, its page and its first line."""
    import subprocess
    import sys
    from pathlib import Path

    script = Path(__file__).parents[2] / "boards" / "run_ecp5.py"
    result = subprocess.run(
        [sys.executable, script, "--network", model],
        cwd=cwd, capture_output=True, text=True, timeout=600, check=False, env=dict(os.environ),
    )
    assert result.returncode == 0, result.stderr
    folder = cwd / "build" / "reports" / "run"
    report = json.loads((folder / "report.json").read_text())
    return report, (folder / "report.html").read_text(), result.stdout.splitlines()[0]


@pytest.fixture(scope="module")
def job(small, tmp_path_factory):
    cwd = tmp_path_factory.mktemp("job")
    return run_job(model=small, cwd=cwd), cwd


@pytest.mark.slow
def test_every_figure_is_there_with_its_provenance(job):
    (report, _, _), _ = job
    figures = {figure["name"]: figure for figure in report["figures"]}
    assert {name: figures[name]["provenance"] for name in FIGURES} == FIGURES
    for figure in report["figures"]:
        assert {"name", "value", "unit", "provenance"} <= figure.keys()


@pytest.mark.slow
def test_the_board_equals_the_reference(job):
    (report, _, _), _ = job
    figures = {figure["name"]: figure["value"] for figure in report["figures"]}
    assert figures["mismatches"] == 0
    steps, hidden, outputs = 4, 6, 10
    values = steps * hidden + steps * outputs + outputs + 2 + 1 + 1 + 2
    assert figures["compared"] == 360 * values
    assert figures["accuracy_device"] == figures["accuracy_integer"]


@pytest.mark.slow
def test_the_first_line_says_that_the_board_is_virtual(job):
    (_, _, first), _ = job
    assert "virtual board" in first


@pytest.mark.slow
def test_the_page_needs_nothing_else(job):
    (_, page, _), _ = job
    assert "<svg" in page
    for outside in ("src=\"http", "href=\"http", "<script", "@import", "url(http"):
        assert outside not in page


@pytest.mark.slow
def test_what_was_built_is_used_again(job, small):
    _, cwd = job
    before = {path: path.stat().st_mtime_ns for path in (cwd / "build/cache").rglob("key.json")}
    run_job(model=small, cwd=cwd)
    after = {path: path.stat().st_mtime_ns for path in (cwd / "build/cache").rglob("key.json")}
    assert before == after
    assert len(before) >= 4, "too few stages are kept"
