"""Building a core for a simulator and running its testbench there.

Builds are cached by content under ``build/sim``: a core whose Verilog did not change is not
compiled again.
"""

import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from amaranth.lib import wiring

import library
from bench.bench import CORE, PRESET
from runners import RUNNERS, TIMESCALE, compile_verilog
from spikewright.cache import cached
from spikewright.errors import BuildError, ToolError
from spikewright.files import write_text
from spikewright.gateware.fusesoc import WAIVERS
from spikewright.plain_paths import is_plain
from spikewright.tool_search import search_path
from spikewright.tools import Tool, find, require
from spikewright_hw.cores import CORES
from spikewright_hw.emit import as_verilog
from waves import Waves, name_of, require_fst, write_layouts

__all__ = ["BENCHES", "HOUSE", "Simulator", "choose", "log_of", "simulate"]

HOUSE = Path(__file__).resolve().parent.parent
ROOT = HOUSE / "build" / "sim"
#: The testbenches, of cores and of kinds.
BENCHES = Path(__file__).with_name("benches")
# cocotb asks pytest to rewrite assertions, which needs none of what is plugged into it.
ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
BAD = ("failure", "error", "skipped")  # a test that is skipped has shown nothing


@dataclass(frozen=True)
class Simulator:
    """A simulator by cocotb's name, and the tool behind it."""

    name: str
    tool: Tool

    @property
    def sources(self) -> list[Path]:
        """Files it reads besides the core's Verilog."""
        return [WAIVERS] if self.name == "verilator" else []

    @property
    def build_args(self) -> list[str]:
        """Options of a build."""
        # Amaranth's Verilog is that of 2005; under a later standard Icarus never begins to
        # evaluate blocks whose inputs do not change after time zero.
        return ["-Wall", "-g2005"] if self.name == "icarus" else ["-Wall"]

    @contextmanager
    def environment(self, *, waves: bool) -> Generator[None]:
        """Put the tool on PATH, with what it needs, for the length of the body."""
        saved = dict(os.environ)
        folder = str(Path(self.tool.command[0]).parent)
        os.environ.update(self.tool.environment)
        os.environ.pop("WAVES", None)  # cocotb has a variable of that name for all tests
        os.environ["PATH"] = os.pathsep.join([folder, search_path()])
        try:
            if self.name == "verilator":
                library.use(self.tool, waves=waves, root=ROOT)
            yield
        finally:
            os.environ.clear()
            os.environ.update(saved)


def choose(wanted: str) -> list[Simulator]:
    """Return the simulators to run: the one wanted, or all there are; Verilator always.

    Raises :exc:`~spikewright.errors.ToolError` for a missing or unknown one.
    """
    for path, what in ((HOUSE, "a checkout"), (Path(sys.prefix), "an environment")):
        if not is_plain(path):
            raise ToolError(
                f"{path} has a space or a sign in its path that cocotb's makefiles cannot take; "
                f"simulate in {what} at a plain path"
            )
    tools = {"verilator": "verilator", "icarus": "iverilog"}
    if wanted and wanted not in tools:
        raise ToolError(f"SIM is {wanted!r}; it must be verilator or icarus, or left out for both")
    if wanted:
        return [Simulator(wanted, require(tools[wanted]))]
    icarus = find(tools["icarus"])
    found = [Simulator("verilator", require(tools["verilator"]))]
    return found + ([Simulator("icarus", icarus)] if icarus is not None else [])


def log_of(core: str, preset: str, simulator: Simulator) -> Path:
    """Return the file that holds the output of a simulation."""
    return ROOT / CORES[core].top(preset) / simulator.name / "test.log"


def simulate(
    core: str, preset: str, simulator: Simulator, *, seed: int, waves: Waves
) -> list[dict[str, Any]]:
    """Run the testbench of a core on one preset and return a row for each of its tests.

    Each test that a waveform is wanted of runs once more by itself.

    Raises
    ------
    BuildError
        The Verilog does not compile, or the simulation ended before it could report.
    ToolError
        A waveform is wanted, and cannot be written here.
    """
    if waves.asked and simulator.name == "verilator":
        require_fst()
    rows = _run(core, preset, simulator, seed=seed)
    for row in rows:
        if waves.wants(row):
            _run(core, preset, simulator, seed=seed, drawn=row["test"])
    return rows


def _run(
    core: str, preset: str, simulator: Simulator, *, seed: int, drawn: str | None = None
) -> list[dict[str, Any]]:
    """Run all tests, or the one that a waveform is drawn of; return a row for each."""
    top = CORES[core].top(preset)
    log = log_of(core, preset, simulator)
    folder = log.parent
    module = f"benches.{CORES[core].file_in(BENCHES, '.py').stem}"
    waves, component = drawn is not None, CORES[core].build(preset)
    given: dict[str, Any] = {}
    if drawn is not None:
        waveform = folder / f"{name_of(drawn)}.fst"
        log = waveform.with_suffix(".log")
        waveform.unlink(missing_ok=True)
        write_layouts(waveform, component, top=top)
        given = {"test_filter": rf"(^|\.){re.escape(drawn)}$"} | _place_of(waveform, simulator)
    with simulator.environment(waves=waves):
        built = _build(component, simulator, top=top, folder=folder, waves=waves)
        results = log.with_name("results.xml" if drawn is None else f"{log.stem}.xml")
        results.unlink(missing_ok=True)
        try:
            RUNNERS[simulator.name]().test(
                test_module=module,
                hdl_toplevel=top,
                hdl_toplevel_lang="verilog",
                build_dir=built,
                test_dir=folder,
                seed=seed,
                waves=waves,
                timescale=TIMESCALE,
                extra_env={CORE: core, PRESET: preset, **ENVIRONMENT},
                results_xml=str(results),
                log_file=log,
                **given,
            )
        except SystemExit:
            pass  # a test failed: the results tell which
        except RuntimeError as error:
            raise BuildError(
                f"{simulator.name} fails on {core} ({preset}): {error} (see {log})"
            ) from error
    if not results.is_file():
        raise BuildError(f"{simulator.name} ended before {core} ({preset}) could report: see {log}")
    rows = [
        {
            "core": core,
            "preset": preset,
            "simulator": simulator.name,
            "test": case.get("name", "").removeprefix(f"{module}."),
            "seed": seed,
            "seconds": round(float(case.get("time", 0)), 3),
            "verdict": "FAIL" if any(case.find(kind) is not None for kind in BAD) else "PASS",
        }
        for case in ElementTree.parse(results).getroot().iter("testcase")
    ]
    if not rows:
        raise BuildError(f"{module} holds no cocotb test; nothing was simulated")
    return rows


def _place_of(waveform: Path, simulator: Simulator) -> dict[str, list[str]]:
    """Return the arguments that say where a simulator writes its waveform."""
    if simulator.name == "verilator":
        return {"test_args": ["--trace-file", str(waveform)]}
    return {"plusargs": [f"+dumpfile_path={waveform}"]}


def _build(
    component: wiring.Component, simulator: Simulator, *, top: str, folder: Path, waves: bool
) -> Path:
    """Return the folder of a compiled core."""
    text = as_verilog(component, name=top)
    key = {
        "verilog": text,
        "simulator": simulator.name,
        "version": simulator.tool.version,
        "waivers": [path.read_text() for path in simulator.sources],
        "build_args": [*simulator.build_args, os.environ.get("MAKEFLAGS", "")],
        "waves": waves,
    }

    def build(place: Path) -> None:
        source = place / f"{top}.v"
        write_text(source, text)
        compile_verilog(
            simulator.name, [*simulator.sources, source], top=top, arguments=simulator.build_args,
            place=place, waves=waves, log=folder / "build.log",
        )  # fmt: skip

    folder.mkdir(parents=True, exist_ok=True)
    return cached("built", key, build, root=folder)
