"""The other router is taken where the usual one does not get on: nextpnr is played."""

import sys

import pytest

from spikewright.errors import OvertimeError
from spikewright.gateware import placement
from spikewright.gateware.placement import is_stalled, place
from spikewright.gateware.synthesis import CellCounts, Netlist
from spikewright.tools import Tool

LINE = "Info: {:10} | {:8} {:10} |  101   899 | {:9}|       2.31      22.32|\n"
#: A nextpnr whose usual router goes round in circles.
PLAYED = """
import json, sys, time
if "--router router2" in " ".join(sys.argv):
    json.dump({"utilization": {}, "fmax": {"clk": {"achieved": 46.8}}, "critical_paths": []},
              open("report.json", "w"))
    open("design.config", "w").write("routed")
else:
    print(TABLE, end="", flush=True)
    time.sleep(60)
"""


def table(*remaining: int) -> str:
    return "".join(
        LINE.format(1000 * number, 0, 0, one) for number, one in enumerate(remaining, start=1)
    )


@pytest.mark.parametrize(
    ("remaining", "stalled"),
    [
        ((), False),
        ((41916, 40933, 39962), False),
        ((6700, 6141, 6067), False),
        ((6141, 6067, 6066), True),
        ((6067, 6066, 6070), True),
        ((6066, 6062), False),
        ((420, 410, 400), False),  # the last few may take some time
    ],
)
def test_a_router_that_goes_round_in_circles_is_known_by_its_table(remaining, stalled):
    assert is_stalled("Info: Routing..\n" + table(*remaining)) == stalled


@pytest.fixture
def played(monkeypatch, tmp_path):
    """Return a function that places by a played nextpnr, whose table has these numbers."""
    netlist = tmp_path / "netlist" / "netlist.json"
    netlist.parent.mkdir()
    netlist.write_text("{}")

    def run(*remaining: int, limit_s: float):
        code = PLAYED.replace("TABLE", repr(table(*remaining)))
        tool = Tool("nextpnr-ecp5", (sys.executable, "-c", code), {}, "1")
        monkeypatch.setattr(placement.tools, "require", lambda name: tool)
        return place(
            Netlist(netlist, "ecp5", CellCounts(), "yosys 1"), part="ecp5-25f", seed=1,
            frequency_mhz=45, constraints="", limit_s=limit_s, build=tmp_path,
        )

    return run


def test_the_other_router_is_taken_and_told(played, tmp_path):
    placed = played(6141, 6067, 6066, limit_s=60)
    assert placed.configuration.read_text() == "routed"
    assert placed.fmax_of("clk") == 46.8
    assert placed.tool == "nextpnr-ecp5 1 (router2)"
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {
        "netlist.ecp5-25f.seed1.placement.log", "netlist.ecp5-25f.seed1.router2.log",
    }


def test_a_router_that_gets_on_is_left_alone(played):
    with pytest.raises(OvertimeError, match=r"^nextpnr-ecp5 did not finish within 1 s "):
        played(6700, 6141, 5067, limit_s=1)
