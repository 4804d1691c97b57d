"""The virtual board: the board's own gateware, compiled by Verilator, behind a serial port.

The port is a pseudo terminal, so that software opens it exactly as it opens a real board's.
"""

import os
import shutil
import subprocess
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from amaranth.hdl import ClockDomain, ClockSignal, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spikewright_hw.board import BoardTop
from spikewright_hw.emit import as_verilog
from spikewright_hw.engine.design import Design
from spikewright_hw.link.sensors import Monitor
from spikewright_hw.link.serial_port import SerialTop
from spikewright_hw.network import Network

from ..errors import DeviceError
from ..files import replacing, storage_errors, write_if_changed
from ..plain_paths import is_plain
from ..temporary import clear_left_behind, temporary
from ..tools import require_all, run
from .fault_socket import FaultSocket
from .memory_faults import Faults, Flip, Memory, declared_memories, open_memories, place_of

__all__ = [
    "CLOCK_HZ", "DIVISOR", "HARNESS", "NEEDED_TOOLS", "VirtualBoard", "build_virtual_board",
    "compile_virtual", "virtual_top",
]

#: Clock frequency that a virtual board states, Hz, unless it stands for a certain real one.
CLOCK_HZ = 25_000_000
#: Clock cycles per bit of its serial port: the fewest, for there is no wire to be slow for.
DIVISOR = 4
#: Tools that compile one.
NEEDED_TOOLS = ("verilator", "make", "c++", "perl")
#: Seconds after which a board that is stopped, and not let go on, is given up.
_STOPPED_S = 1.0
#: The program around the gateware.
HARNESS = Path(__file__).with_name("virtual_board.cpp")
_TOP = "board"


def build_virtual_board(
    network: Network,
    directory: Path,
    *,
    clock_hz: int = CLOCK_HZ,
    design: Design | None = None,
    logs: Path | None = None,
    faults: Faults | None = None,
    monitor: Monitor | None = None,
) -> Path:
    """Compile a virtual board that holds ``network`` and return the path of its program.

    Parameters
    ----------
    network : Network
        What the board runs.
    directory : Path
        Where everything is generated. Give an empty one, or the same again to compile only what
        has changed. If its path has signs that make cannot take, such as a space, the work is done
        in a temporary folder.
    clock_hz : int
        Clock frequency that the board states, Hz.
    design : Design, optional
        The engine; the event engine if not given.
    logs : Path, optional
        Folder of the tools' logs; ``directory`` if not given.
    faults : Faults, optional
        Bits of its memories that are to be flipped: made sure of before it is compiled. With any,
        be it none of them, others can be flipped while it runs, which takes a third of its speed.
    monitor : Monitor, optional
        A model of what reads the board's supplies.

    Raises
    ------
    ToolError
        Verilator, perl, make or the C++ compiler is missing.
    BuildError
        One of them failed.
    StorageError
        ``directory`` cannot be written.
    ValueError
        Its memories have no such bits.
    """
    require_all(NEEDED_TOOLS)
    top = virtual_top(network, clock_hz=clock_hz, design=design, monitor=monitor)
    return compile_virtual(top, directory, logs=logs, faults=faults, clock_hz=clock_hz)


def virtual_top(
    network: Network, *, clock_hz: int = CLOCK_HZ, design: Design | None = None,
    monitor: Monitor | None = None,
) -> BoardTop:
    """Return the board top of a virtual board; arguments as for :func:`build_virtual_board`."""
    return BoardTop(
        network=network, divisor=DIVISOR, clock_hz=clock_hz, virtual=True, design=design,
        monitor=monitor,
    )


def compile_virtual(
    top: SerialTop, directory: Path, *, logs: Path | None = None, faults: Faults | None = None,
    clock_hz: int = CLOCK_HZ,
) -> Path:
    """Compile any board top into a virtual board, as :func:`build_virtual_board` does.

    Parameters
    ----------
    top : component
        With the serial port and the light of a board top, and ``DIVISOR`` cycles a bit.
    directory, logs : Path
    faults : Faults, optional
    clock_hz : int
        Clock that it states, of which a bit of its port takes some cycles at other rates.
    """
    require_all(NEEDED_TOOLS)
    directory = directory.resolve()
    with storage_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
    alone = _ClockAlone(top)
    program = directory / "virtual_board"
    with _plain(directory) as work:
        made = _compile(
            alone, work, logs=(directory if logs is None else logs).resolve(), faults=faults,
            clock_hz=clock_hz,
        )
        with replacing(program) as unfinished:
            shutil.move(made, unfinished)
    return program


@contextmanager
def _plain(directory: Path) -> Iterator[Path]:
    """Return the folder itself, or a temporary one if its path has signs that make cannot take."""
    if is_plain(directory):
        yield directory
        return
    place = Path(tempfile.gettempdir()).resolve() / "spikewright"
    clear_left_behind(place.parent)
    with storage_errors(place), temporary(place, folder=True) as work:
        yield work


class _ClockAlone(wiring.Component):
    """The board top without a reset, which would cost the simulation a third of its time.

    It starts from its initial values, as on an FPGA, and for the reset that it asks for, it is
    started again.
    """

    clk: Signal
    rx: Signal
    tx: Signal
    busy: Signal
    prediction: Signal
    reset: Signal
    trial: Signal

    def __init__(self, board: SerialTop):
        self._board = board
        super().__init__({
            "clk": In(1), "rx": In(1), "tx": Out(1), "busy": Out(1), "prediction": Out(32),
            "reset": Out(1), "trial": Out(1),
        })

    def elaborate(self, platform) -> Module:
        m = Module()
        m.domains.sync = ClockDomain(reset_less=True)
        m.submodules.board = board = self._board
        m.d.comb += [
            ClockSignal().eq(self.clk),
            board.rx.eq(self.rx),
            self.tx.eq(board.tx),
            self.busy.eq(getattr(board, "busy", 0)),
            self.prediction.eq(getattr(board, "prediction", 0)),
            self.reset.eq(getattr(board, "reset", 0)),
            self.trial.eq(getattr(board, "trial", 0)),
        ]
        return m


def _compile(
    top: _ClockAlone, work: Path, *, logs: Path, faults: Faults | None, clock_hz: int
) -> Path:
    """Compile in a folder, and return the program."""
    verilator, make, compiler, _ = require_all(NEEDED_TOOLS)
    source = as_verilog(top, name=_TOP)
    if faults is not None:
        faults.among(declared_memories(source))
        source = open_memories(source)
    write_if_changed(work / f"{_TOP}.v", source)
    write_if_changed(work / HARNESS.name, HARNESS.read_text())

    objects = work / "objects"
    options = [
        "--cc", "--exe", "-O3", "--top-module", _TOP, "--Mdir", objects.name,
        "--x-assign", "0", "--x-initial", "0",  # gateware has initial values; so be reproducible
        "-Wno-lint",  # style is checked where cores are linted; here it is only compiled
        "-CFLAGS", f"-DCLOCK_HZ={clock_hz}ul",
        *(["--vpi"] if faults is not None else []),  # which keeps the names of what may be changed
    ]  # fmt: skip
    run(
        verilator, [*options, f"{_TOP}.v", HARNESS.name, "-o", "virtual_board"],
        cwd=work, log=logs / "verilator.log",
    )  # fmt: skip
    run(
        make,
        [
            "-C", objects.name, "-f", f"V{_TOP}.mk", "-j", str(os.cpu_count() or 1),
            f"CXX={compiler.shell}", f"LINK={compiler.shell}",
            "OPT_FAST=-O2", "OPT_SLOW=-O0", "OPT_GLOBAL=-O2",
            "CFG_CXXFLAGS_PCH_I=-include",  # blank in some packages of Verilator
            "PYTHON3=python3",  # the makefile says `python`, which Debian does not have
        ],
        cwd=work, log=logs / "make.log",
    )  # fmt: skip
    return objects / "virtual_board"


class VirtualBoard:
    """A running virtual board; its ``port`` is open for business inside ``with``.

    It sleeps while it has nothing to do, and ends with the ``with`` or with this process.

    Parameters
    ----------
    program : Path
        What :func:`build_virtual_board` gave.
    lights : bool
        It prints what its lights show, whenever that is something else: busy, and the class of the
        last inference.
    """

    #: Path of its serial port.
    port: str
    #: Bits of its memories that were flipped on purpose, in the order in which it was asked for.
    flipped: tuple[Flip, ...] = ()

    def __init__(self, program: Path, *, lights: bool = False):
        self._program = program
        self._options = ["lights"] if lights else []
        self._stopped = 0.0  # since when, or 0

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self._process.pid

    @property
    def memories(self) -> tuple[Memory, ...]:
        """The memories, and states of neurons, of which a bit can be flipped.

        Raises
        ------
        DeviceError
            The board was not compiled for it, or does not answer.
        """
        found = self._faults.memories()
        if not found:
            raise DeviceError(
                "the virtual board was compiled without a way to its memories; make it again, "
                "with faults=Faults()"
            )
        return found

    def flip(self, *flips: Flip) -> None:
        """Flip bits of its memories, one after the other, while it runs; each as it says when.

        A bit stays as it is then until the board writes its word; flipped again it is as before.
        A virtual board that is reset has the contents that its memories began with.

        Raises
        ------
        DeviceError
            The board was not compiled for it, or does not answer.
        ValueError
            There is no such memory, word or bit; no bit is flipped then.
        """
        memories = self.memories
        for flip in flips:
            place_of(flip, memories)
        for flip in flips:
            self._faults.flip(flip)
            self.flipped = (*self.flipped, flip)

    def trouble(self) -> str:
        """Say why it cannot answer, to follow "the board ..."; nothing while it runs."""
        state = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
        if state is None:
            self._stopped = 0.0
            return ""
        if state.si_code != os.CLD_STOPPED:
            return "has ended: its process was killed, or failed"
        now = time.monotonic()
        self._stopped = self._stopped or now
        if now - self._stopped < _STOPPED_S:
            return ""
        return f"is stopped, as by SIGSTOP; `kill -CONT {self.pid}` lets it go on"

    def __enter__(self) -> Self:
        board, host = os.openpty()
        self._faults = FaultSocket(trouble=self.trouble)
        control = self._faults.board_end
        try:
            tty.setraw(host)
            self.port = os.ttyname(host)
            self._process = subprocess.Popen(
                [self._program, str(board), str(DIVISOR), str(control.fileno()), *self._options],
                pass_fds=[board, control.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is this process's business
            )
        except OSError as error:
            os.close(host)
            self._faults.close()
            raise DeviceError(
                f"The virtual board {self._program} cannot be started: {error.strerror}; "
                "build it again."
            ) from error
        finally:
            os.close(board)
            control.close()
        # Held open until the end: the board takes a port that nobody holds for the end.
        self._host = host
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._host)
        self._faults.close()
        self._process.kill()  # which ends it also if it is stopped
        self._process.wait()
