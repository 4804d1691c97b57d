"""Adders of an ECP5: what the map makes of them is proved equal to their Verilog."""

import json

import pytest

from spikewright import tools
from spikewright.errors import BuildError
from spikewright.gateware.families.ecp5 import ECP5
from spikewright.gateware.families.ecp5_carries import free_carries
from spikewright.gateware.parts import PARTS
from spikewright.gateware.placement import packed_cells
from spikewright.gateware.synthesis import synthesize

#: Each operation in an odd and in an even number of bits; carries that are heard and such that
#: are not; a carry into the lowest bit, of either kind, and one that is no constant.
OPERATIONS = (
    "a + b", "a - b", "a + b + 1", "a - b - 1", "{1'b0, a} + b", "{1'b0, a} - b", "a + 1", "a - 1",
    "a < b", "a >= b", "sa < sb", "sa >= sb", "sa + sb", "sa - 5", "c ? a + b : a - b", "a + b + c",
)
PART = PARTS["ecp5-25f"]


def verilog(width: int) -> str:
    """Return a module with a result of each operation."""
    last = width - 1
    ports = [f"output [{width}:0] y{number}" for number in range(len(OPERATIONS))]
    return "\n".join([
        f"module adders(input [{last}:0] a, input [{last}:0] b, input c, {', '.join(ports)});",
        f"wire signed [{last}:0] sa = a, sb = b;",
        *(f"assign y{number} = {one};" for number, one in enumerate(OPERATIONS)),
        "endmodule",
    ])


def cells_of(netlist):
    """Return the cells with carries of a netlist."""
    cells = netlist["modules"]["adders"]["cells"].values()
    return [cell for cell in cells if cell["type"] == "CCU2C"]


def check_equal(netlist, text, folder, *, open_as):
    """Prove a netlist equal to its Verilog, where an open carry into a cell is ``open_as``."""
    for cell in cells_of(netlist):
        wires = cell["connections"]
        if wires["CIN"] == ["x"]:
            wires["CIN"] = [open_as]
        if wires["COUT"] == ["x"]:
            del wires["COUT"]
    only = {"adders": netlist["modules"]["adders"]}  # the others are black boxes
    (folder / "gate.json").write_text(json.dumps({"modules": only}))
    (folder / "gold.v").write_text(text)
    (folder / "equal.ys").write_text("\n".join((
        "read_verilog gold.v", "prep -top adders", "rename adders gold", "design -stash gold",
        "read_json gate.json", "read_verilog -overwrite +/ecp5/cells_sim.v",
        "hierarchy -top adders", "proc", "flatten", "opt_clean", "rename adders gate",
        "design -copy-from gold gold", "miter -equiv -flatten -make_outputs gold gate miter",
        "sat -verify -prove trigger 0 miter",
    )))
    tools.run(tools.require("pyosys"), ["equal.ys"], cwd=folder, log=folder / "equal.log")


@pytest.fixture
def adders(tmp_path):
    """Return a function that synthesises all operations in so many bits."""
    def make(width: int):
        return synthesize(
            verilog(width), top="adders", family="ecp5", language="verilog",
            command=PART.synthesis, build=tmp_path,
        )

    return make


@pytest.mark.parametrize("width", [8, 9])
@pytest.mark.parametrize("open_as", ["0", "1"])
def test_adders_equal_their_verilog(width, open_as, adders, tmp_path):
    netlist = json.loads(adders(width).path.read_text())
    assert sum(cell["connections"]["CIN"] == ["x"] for cell in cells_of(netlist)) >= 8
    check_equal(netlist, verilog(width), tmp_path, open_as=open_as)


def test_a_wrong_first_cell_is_seen(adders, tmp_path):
    netlist = json.loads(adders(9).path.read_text())
    made = f"{0x0008:016b}"  # the carry out of the lowest bit of a sum
    first = next(cell for cell in cells_of(netlist) if cell["parameters"]["INIT0"] == made)
    first["parameters"]["INIT0"] = f"{0x0006:016b}"
    with pytest.raises(BuildError, match=r"proof did fail"):
        check_equal(netlist, verilog(9), tmp_path, open_as="0")


@pytest.mark.parametrize("width, cells", [(8, 9), (9, 10), (12, 13), (13, 14)])
def test_a_sum_has_a_cell_for_each_bit_and_one(width, cells, tmp_path):
    text = (
        f"module sum(input [{width - 1}:0] a, input [{width - 1}:0] b, "
        f"output [{width - 1}:0] y); assign y = a + b; endmodule"
    )
    netlist = synthesize(
        text, top="sum", family="ecp5", language="verilog", command=PART.synthesis, build=tmp_path
    )
    # Two more give the constants.
    assert packed_cells(netlist, part="ecp5-25f", build=tmp_path)["TRELLIS_COMB"] == cells + 2


@pytest.mark.parametrize("heard", [False, True])
def test_a_carry_that_a_sum_hears_is_kept(heard):
    cell = {
        "type": "CCU2C", "parameters": {"INIT0": f"{0x0008:016b}"},
        "connections": {"CIN": [2], "C0": ["1"], "D0": ["1"], "S0": [3], "COUT": [4]},
    }
    ports = {"carry": {"bits": [2]}, "next": {"bits": [4]}, "sum": {"bits": [3] if heard else []}}
    free_carries({"modules": {"top": {"cells": {"first": cell}, "ports": ports}}})
    assert cell["connections"]["CIN"] == ([2] if heard else ["x"])
    assert cell["connections"]["COUT"] == [4]


def test_the_family_finishes_netlists_so():
    assert ECP5.finish is free_carries
