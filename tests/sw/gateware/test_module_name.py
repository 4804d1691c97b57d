"""Names of modules in Verilog, of any names of networks."""

import re

import pytest

import spikewright as spw
from spikewright.errors import DataError
from spikewright.gateware.module_name import module_name
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

NETWORK = example_network(sizes=(4, 3, 2), steps=2, weight_bits=3, membrane=Format(6, 2))


@pytest.mark.parametrize(("name", "found"), [
    ("digits", "digits"), ("a-b", "a_b"), ("a b", "a_b"), ("784-64-10", "_784_64_10"),
    ("module", "module_"), ("logic", "logic_"), ("Module", "Module"), ("größe", "gr__e"),
])
def test_a_name_that_verilog_takes(name, found):
    assert module_name(name) == found


@pytest.mark.parametrize("name", ["", "- -", "…"])
def test_a_name_of_signs_alone(name):
    message = f"name is {name!r}; a module's name has a letter or a digit"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        module_name(name)


def test_two_networks_do_not_take_one_file(tmp_path):
    path = spw.emit(NETWORK, tmp_path, name="a-b")
    text = path.read_text()
    assert path.name == "a_b.v" and "module a_b(" in text
    with pytest.raises(DataError) as caught:
        spw.emit(NETWORK, tmp_path, name="a b")
    assert str(caught.value) == (
        f"{path} is of the network 'a-b', and 'a b' would have the same name in Verilog; rename "
        "one of them, or write it into another folder"
    )
    assert spw.emit(NETWORK, tmp_path, name="a-b") == path and path.read_text() == text
    assert "module event_(" in spw.emit(NETWORK, tmp_path, name="event").read_text()


@pytest.mark.parametrize("first", ["network", "core"])
def test_a_network_and_a_core_do_not_take_one_file(tmp_path, first):
    def network():
        spw.emit(NETWORK, tmp_path, name="lif")

    def core():
        spw.emit_cores("lif", folder=tmp_path)

    before, after = (network, core) if first == "network" else (core, network)
    before()
    there = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(DataError, match=r"lif\.core is of a .*, and a .* would have the same file"):
        after()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == there
    before()  # its own files are written anew
