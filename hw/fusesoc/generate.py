"""FuseSoC generator: the Verilog of a registered core, and what lint and simulation need.

FuseSoC runs this file in an empty folder, with the path of a file of parameters, by whatever
``python3`` it finds. If that lacks what is needed, the checkout's own environment takes over.
"""

import os
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
SIM = HOUSE / "sim"
PYTHON = HOUSE / ".venv" / "bin" / "python"

try:
    from fusesoc.capi2.generator import Generator

    from spikewright_hw.cores import CORES, Core
    from spikewright_hw.emit import as_verilog
except ModuleNotFoundError as error:
    if not PYTHON.is_file() or Path(sys.prefix) == PYTHON.parent.parent:
        sys.exit(
            f"the generator of Spikewright's cores needs the package {error.name}, which "
            f"{sys.executable} lacks; run `make setup` in {HOUSE}, or activate an environment that "
            "holds spikewright[boards]"
        )
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

# Edalize cannot start cocotb 2.1, so the core's testbench is run the way `make sim` runs it.
SIMULATE = """\
import os
import sys

if sys.executable != {python!r}:
    os.execv({python!r}, [{python!r}, *sys.argv])

import pytest

sys.exit(pytest.main([{testbench!r}]))
"""


def generate(generator: Generator, core: Core) -> None:
    """Write the files of a core and note them."""
    verilog = []
    for preset in core.presets:
        top = core.top(preset)
        Path(f"{top}.v").write_text(as_verilog(core.build(preset), name=top))
        verilog.append(f"{top}.v")
    generator.add_files(verilog, "rtl", file_type="verilogSource")

    waivers = f"{core.name}_waivers.vlt"
    Path(waivers).write_text((SIM / "amaranth.vlt").read_text())
    generator.add_files([waivers], "waivers", file_type="vlt")

    simulate = f"{core.name}_simulate.py"
    testbench = SIM / f"test_{core.name}.py"
    Path(simulate).write_text(SIMULATE.format(testbench=str(testbench), python=sys.executable))
    generator.add_files([{simulate: {"copyto": simulate}}], "simulate", file_type="user")

    # FuseSoC takes the target "default" of what is generated, whatever the target of the core;
    # the flags are those that the core's targets set.
    generator.targets["default"]["filesets"] = [
        "rtl",
        "verilator ? (waivers)",
        "simulate ? (simulate)",
    ]


if __name__ == "__main__":
    main = Generator()
    assert main.config is not None, "FuseSoC gives the parameters of `generate`"
    generate(main, CORES[main.config["core"]])
    main.write()
