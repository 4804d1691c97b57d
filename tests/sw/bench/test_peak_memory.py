"""The most memory that a step holds: of one that is known, and of one in a process of its own."""

import torch

from spikewright.bench import peak_memory
from spikewright.bench.peak_memory import MEGABYTE, peak_of, peak_of_step


def test_what_a_step_holds_at_most_is_counted_and_what_was_there_is_not():
    there = torch.ones(40, MEGABYTE // 4)

    def step() -> float:
        held = torch.ones(64, MEGABYTE // 4)
        return float(held.sum() + there.sum())

    most = peak_of(step)
    assert most is not None and 60 * MEGABYTE < most < 80 * MEGABYTE


def test_a_system_that_does_not_say(monkeypatch, tmp_path):
    monkeypatch.setattr(peak_memory, "_STATUS", tmp_path / "status")
    monkeypatch.setattr(peak_memory, "_CLEAR", tmp_path / "clear")
    assert peak_of(lambda: None) is None
    (tmp_path / "status").write_text("Name:\tpython\n")
    assert peak_of(lambda: None) is None


def test_a_step_in_a_process_of_its_own():
    most = peak_of_step("64-128-10", "Spikewright")
    assert most is not None and MEGABYTE < most < 100 * MEGABYTE
    assert peak_of_step("64-128-10", "no framework") is None
