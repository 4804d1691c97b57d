"""The registry: what its lines say, and what a line cannot be."""

import re
from pathlib import Path

import pytest

from spikewright_hw.cores import CORES, Core
from spikewright_hw.registry import ENTRIES, FILE, Entry, for_core, listed


def test_lines_and_entries_are_the_same():
    lines = FILE.read_text().splitlines()
    assert [line for line in lines if line and line[0] != "#"] == [one.line for one in ENTRIES]


def test_a_core_of_no_kind_has_files_of_its_own_name():
    assert listed("link uart_rx -  # a comment\n\n") == (Entry("link", "uart_rx", "uart_rx"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("neuron lif", "line 1 of cores.txt is 'neuron lif'; it must be a family, a name, and "),
        ("#\nneuron lif neuron -", "line 2 of cores.txt is 'neuron lif neuron -'; it must be a "),
        ("link a -\n\nlink a -", "line 3 of cores.txt lists a again; take it out"),
    ],
)
def test_lines_that_are_wrong(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        listed(text)


def test_no_core_bears_the_name_of_a_kind():
    """Its own file would be taken for the kind's."""
    assert not CORES.keys() & {core.kind for core in CORES.values() if core.kind != core.name}


def test_a_file_of_its_own_comes_before_the_kind_s(tmp_path: Path):
    core = Core("neuron", "halver", "neuron")
    assert core.file_in(tmp_path, ".sby") == tmp_path / "neuron.sby"
    (tmp_path / "halver.sby").touch()
    assert core.file_in(tmp_path, ".sby") == tmp_path / "halver.sby"


def test_a_kind_s_file_is_filled_in():
    text = for_core("{core}_{first} {core}_{second}", name="lif", presets=("q8", "q4", "q2"))
    assert text == "lif_q8 lif_q4"
