"""Ctrl-C, or SIGTERM, in the middle of something long."""

import os
import signal
import time
from pathlib import Path

import pytest


def wait_for(pattern: str, folder: Path, process, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, f"{pattern} did not appear within {seconds} s"
        time.sleep(0.05)


def children_in(folder: Path) -> list[str]:
    """Give the command lines of the processes that work inside a folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and folder in (process / "cwd").readlink().parents:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has just ended, or is not ours
    return found


def interrupt(process, by: signal.Signals = signal.SIGINT) -> str:
    os.kill(process.pid, by)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    return err


def test_in_training(start, sentence, tmp_path):
    process = start("train", "digits.spw")
    wait_for("build/cache/training/.*.tmp", tmp_path, process)
    time.sleep(2)
    said = sentence(interrupt(process))
    assert said == "interrupted; nothing half-written was left behind"
    assert not (tmp_path / "digits.spw").exists()
    assert list((tmp_path / "build/cache/training").iterdir()) == []


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_in_place_and_route(start, sentence, small, tmp_path, by):
    process = start("run", "--model", small, "--build-only")
    wait_for("build/cache/placement/.*.tmp", tmp_path, process)
    time.sleep(1)
    assert children_in(tmp_path), "place and route is not running"
    said = sentence(interrupt(process, by))
    assert said == "interrupted; nothing half-written was left behind"
    assert list((tmp_path / "build/cache/placement").iterdir()) == []
    assert children_in(tmp_path) == []
