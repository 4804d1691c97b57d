"""The coverage report: lines counted for each package, of files that were run or never read."""

import json
import os
import subprocess
import sys

from coverage import Coverage

from .coverage_report import HOUSE, add, rows_of
from .measured.sitecustomize import environment


def test_a_row_for_each_package_and_one_for_all(tmp_path):
    for name in ("hw/cores/one.py", "hw/cores/two.py", "hw/cores/inner/three.py", "hw/cores/no.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if name.endswith("no.py") else "first = 1\n\n# nothing\nsecond = 2\n")
    (tmp_path / "hw/cores/__main__.py").write_text("third = 3\n")
    notes = [tmp_path / "a.json", tmp_path / "b.json"]
    notes[0].write_text(json.dumps({"hw/cores/one.py": [1], "hw/cores/inner/three.py": [1]}))
    notes[1].write_text(json.dumps({"hw/cores/one.py": [4]}))
    coverage = Coverage(data_file=None, config_file=False)
    add(notes, coverage, root=tmp_path)
    assert rows_of(coverage, root=tmp_path) == [
        {"package": "hw/cores", "lines": 4, "run": 2, "percent": 50.0},
        {"package": "hw/cores/inner", "lines": 2, "run": 1, "percent": 50.0},
        {"package": "all", "lines": 6, "run": 3, "percent": 50.0},
    ]


PROGRAM = """
import os, sys
sys.path[:0] = sys.argv[1:]
from spikewright_hw.fixed import Format
Format(8, 2)
os.rmdir(os.getcwd())
"""


def test_a_program_notes_the_lines_that_it_runs_wherever_it_is(tmp_path):
    notes, place = tmp_path / "notes", tmp_path / "place"
    notes.mkdir()
    place.mkdir()
    command = [sys.executable, "-c", PROGRAM, str(HOUSE / "hw")]
    ended = subprocess.run(
        command, cwd=place, env={**os.environ, **environment(notes)},
        capture_output=True, text=True, check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    (note,) = notes.iterdir()
    run = json.loads(note.read_text())["hw/spikewright_hw/fixed.py"]
    source = (HOUSE / "hw/spikewright_hw/fixed.py").read_text().splitlines()
    lines = {source[number - 1].strip() for number in run}
    assert "if self.width > _WIDEST:" in lines
    assert not any(line.startswith("raise ") for line in lines)
