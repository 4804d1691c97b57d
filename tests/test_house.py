"""The law of the house: who has which counterparts, and who may import whom.

Each test names all that is missing or wrong, so that one run is enough.
"""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from amaranth.hdl import Fragment

import spikewright_hw
from spikewright_hw.cores import CORES, Core
from spikewright_hw.registry import for_core

HOUSE = Path(__file__).resolve().parent.parent
HARDWARE = HOUSE / "hw" / "spikewright_hw"
SOFTWARE = HOUSE / "sw" / "spikewright"

#: The path of the data: each package imports only those before it.
PATH = (
    "task", "equations", "coding", "network", "exchange", "quantized", "stochastic_models",
    "engine_cycles", "gateware", "device", "record", "pages", "job", "exploration", "qubo",
    "forecast", "control", "detection", "scenes", "heartbeats", "reaching", "keywords",
    "submission", "bench", "scaffold", "cli",
)

#: The layers of the gateware: each imports only those before it.
LAYERS = (
    "checks", "fixed", "definition", "registry", "neuron", "connection", "layer", "protocol",
    "network", "stochastic", "engine", "bus", "audio", "link", "qubo", "board", "demo", "cores",
    "emit",
)

#: Ground under the path: imports nothing of it.
GROUND = (
    "public", "errors", "temporary", "files", "json_text", "imports", "extras", "cache", "machine",
    "guard", "native", "process", "make", "interrupt", "terminal", "plain_paths", "tool_search",
    "tools", "doctor", "real_arrays", "python_file", "started",
)


def counterparts(core: Core) -> list[Path]:
    """Return the files that a core must have; some may be those of its kind."""
    return [
        HARDWARE / core.folder / f"{core.name}.py",
        core.file_in(HOUSE / "sim" / "benches", ".py"),
        core.file_in(HOUSE / "formal", ".py"),
        core.file_in(HOUSE / "formal", ".sby"),
        HOUSE / "tests" / "hw" / f"test_{core.name}.py",
        HOUSE / "docs" / "cores" / f"{core.name}.md",
    ]


def imports(file: Path, *, package: str) -> Iterator[str]:
    """Return the full name of each thing that a file imports; ``package`` is that of the file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = parts[: len(parts) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def modules(root: Path) -> Iterator[tuple[Path, str]]:
    """Return each Python file below a package, and the package it is in."""
    for file in sorted(root.rglob("*.py")):
        yield file, ".".join(file.parent.relative_to(root.parent).parts)


def section(text: str, name: str) -> list[str]:
    """Return the lines of one section of a ``.sby`` file."""
    match = re.search(rf"^\[{name}\]\n(.*?)^\[", text, re.MULTILINE | re.DOTALL)
    return [line for line in match[1].splitlines() if line.strip()] if match else []


def here(file: Path) -> str:
    return file.relative_to(HOUSE).as_posix()


def test_every_core_has_its_counterparts():
    missing = [
        here(file) for core in CORES.values() for file in counterparts(core) if not file.is_file()
    ]
    assert not missing, f"missing: {', '.join(missing)}"


def test_every_counterpart_has_its_core():
    """Nothing is simulated, proved or described under the name of a core that is not there."""
    places = (
        ("sim/benches", r"(\w+)\.py"), ("formal", r"(\w+)\.sby"), ("docs/cores", r"(\w+)\.md"),
    )
    kinds = {core.kind for core in CORES.values()}
    stray = []
    for folder, pattern in places:
        for file in sorted((HOUSE / folder).iterdir()):
            match = re.fullmatch(pattern, file.name)
            if match and match[1] not in {*CORES, *kinds, "README", "__init__"}:
                stray.append(here(file))
    assert not stray, f"not of a registered core: {', '.join(stray)}"


@pytest.mark.parametrize("name", CORES)
def test_core_has_presets_of_two_sizes(name):
    """Each preset can be built, and a core with parameters has at least two different ones."""
    core = CORES[name]
    for preset in core.presets:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", preset), f"{preset} cannot be part of a name"
        component = core.build(preset)
        Fragment.get(component, platform=None)  # elaborates, or raises
        assert component.signature.members, f"{name} has no ports"
    sizes = {repr(sorted(keywords.items())) for keywords in core.presets.values()}
    module = import_module(f"spikewright_hw.{core.family}.{name}")
    wanted = 2 if inspect.signature(module.core).parameters else 1
    assert len(sizes) >= wanted, f"{name} has only {len(sizes)} different presets"


@pytest.mark.parametrize("name", CORES)
def test_core_can_fail_its_proofs(name):
    """Each kind of task is there, and the fault alone is expected to fail."""
    core = CORES[name]
    text = core.file_in(HOUSE / "formal", ".sby").read_text()
    if core.kind != name:
        text = for_core(text, name=name, presets=core.presets)
    tasks = [line.split() for line in section(text, "tasks")]  # each with its tags
    assert {task[0].split("_")[0] for task in tasks} == {"bmc", "prove", "cover", "fault"}

    expecting, block = set(), ""
    for line in section(text, "options"):
        tag, colon, rest = line.rpartition(":")
        if colon and not rest:
            block = tag  # up to the next "--"
        elif line == "--":
            block = ""
        elif rest.strip() == "expect fail":
            expecting.add(tag or block)
    for name, *tags in tasks:
        expects = not expecting.isdisjoint([name, *tags])
        assert expects == name.startswith("fault"), f"{name} should {'not ' * expects}expect fail"


def test_hardware_imports_amaranth_and_the_standard_library_only():
    allowed = {"amaranth", "spikewright_hw", *sys.stdlib_module_names}
    wrong = [
        f"{here(file)} imports {name}"
        for file, package in modules(HARDWARE)
        for name in imports(file, package=package)
        if name.split(".")[0] not in allowed
    ]
    assert not wrong, "; ".join(wrong)


#: What describes a network without being hardware.
DESCRIPTIONS = (
    "spikewright_hw.fixed", "spikewright_hw.neuron", "spikewright_hw.layer",
    "spikewright_hw.network", "spikewright_hw.engine.design", "spikewright_hw.engine.record",
    "spikewright_hw.protocol", "spikewright_hw.definition.integers", "spikewright_hw.cores",
    "spikewright.quantized.spw",
)


def test_a_network_is_described_without_amaranth():
    """A program that only reads networks needs no HDL."""
    code = (
        "import importlib, sys\n"
        f"for name in {DESCRIPTIONS}:\n"
        "    importlib.import_module(name)\n"
        "    if 'amaranth' in sys.modules: sys.exit(f'{name} loads amaranth')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


#: What a program beside a board imports: to read a network, to code, to talk, and to check.
BESIDE_A_BOARD = (
    "spikewright.quantized.spw", "spikewright.coding.known", "spikewright.device.connect",
    "spikewright.network.reference", "spikewright.job.compare",
)


@pytest.mark.parametrize("name", BESIDE_A_BOARD)
def test_beside_a_board_numpy_is_enough(name):
    """Besides numpy, only the containers are loaded: safetensors of a file, serial of a port."""
    code = (
        f"import {name}, sys\n"
        "print(*{module.split('.')[0] for module in sys.modules} - sys.stdlib_module_names)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"],
        check=True, capture_output=True, text=True,
    )
    ours = {"spikewright", "spikewright_hw", "__main__", "__mp_main__"}
    assert {*done.stdout.split()} - ours <= {"numpy", "safetensors", "serial"}


def test_cores_hold_no_formal_code():
    """Properties stand in ``formal/``, and nothing is built differently for a proof."""
    words = {"Assert", "Assume", "Cover", "AnyConst", "AnySeq", "Initial"}
    wrong = [
        f"{here(file)} imports {name}"
        for file, package in modules(HARDWARE)
        for name in imports(file, package=package)
        if name.startswith("amaranth.") and name.split(".")[-1] in words
    ]
    for file, _ in modules(HARDWARE):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name) and node.id == "platform":
                wrong.append(f"{here(file)}:{node.lineno} reads platform")
    assert not wrong, "; ".join(wrong)


def test_software_imports_along_the_path_only():
    order = {name: index for index, name in enumerate(PATH)}
    wrong = []
    for file, package in modules(SOFTWARE):
        inside = file.relative_to(SOFTWARE).parts
        room = inside[0].removesuffix(".py")
        if room == "__init__":
            continue
        assert room in PATH or room in GROUND, f"{here(file)} is neither on the path nor under it"
        for name in imports(file, package=package):
            if not name.startswith("spikewright."):
                continue
            other = name.split(".")[1]
            if other in GROUND or other == room:
                continue
            if room in GROUND or order.get(other, len(PATH)) > order[room]:
                wrong.append(f"{here(file)} imports {name}")
    assert not wrong, "; ".join(wrong)


def test_hardware_imports_follow_its_layers():
    order = {room: number for number, room in enumerate(LAYERS)}
    wrong = []
    for file, package in modules(HARDWARE):
        room = file.relative_to(HARDWARE).parts[0].removesuffix(".py")
        wrong += [
            f"{here(file)} imports {name}"
            for name in imports(file, package=package)
            if name.startswith("spikewright_hw.")
            and order.get(name.split(".")[1], 0) > order.get(room, len(order))
        ]
    assert not wrong, "; ".join(wrong)
    page = inspect.getdoc(spikewright_hw) or ""
    assert tuple(re.findall(r"^    (\w+)  ", page, re.MULTILINE)) == LAYERS


def test_pages_have_the_order_of_the_packages():
    """Two pages say the order for people; this one is the law."""
    order = ", ".join(PATH)
    for page in ("README.md", "CONTRIBUTING.md"):
        words = " ".join((HOUSE / page).read_text(encoding="utf-8").split())
        assert order in words, f"{page} does not have the order of the packages: {order}"


@pytest.mark.parametrize("folder", ["hw", "sw", "sim", "formal", "boards", "tests"])
def test_nobody_imports_a_star(folder):
    wrong = [
        here(file)
        for file in sorted((HOUSE / folder).rglob("*.py"))
        for name in imports(file, package="")
        if name.endswith("*")
    ]
    assert not wrong, ", ".join(wrong)


@pytest.mark.parametrize("root", [HARDWARE, SOFTWARE], ids=lambda root: root.name)
def test_modules_say_what_they_offer(root):
    """Each module has ``__all__``; that it holds only what is there is for ruff to see."""
    wrong = []
    for file, _ in modules(root):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if not tree.body or (file.name == "__init__.py" and len(tree.body) <= 1):
            continue
        names = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        if "__all__" not in names:
            wrong.append(here(file))
    assert not wrong, f"without __all__: {', '.join(wrong)}"


def test_every_test_has_a_limit_of_time(pytestconfig):
    assert int(pytestconfig.getini("timeout")) > 0
    outside = [
        here(file)
        for file in sorted((HOUSE / "tests" / "hw").glob("*.py"))
        if file.name != "simulation.py" and "from amaranth.sim import" in file.read_text()
    ]
    assert not outside, f"take the simulator of tests/hw/simulation.py: {', '.join(outside)}"


#: Primitives of devices, by their names in the vendors' libraries.
PRIMITIVES = re.compile(
    r"\b(SB_[A-Z0-9_]+|ICESTORM_\w+|EHXPLL\w*|TRELLIS_\w+|DP16KD|PDPW16KD|CCU2C|MULT18X18D"
    r"|RAMB?\d+\w+|DSP48E1|CARRY4|MMCME2\w+|PLLE2\w+|BUFG|STARTUPE2|rPLL|DPX?9?B|SPX?9|MULT18X18)\b"
)


def test_a_primitive_is_named_by_its_family_alone():
    families = SOFTWARE / "gateware" / "families"
    named = [
        f"{here(file)}: {found[0]}"
        for folder in (HARDWARE, SOFTWARE, HOUSE / "boards")
        for file in sorted(folder.rglob("*.py")) if families not in file.parents
        for found in PRIMITIVES.finditer(file.read_text(encoding="utf-8"))
    ]
    assert not named, f"primitives outside their family's module: {'; '.join(named)}"
