"""Runs the testbenches of all cores; ``make sim`` is this folder's pytest.

Environment: ``SIM=verilator`` or ``SIM=icarus`` asks for one simulator, on all presets. Otherwise
Verilator runs on all presets and Icarus, if it is installed, on the first one of a core for each
testbench, or of the core that is asked for; ``WHOLE=1`` runs both on all, and the neurons for
longer. ``SEED=`` repeats a run; ``WAVES=1`` writes a waveform of each test that fails, and
``WAVES=NAME`` one of each test whose name has that in it.
"""

import os
import random
import sys
import time

import pytest
from rich.console import Console
from rich.table import Table

import simulators
from bench import neuron, whole
from spikewright.errors import SpikewrightError, ToolError
from spikewright.interrupt import interruptible
from spikewright.record.report import Report
from spikewright.record.store import write_report
from spikewright_hw.cores import CORES
from waves import Waves

REPORT = simulators.HOUSE / "build" / "reports" / "sim"
ROWS = "sim_rows"

#: A core for each testbench, the last one: the two simulators differ in language and timing, which
#: is the same for all that one testbench is of.
ONE_OF_EACH = {core.file_in(simulators.BENCHES, ".py"): name for name, core in CORES.items()}


def pytest_cmdline_main(config):
    """Run as pytest does, but end at once on a signal, with the workers and their tools."""
    others = config.pluginmanager.subset_hook_caller(
        "pytest_cmdline_main", [sys.modules[__name__]]
    )
    return interruptible(
        lambda: int(others(config=config)), says="Interrupted; what was simulated is not reported."
    )


def pytest_addoption(parser):
    parser.addoption("--core", metavar="NAME", help="simulate this core alone")


def pytest_configure(config):
    core = config.getoption("--core")
    if core is not None and core not in CORES:
        raise pytest.UsageError(f"there is no core {core!r}; there are {', '.join(CORES)}")
    try:
        config.simulators = simulators.choose(os.environ.get("SIM", ""))
    except ToolError as error:
        raise pytest.UsageError(str(error)) from error
    seed = os.environ.get("SEED") or str(random.SystemRandom().getrandbits(31))
    if not seed.isdecimal():
        raise pytest.UsageError(f"SEED is {seed!r}; it must be a whole number")
    config.sim_seed = int(seed)
    os.environ["SEED"] = seed  # for the workers of pytest-xdist, which start after this


def pytest_generate_tests(metafunc):
    if "simulate" in metafunc.fixturenames:
        chosen = metafunc.config.simulators
        metafunc.parametrize("simulator", chosen, ids=[simulator.name for simulator in chosen])


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if not _is_wanted(item, config)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_wanted(item, config):
    """Return whether to simulate: Icarus takes a core for each testbench, in its first preset.

    With ``--core`` it is that core alone. With ``WHOLE=1``, or where it is the only simulator,
    Icarus takes all.
    """
    core, preset, simulator = (item.callspec.params[n] for n in ("core", "preset", "simulator"))
    wanted = config.getoption("--core")
    if wanted not in (None, core):
        return False
    if simulator.name != "icarus" or len(config.simulators) == 1 or whole():
        return True
    chosen = wanted is not None or core in ONE_OF_EACH.values()
    return chosen and preset == next(iter(CORES[core].presets))


def _left_out(config):
    """Return what a run leaves out that ``WHOLE=1`` does."""
    steps = (
        f"neurons run for {neuron.QUICK:,} steps instead of {neuron.LONG:,}, and under stalls for "
        f"{neuron.STALLED_QUICK:,} random ones instead of {neuron.STALLED:,}"
    )
    both = len(config.simulators) > 1
    cores = "a core" if config.getoption("--core") else "a core for each testbench"
    icarus = f"Icarus runs on the first preset of {cores} alone, and " if both else ""
    return f"left out: {icarus}{steps}; WHOLE=1 leaves out nothing"


@pytest.fixture
def simulate(request, simulator, record_property):
    """Return ``simulate(core, preset)``: build the preset, run the testbench on it, note rows."""

    def run(core: str, preset: str) -> None:
        seed = request.config.sim_seed
        started = time.monotonic()
        waves = Waves.of_environment()
        try:
            rows = simulators.simulate(core, preset, simulator, seed=seed, waves=waves)
        except SpikewrightError as error:
            row = {
                "core": core,
                "preset": preset,
                "simulator": simulator.name,
                "test": "(build)",
                "seed": seed,
                "seconds": round(time.monotonic() - started, 3),
                "verdict": "ERROR",
            }
            record_property(ROWS, [row])
            pytest.fail(str(error), pytrace=False)
        record_property(ROWS, rows)
        failed = [row["test"] for row in rows if row["verdict"] != "PASS"]
        if failed:
            log = simulators.log_of(core, preset, simulator)
            pytest.fail(
                f"{core} ({preset}, {simulator.name}) fails {', '.join(failed)}; "
                f"SEED={seed} repeats it\n\n{log.read_text(errors='replace')}",
                pytrace=False,
            )

    return run


def pytest_terminal_summary(terminalreporter, config):
    rows = [
        row
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == ROWS
        for row in value
    ]
    if not rows:
        return
    if not whole():
        terminalreporter.ensure_newline()
        terminalreporter.write_line(_left_out(config))
    rows.sort(key=lambda row: (row["core"], row["preset"], row["simulator"], row["test"]))
    table = Table(title="Simulation")
    for column in rows[0]:
        table.add_column(column, justify="right" if column in ("seed", "seconds") else "left")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    terminalreporter.ensure_newline()
    Console(width=None if terminalreporter.isatty else 120).print(table)
    columns = tuple(rows[0])
    ordered = tuple({column: row[column] for column in columns} for row in rows)
    write_report(Report("sim", "Simulation", rows=ordered), REPORT)
