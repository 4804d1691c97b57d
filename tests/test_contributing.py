"""The gate that ``CONTRIBUTING.md`` makes by hand: it can be built, its test passes."""

import re
import sys
from types import ModuleType

import pytest
from amaranth.back import rtlil  # pyright: ignore[reportAttributeAccessIssue]
from amaranth.hdl import Fragment

from spikewright_hw.cores import CORES, Core
from spikewright_hw.registry import listed

from .test_house import HOUSE

PAGE = (HOUSE / "CONTRIBUTING.md").read_text(encoding="utf-8")
MODULE, TEST, SPECS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def core(monkeypatch) -> Core:
    """The core of the page, as if its files were there and its line in the registry."""
    (line,) = re.findall(r"^```\n(\S+ \w+ gate)\n```$", PAGE, re.MULTILINE)
    (entry,) = listed(line)
    made = Core(entry.family, entry.name, entry.kind)
    name = f"spikewright_hw.{entry.family}.{entry.name}"
    module = ModuleType(name)
    module.__dict__["__package__"] = name.rpartition(".")[0]
    exec(compile(MODULE, "CONTRIBUTING.md", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(CORES, entry.name, made)
    return made


def test_the_core_can_be_built(core):
    for preset in core.presets:
        Fragment.get(core.build(preset), platform=None)


def test_its_test_passes(core, tmp_path):
    file = tmp_path / "test_complement.py"  # Amaranth reads its first line
    file.write_text(TEST)
    names: dict = {}
    exec(compile(TEST, file, "exec"), names)
    for lanes in (1, 8):
        names["test_twice_is_the_same"](lanes)
    names["test_no_lanes"]()


def test_what_is_proved_of_it_can_be_built(core):
    names: dict = {}
    exec(compile(SPECS, "CONTRIBUTING.md", "exec"), names)
    specs = names["specs"]()
    assert specs.keys() == {f"complement_{of}" for of in (*core.presets, "fault")}
    for spec in specs.values():
        assert "assert" in rtlil.convert(spec, ports=(), emit_src=False)
