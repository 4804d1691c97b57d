"""What nextpnr says of the timing, and how it is told."""

import re

import pytest

from spikewright.gateware.families.ecp5 import ECP5
from spikewright.gateware.longest_path import CONNECTION_PS, DOUBLED_PS, longest_path
from spikewright.gateware.timing import Path, clock_named, critical_paths, estimates
from spikewright.gateware.words import parts_of, told

CLOCK = "$glbnet$clock.clk"

#: As nextpnr-ecp5 0.11.1 prints it: an estimate, and later the result.
PLACED = """\
Info: SA placement time 69.65s

Info: Max frequency for clock '$glbnet$clock.clk': 58.13 MHz (FAIL at 80.00 MHz)

Info: Max delay <async>                   -> posedge $glbnet$clock.clk: 1.39 ns
"""
ROUTED = PLACED + """\
Info: Routing complete.
Info: Max frequency for clock '$glbnet$clock.clk': 55.02 MHz (FAIL at 80.00 MHz)
"""
TWO = """\
Info: Max frequency for clock               'slow': 12.00 MHz (PASS at 12.00 MHz)
Info: Max frequency for clock 'it\\'s a clk$glb_clk': 101.50 MHz (PASS at 12.00 MHz)
"""


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("", {}),
        ("Info: Placed 4 cells based on constraints.\nInfo: Max frequency for cl", {}),
        (PLACED, {CLOCK: 58.13}),
        (ROUTED, {CLOCK: 58.13}),
        (TWO, {"slow": 12.0, "it\\'s a clk$glb_clk": 101.5}),
    ],
)
def test_the_estimate_stands_in_the_log_before_the_routing(log, found):
    assert estimates(log) == found


def test_the_clock_that_is_meant():
    assert clock_named([CLOCK, "$PACKER_GND_NET$2"]) == CLOCK
    assert clock_named(["other", CLOCK], "clock.clk") == CLOCK
    for clocks, net in ([], ""), (["a", "b"], ""), (["a"], "b"):
        with pytest.raises(KeyError) as caught:
            clock_named(clocks, net)
        assert caught.value.args == ((f"clocks named like {net!r}: {clocks if not net else []} of "
                                     f"{clocks}"),)


def arc(kind: str, delay: float, *ends: str) -> dict:
    cells = [dict(zip(("cell", "port"), end.rsplit(".", 1), strict=True)) for end in ends]
    return {"type": kind, "delay": delay, "from": cells[0], "to": cells[-1]}


def test_the_critical_path_of_each_clock_stands_in_the_report():
    inside = [
        arc("clk-to-q", 5.5, "weights.0.0.DOA7"), arc("routing", 2.5, "weights.0.0.DOA7", "sum.A"),
        arc("logic", 0.5, "sum.A", "sum.F"), arc("routing", 0.0, "sum.F", "sum_FF.DI"),
        arc("setup", 0.25, "sum_FF.DI"),
    ]
    report = {"critical_paths": [
        {"from": f"posedge {CLOCK}", "to": f"posedge {CLOCK}", "path": inside},
        {"from": "<async>", "to": f"posedge {CLOCK}", "path": inside[:1]},
        {"from": f"posedge {CLOCK}", "to": "<async>", "path": inside[:1]},
        {"from": "<async>", "to": "<async>", "path": inside[:1]},
    ]}
    assert critical_paths(report) == {
        CLOCK: Path(("weights.0.0.DOA7", "sum.A", "sum.F", "sum_FF.DI"), 8.75)
    }


LAYER = "top.engine.layer_1."
PLACES = {
    f"{LAYER}rows.weights.0.0.DOA7": "the weights of layers[1]",
    f"{LAYER}rows.port__data_LUT4_Z.A": "the weights of layers[1]",
    f"{LAYER}rows.group_12.i_1_TRELLIS_FF_Q_2.DI": "the neurons of layers[1] (sums and states)",
    f"{LAYER}streams.group_0.state_v_3.D": "the neurons of layers[1] (sums and states)",
    f"{LAYER}rows.group_3.spike_LUT4_Z.D": "the neurons of layers[1] (their update)",
    f"{LAYER}rows.turn_LUT4_Z.D": "the control of layers[1]",
    f"{LAYER}scan.pending_LUT4_Z.D": "the search for the next spike into layers[1]",
    f"{LAYER}streams.scan.bits.Q": "the search for the next spike into layers[1]",
    f"{LAYER}streams.lane_2.counts.Q": "the synapses of layers[1]",
    f"{LAYER}streams.passes.Q": "the sums and the control of layers[1]",
    f"{LAYER}feedback.bits.Q": "the feedback and the control of layers[1]",
    "top.engine.argmax.value_1_0.Q": "the choice of the class",
    "top.engine.trace.word_1_2.Q": "the trace of the inference",
    "top.engine.fsm_state.Q": "the control of the engine",
    "top.command.bitmap.Q": "the command processor",
    "top.port.decoder.position.Q": "the frames of the link",
    "top.port.encoder.crc.Q": "the frames of the link",
    "top.uart_tx.timer.Q": "the serial port",
    "clock.locked.LSR": "the clock and the reset",
}


@pytest.mark.parametrize(("point", "part"), PLACES.items())
def test_every_place_of_a_board_has_a_name(point, part):
    assert parts_of(Path((point,), 1.0)) == (part,)


def test_a_path_is_told_in_words_with_its_raw_names():
    path = Path((
        "top.engine.layer_0.scan.pending_FF.Q", "top.engine.layer_0.scan.pending_LUT4_Z.A",
        "top.engine.layer_0.scan.pending_LUT4_Z.F", "nobody.knows.A", "nobody.knows.F",
        "top.engine.layer_0.rows.turn_CCU2C.FCI", "top.engine.layer_0.rows.turn_CCU2C.F",
        "top.engine.layer_0.rows.weights.0.0.ADB3",
    ), 17.2)
    assert told(path) == (
        "from the search for the next spike into layers[0] by way of the control of layers[0] to "
        "the weights of layers[0], through 3 logic cells, those of an adder or a comparison among "
        "them (top.engine.layer_0.scan.pending_FF.Q to top.engine.layer_0.rows.weights.0.0.ADB3)"
    )
    assert told(Path(("a.Q", "b.A", "b.F", "c.DI"), 1.0)) == (
        "outside the engine and the link, through 1 logic cells (a.Q to c.DI)"
    )
    assert told(Path(("top.command.a.Q", "top.command.b.DI"), 1.0)) == (
        "within the command processor, through 0 logic cells (top.command.a.Q to top.command.b.DI)"
    )


#: The form in which nextpnr writes delays, shortened: two registers, a look-up table, a carry.
SDF = r"""(DELAYFILE
  (CELL
    (CELLTYPE "top")
    (INSTANCE )
    (DELAY
      (ABSOLUTE
        (INTERCONNECT a\$1/Q table/A (0:0:0) (0:0:0))
        (INTERCONNECT table/F chain/B (0:0:0) (0:0:0))
        (INTERCONNECT chain/FCO next/FCI (0:0:0) (0:0:0))
        (INTERCONNECT next/F b/DI (0:0:0) (0:0:0))
        (INTERCONNECT a\$1/Q b/CE (0:0:0) (0:0:0))
        (INTERCONNECT loop/F loop/A (0:0:0) (0:0:0))
      )
    )
    )
""" + "".join(
    f"""  (CELL
    (INSTANCE {name})
    (DELAY
      (ABSOLUTE
        (IOPATH {path})
      )
    )
{checks}    )
"""
    for name, path, checks in (
        ("table", "A F (200:218:236) (200:218:236)", ""),
        ("chain", "B FCO (175:311:447) (175:311:447)", ""),
        ("next", "FCI F (244:343:443) (244:343:443)", ""),
        ("loop", "A F (244:343:443) (244:343:443)", ""),
        *(
            (name, "CLK Q (430:477:525) (430:477:525)",
             ("    (TIMINGCHECK\n"
             "      (SETUPHOLD (posedge DI) (posedge CLK) (0:3:7) (267:285:303))\n"
             "      (SETUPHOLD (negedge DI) (posedge CLK) (0:3:7) (267:285:303))\n"
             "      (SETUPHOLD (posedge CE) (posedge CLK) (0:0:0) (144:147:151))\n    )\n"))
            for name in (r"a\$1", "b")
        ),
    )
) + ")\n"


def test_the_longest_path_of_packed_cells():
    path = longest_path(SDF, joined=ECP5.joined_ports)
    assert path is not None
    assert path.points == (
        "a$1.Q", "table.A", "table.F", "chain.B", "chain.FCO", "next.FCI", "next.F", "b.DI"
    )
    # Two connections, the first from an output with two sinks; a carry and DI have none.
    assert path.delay_ns * 1000 == pytest.approx(
        525 + 236 + 447 + 443 + 7 + 2 * CONNECTION_PS + DOUBLED_PS
    )


def test_a_design_without_a_path_has_no_longest_one():
    assert longest_path(re.sub(r"\(SETUPHOLD.*", "", SDF)) is None
    assert longest_path("") is None
