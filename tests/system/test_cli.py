"""What the command line says to a person who got something wrong."""

import os
import subprocess
import sys
import sysconfig
import tty
from pathlib import Path

import pytest

from ..coverage_report import unmeasured


def test_a_network_file_that_is_not_there(refused_here):
    assert "missing.spw" in refused_here("run", "--network", "missing.spw")


def test_a_bitstream_of_a_network_file_that_is_not_there(refused_here):
    said = refused_here("build", "missing.spw")
    assert said == "missing.spw does not exist; `spikewright train` makes a network file"


def test_a_network_file_that_was_cut_short(refused_here, small, tmp_path):
    (tmp_path / "short.spw").write_bytes(small.read_bytes()[:-7])
    assert "short.spw" in refused_here("run", "--network", "short.spw")


def test_a_network_file_that_was_altered(refused_here, small, tmp_path):
    content = bytearray(small.read_bytes())
    content[-1] ^= 1
    (tmp_path / "altered.spw").write_bytes(content)
    assert "altered" in refused_here("build", "altered.spw")


def test_a_port_that_is_not_there(refused_here, small):
    said = refused_here("run", "--network", small, "--port", "/dev/ttyNowhere")
    assert "/dev/ttyNowhere" in said


def test_a_board_that_does_not_answer(refused_here, small):
    board, host = os.openpty()
    tty.setraw(host)
    try:
        said = refused_here("run", "--network", small, "--port", os.ttyname(host))
    finally:
        os.close(board)
        os.close(host)
    assert "does not answer" in said


def test_no_compiler(refused, small, tmp_path):
    """A PATH on which there is perl and make, but no C++ compiler."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("perl", "make", "env", "sh"):
        source = next(
            Path(folder, name)
            for folder in os.environ["PATH"].split(os.pathsep)
            if Path(folder, name).exists()
        )
        (tools / name).symlink_to(source)
    said = refused("run", "--network", small, PATH=str(tools))
    assert said.startswith("c++ was not found; without it, no virtual board")
    assert not list(tmp_path.glob("build/cache/*/.*")), "something half-written stayed"


def test_an_unknown_core(refused_here):
    said = refused_here("emit", "perceptron")
    assert said.startswith("there is no core 'perceptron'; there are li,")


def test_an_unknown_preset(refused_here):
    assert refused_here("emit", "lif", "--preset", "q1_1") == (
        "lif has no preset 'q1_1'; it has q8_8, q6_4, q8_8_x4"
    )


def test_emit_without_a_core(refused):
    assert refused("emit") == "name one core, or give --all for every core"


def test_a_report_that_is_not_there(refused_here):
    assert "make run" in refused_here("report", "run")
    assert "'run-mnist'" in refused_here("report", "--task", "mnist")


def test_a_folder_that_cannot_be_written(refused_here, tmp_path):
    (tmp_path / "build").write_text("a file where the folder should be")
    said = refused_here("emit", "lfsr", "--preset", "w8")
    assert said.startswith("build/verilog cannot be written: part of the path is a file")


LIMITED = """
import resource, signal, sys
from spikewright import cli
from spikewright.gateware import emit
emit.as_verilog = lambda component, name: "wire w;" * 1000  # what writes it is what is tested
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
sys.exit(cli.main(["emit", "lfsr", "--preset", "w8"]))
"""


def test_a_full_disk(tmp_path, sentence):
    """The kernel's own refusal: no file may grow beyond a hundred bytes."""
    result = subprocess.run(
        [sys.executable, "-c", LIMITED],
        cwd=tmp_path,
        env=unmeasured(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    assert sentence(result.stderr).startswith(
        "build/verilog/lfsr_w8.v cannot be written: the file would be larger than"
    )
    assert list((tmp_path / "build/verilog").iterdir()) == [], "a half-written file stayed"


def test_emitted_verilog_is_the_same_each_time(start, tmp_path):
    texts = []
    for folder in ("first", "second"):
        process = start("emit", "lfsr", "-o", folder)
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        texts.append({path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()})
    assert texts[0] == texts[1]
    assert texts[0].keys() == {
        "lfsr_w8.v", "lfsr_w8.json", "lfsr_w16.v", "lfsr_w16.json", "lfsr.core", "amaranth.vlt",
    }


@pytest.mark.parametrize("verb", ["run", "train", "emit", "build", "report", "doctor", "new-core"])
def test_help(start, verb):
    process = start(verb, "--help")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "usage: spikewright" in out or "usage: cli.py" in out


def test_the_launcher_is_installed():
    assert Path(sysconfig.get_path("scripts"), "spikewright").is_file()
