"""cocotb's runners of the two simulators, with what they lack here.

Their programs are started as every tool is (:mod:`spikewright.process`): they end with their owner,
and no simulation runs for ever. A build that fails is a sentence.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from cocotb_tools import runner

from spikewright.errors import BuildError
from spikewright.process import started

__all__ = ["LIMIT_S", "RUNNERS", "TIMESCALE", "compile_verilog"]

#: Seconds that a compilation or a simulation may take.
LIMIT_S = 600
TIMESCALE = ("1ns", "1ps")

# `$dumpfile` in the language that the cores are compiled as; cocotb's own needs SystemVerilog.
_DUMP = """\
module cocotb_iverilog_dump();
reg [8*4096-1:0] path;
initial begin
    if ($value$plusargs("dumpfile_path=%s", path)) $dumpfile(path);
    $dumpvars(0, {top});
end
endmodule
"""


class _Runner(runner.Runner):
    def _execute_cmds(
        self,
        cmds: Sequence[Sequence[str]],
        cwd: str | os.PathLike[str],
        stdout: TextIO | None = None,
    ) -> None:
        for command in cmds:
            with started(command, cwd=cwd, environment=self.env, output=stdout) as process:
                try:
                    status = process.wait(LIMIT_S)
                except subprocess.TimeoutExpired:
                    raise RuntimeError(f"{command[0]} did not end within {LIMIT_S} s") from None
            if status != 0:
                raise RuntimeError(f"{command[0]} ended with status {status}")


class _Verilator(_Runner, runner.Verilator):
    """With waveforms as FST, where cocotb's are VCD."""

    def _waves_file(self) -> str:
        return "dump.fst"

    def _build_command(self) -> list[list[str]]:
        return [
            ["--trace-fst" if word == "--trace" else word for word in command]
            for command in super()._build_command()
        ]


class _Icarus(_Runner, runner.Icarus):
    def _create_iverilog_dump_file(self) -> None:
        Path(self.iverilog_dump_file).write_text(_DUMP.format(top=self.hdl_toplevel))


RUNNERS = {"verilator": _Verilator, "icarus": _Icarus}


def compile_verilog(
    simulator: str,
    sources: Sequence[Path],
    *,
    top: str,
    arguments: Sequence[str],
    place: Path,
    waves: bool,
    log: Path,
) -> None:
    """Compile Verilog, the last source, for a simulator by cocotb's name.

    Raises :exc:`~spikewright.errors.BuildError` if it does not compile.
    """
    try:
        RUNNERS[simulator]().build(
            sources=sources,
            hdl_toplevel=top,
            build_dir=place,
            build_args=arguments,
            timescale=TIMESCALE,
            waves=waves,
            log_file=log,
        )
    except RuntimeError as error:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        telling = [line for line in lines if "%Error" in line or "%Warning" in line or
                   "error:" in line]
        raise BuildError(
            f"{simulator} could not compile {sources[-1].name}: "
            f"{(telling or lines or ['no output'])[0]} (see {log})"
        ) from error
