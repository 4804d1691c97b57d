"""All logic of the gateware is that of a core, and so has a testbench and a proof.

A class is covered if a core is one, or is made from it; other classes and functions are parts of a
core, which is elaborated here to see that it contains them.
"""

import ast
import gc
import inspect
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from amaranth import Elaboratable
from amaranth.hdl import Fragment, UnusedElaboratable

import spikewright_hw
from spikewright_hw.cores import CORES

HOUSE = Path(__file__).resolve().parent.parent

#: Parts that have neither testbench nor proof of their own, and the core that contains them.
PARTS = {
    "Branch": "event",
    "EventStage": "event",
    "GroupScan": "input_scan",
    "MapStage": "event",
    "RowMemory": "row_layer",
    "StochasticStage": "stochastic",
    "StreamLane": "stream_layer",
    "WeightLoader": "event",
    "WeightMemory": "map_layer",
    "WordConstants": "map_layer",
    "WordNeurons": "map_layer",
}

#: Modules whose functions build a part of a core, and the core that contains it.
FUNCTIONS = {
    "definition.gateware": "lif",
    "definition.pipeline": "neuron_group",
    "engine.banks": "row_layer",
    "engine.constants": "taps",
    "engine.stage": "event",
    "engine.stream_synapses": "stream_layer",
    "engine.synapses": "row_layer",
    "qubo.race": "independent_set",
    "qubo.run": "independent_set",
}

#: What joins cores by wires alone, and its test.
WHOLES = {
    "BoardTop": "tests/hw/test_board.py", "QuboBoardTop": "tests/hw/test_qubo_processor.py",
    "BusTop": "tests/hw/test_bus_top.py", "SerialPort": "tests/hw/test_serial_port.py",
}

#: What a board has beside its cores, counters and a register or two, or a demo's steps from one
#: sample to the next, and its test.
BESIDE = {
    "DemoTop": "tests/hw/test_demo.py", "Restart": "tests/hw/test_restart.py",
    "Tally": "tests/hw/test_tally.py",
}

#: Names of Amaranth that a module needs in order to build logic.
LOGIC = {"Array", "Cat", "Module", "Mux", "Signal"}


def modules() -> Iterator[tuple[str, ModuleType]]:
    """Return each module of the gateware, and its name below the package."""
    prefix = f"{spikewright_hw.__name__}."
    for found in pkgutil.walk_packages(spikewright_hw.__path__, prefix):
        yield found.name.removeprefix(prefix), import_module(found.name)


def classes_of(module: ModuleType) -> set[type]:
    """Return the elaboratables that a module defines."""
    return {
        one for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Elaboratable)
        and one.__module__ == module.__name__
    }


def builds_logic(module: ModuleType) -> bool:
    tree = ast.parse(inspect.getsource(module))
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module in ("amaranth", "amaranth.hdl")
        and LOGIC & {alias.name for alias in node.names}
        for node in ast.walk(tree)
    )


@cache
def built() -> set[type]:
    """Return the classes of all cores, and those they are made from."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        found = {type(core.build(next(iter(core.presets)))) for core in CORES.values()}
        gc.collect()  # what was made and not used is told when it is collected
    return {base for one in found for base in one.__mro__}


@cache
def run_by(name: str) -> set[CodeType]:
    """Return the code that runs while a core is elaborated."""
    found: set[CodeType] = set()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, argument: found.add(frame.f_code))
    try:
        for preset in CORES[name].presets:
            Fragment.get(CORES[name].build(preset), platform=None)
    finally:
        sys.setprofile(before)
    return found


def test_every_elaboratable_is_a_core_or_a_part_of_one():
    found = {one for _, module in modules() for one in classes_of(module)}
    rest = {one.__name__ for one in found - built()}
    assert rest == PARTS.keys() | WHOLES.keys() | BESIDE.keys()


@pytest.mark.parametrize("name", BESIDE)
def test_what_a_board_has_beside_its_cores_is_tested(name):
    assert f"{name}(" in (HOUSE / BESIDE[name]).read_text(encoding="utf-8")


@pytest.mark.parametrize("part", PARTS)
def test_a_core_contains_the_part(part):
    (one,) = (
        one for _, module in modules() for one in classes_of(module) if one.__name__ == part
    )
    assert one.elaborate.__code__ in run_by(PARTS[part]), f"{PARTS[part]} contains no {part}"


def test_every_module_with_logic_belongs_to_a_core():
    rest = {name for name, module in modules() if builds_logic(module) and not classes_of(module)}
    rest.discard("emit")  # it names signals, and makes none
    assert rest == FUNCTIONS.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_core_is_built_by_the_functions(name):
    file = import_module(f"{spikewright_hw.__name__}.{name}").__file__
    ran = {code.co_name for code in run_by(FUNCTIONS[name]) if code.co_filename == file}
    assert ran - {"__init__"}, f"no function of {name} builds {FUNCTIONS[name]}"


@pytest.mark.parametrize("whole", WHOLES)
def test_what_joins_cores_holds_no_state_and_is_tested(whole):
    (module,) = (
        module for _, module in modules()
        if whole in {one.__name__ for one in classes_of(module)}
    )
    assert "m.d.sync" not in inspect.getsource(module)
    assert f"{whole}(" in (HOUSE / WHOLES[whole]).read_text(encoding="utf-8")
