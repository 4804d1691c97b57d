"""``docs/bus.md``: its tables and its examples, held to what ``spikewright emit`` writes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import spikewright as spw
from spikewright import tools
from spikewright_hw.bus.registers import registers_of
from spikewright_hw.bus.sample import Sample, transfers_of
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.words import Words
from spikewright_hw.fixed import Format

PAGE = (Path(__file__).parents[2] / "docs" / "bus.md").read_text(encoding="utf-8")
NETWORK = example_network(sizes=(40, 6, 3), steps=2, weight_bits=4, membrane=Format(8, 4))
PORTS = re.compile(r"^(input|output) (?:\[(\d+):0\] )?(\w+);$", re.MULTILINE)


def block(language: str, containing: str) -> str:
    """Return the only block of code in a language on the page that has these words."""
    (found,) = (
        one for one in re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if containing in one
    )
    return found


def emitted(folder: Path, bus: Any) -> tuple[Path, dict[str, str]]:
    """Emit the engine as ``digits``; return the file, and the direction of each port."""
    path = spw.emit(NETWORK, folder, name="digits", bus=bus)
    top = path.read_text().split("\nmodule digits(")[1].split("endmodule")[0]
    ports = {name: way for way, _, name in PORTS.findall(top.replace("\n  ", "\n"))}
    assert ports
    return path, ports


def lint(*sources: str, top: str, folder: Path) -> subprocess.CompletedProcess[str]:
    verilator = tools.require("verilator")
    return subprocess.run(
        [*verilator.command, "--lint-only", "-Wall", "amaranth.vlt", *sources,
         "--top-module", top],
        cwd=folder, env={**os.environ, **verilator.environment}, capture_output=True, text=True,
        check=False,
    )


def test_the_example_in_verilog_is_without_a_warning(tmp_path):
    emitted(tmp_path, "axi-stream")
    wires = "".join(
        f"  {way} {'[31:0] ' if name.endswith('tdata') else ''}{name},\n"
        for way, name in (
            ("input", "clk"), ("input", "reset"), ("input", "spikes_tdata"),
            ("input", "spikes_tvalid"), ("output", "spikes_tready"), ("input", "spikes_tlast"),
            ("output", "answer_tdata"), ("output", "answer_tvalid"), ("input", "answer_tready"),
            ("output", "answer_tlast"), ("output", "answer_tuser"),
        )
    )
    example = f"module yours (\n{wires[:-2]}\n);\n{block('verilog', '.aclk')}endmodule\n"
    (tmp_path / "yours.v").write_text(example)
    assert (result := lint("digits.v", "yours.v", top="yours", folder=tmp_path)).returncode == 0, (
        result.stderr
    )
    (tmp_path / "yours.v").write_text(example.replace(".aclk", ".clock"))
    assert lint("digits.v", "yours.v", top="yours", folder=tmp_path).returncode != 0


class Bus:
    """Stands for an interface of LiteX: any signal, by its name."""

    def __getattr__(self, name: str) -> "Bus":
        return self

    def __getitem__(self, bits: slice) -> "Bus":
        assert bits.start is None
        return self


def module(name: str, **members: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(members)
    return made


def test_the_example_for_litex_has_the_ports_that_there_are(tmp_path, monkeypatch):
    path, ports = emitted(tmp_path, "wishbone")
    instances: list[tuple[str, dict[str, Any]]] = []

    def instance(name: str, **connected: Any) -> list:
        instances.append((name, connected))
        return [name]

    parts: dict[str, ModuleType] = {
        "litex": module("litex"), "litex.soc": module("litex.soc"),
        "litex.gen": module("litex.gen", LiteXModule=type("LiteXModule", (), {"specials": []})),
        "litex.soc.interconnect": module("litex.soc.interconnect", wishbone=SimpleNamespace(
            Interface=lambda data_width: Bus()
        )),
        "migen": module(
            "migen", ClockSignal=Bus().__getattr__, ResetSignal=Bus().__getattr__, Signal=Bus,
            Instance=instance,
        ),
    }
    for name, part in parts.items():
        monkeypatch.setitem(sys.modules, name, part)
    added: list[str] = []
    given: dict[str, Any] = {}
    exec(block("python", "LiteXModule"), given)
    core = given["Classifier"](SimpleNamespace(add_source=added.append), folder=tmp_path)
    ((name, connected),) = instances
    assert name == "digits" and added == [str(path)]
    assert {one[2:]: one[0] for one in connected} == {name: way[0] for name, way in ports.items()}
    registers = json.loads(path.with_suffix(".json").read_text())["bus"]["registers"]
    assert core.size >= 4 * len(registers)
    assert core.offsets["status"] == 0 and core.offsets["prediction"] == 16


def test_the_table_of_registers_is_theirs():
    rows = re.findall(r"^\| 0x(\w\w) \| `(\w+)` \| (rw?) \| (.*) \|$", PAGE, re.MULTILINE)
    entries = [one.entry(number) for number, one in enumerate(registers_of(NETWORK))]
    assert rows == [
        (f"{one['offset']:02x}", one["name"], one["access"], one["description"])
        for one in entries[: len(rows)]
    ]
    assert len(rows) == 9
    bits = {name: int(place) for name, place in re.findall(
        r"(ready|done|lost) (?:is )?bit (\d)", PAGE
    )}
    assert bits == entries[0]["bits"]


def test_the_words_of_a_sample_are_those_that_the_core_takes():
    given: dict[str, Any] = {}
    exec(block("python", "def words_of"), given)
    for inputs in (1, 31, 32, 33, 70):
        spikes = np.arange(3 * inputs).reshape(3, inputs) % 3 == 1
        bitmaps = [sum(int(bit) << at for at, bit in enumerate(step)) for step in spikes]
        sample = Sample(
            data_bits=32, inputs=inputs, planes=3, words=Words(bits=inputs, count=1)
        )
        assert given["words_of"](spikes).tolist() == transfers_of(bitmaps, sample)


@pytest.mark.parametrize("bus", ["axi-stream", "wishbone"])
def test_what_is_emitted_is_without_a_warning(bus, tmp_path):
    emitted(tmp_path, bus)
    result = lint("digits.v", top="digits", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert f"on {bus}" in (tmp_path / "digits.core").read_text()
