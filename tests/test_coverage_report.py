"""The coverage report: lines counted for each package, of files that were run or never read."""

from coverage import Coverage

from .coverage_report import rows_of


def test_a_row_for_each_package_and_one_for_all(tmp_path):
    for name in ("hw/cores/one.py", "hw/cores/two.py", "hw/cores/inner/three.py", "hw/cores/no.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if name.endswith("no.py") else "first = 1\n\n# nothing\nsecond = 2\n")
    coverage = Coverage(data_file=None, config_file=False)
    coverage.get_data().add_lines(
        {str(tmp_path / "hw/cores/one.py"): [1, 4], str(tmp_path / "hw/cores/inner/three.py"): [1]}
    )
    for name in ("hw/cores/two.py", "hw/cores/no.py"):
        coverage.get_data().touch_file(str(tmp_path / name))
    assert rows_of(coverage, root=tmp_path) == [
        {"package": "hw/cores", "lines": 4, "run": 2, "percent": 50.0},
        {"package": "hw/cores/inner", "lines": 2, "run": 1, "percent": 50.0},
        {"package": "all", "lines": 6, "run": 3, "percent": 50.0},
    ]
