import re
from dataclasses import replace

import pytest
from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from spikewright import tools
from spikewright.cli.words import as_options
from spikewright.errors import ToolError
from spikewright.gateware.bitstream import build_bitstream
from spikewright.gateware.board import BOARDS
from spikewright.gateware.built import built_here
from spikewright.gateware.closing import LOSS, ClockMissed
from spikewright.gateware.pins import elaborate
from spikewright.gateware.room import TooLarge, check_room, few_commands
from spikewright.gateware.synthesis import CellCounts
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network

BOARD = BOARDS["ulx3s"]

NETWORK = Network(
    layers=(
        Layer(
            weights=((1, -1), (0, 1)),
            weight_bits=2,
            neuron="li",
            parameters={"decay": 0.875},
            membrane=Format(8, 4),
        ),
    ),
    steps=1,
)


class Echo(wiring.Component):
    """Stands for a board top: sends back what it receives, after a sum of some length."""

    rx: Signal
    tx: Signal

    def __init__(self):
        super().__init__({"rx": In(1), "tx": Out(1)})

    def elaborate(self, platform) -> Module:
        m = Module()
        level = Signal()
        total = Signal(64)
        m.submodules.synchronizer = FFSynchronizer(self.rx, level)
        m.d.sync += [total.eq(total + total.rotate_left(7) + level), self.tx.eq(total[-1])]
        return m


def test_the_pins_of_the_ulx3s_are_constrained():
    design, constraints = elaborate(Echo(), board=BOARD)
    for pin, site in {"clk25_0__io": "G2", "uart_0__rx__io": "M1", "uart_0__tx__io": "L4"}.items():
        assert f'LOCATE COMP "{pin}" SITE "{site}";' in constraints
    assert 'FREQUENCY PORT "clk25_0__io" 25000000.0 HZ;' in constraints
    assert "80000000.0 HZ;" in constraints
    assert "EHXPLLL" in design


def test_elaboration_gives_the_same_text_each_time():
    assert elaborate(Echo(), board=BOARD) == elaborate(Echo(), board=BOARD)


def test_a_bitstream_is_built_once_with_its_figures(tmp_path, monkeypatch):
    steps = []
    built = build_bitstream(
        NETWORK, board=BOARD, top=Echo(), build=tmp_path, progress=steps.append
    )
    assert b"LFE5U-25F" in built.path.read_bytes()[:100]  # its header names the part
    assert built.clock_mhz == 80
    assert 80 <= built.fmax_mhz < 1000
    assert built.lut >= 64  # the sum, a LUT for each bit
    assert built.ff == 64 + 2 + 1 + 2  # sum, synchroniser, tx, reset
    assert (built.bram, built.dsp) == (0, 0)
    assert built.available == {"lut": 24288, "ff": 24288, "bram": 56, "dsp": 28}
    assert [name.split()[0] for name in built.tools] == ["yosys", "nextpnr-ecp5", "ecppack"]
    assert steps == [
        "elaborating the board top", "synthesising", "placing and routing, seed 1",
        "packing the bitstream",
    ]
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [
        "bitstream", "placement", "synthesis",
    ]
    monkeypatch.setattr(tools, "run", lambda *arguments, **options: pytest.fail("ran again"))
    assert build_bitstream(NETWORK, board=BOARD, top=Echo(), build=tmp_path) == built


def test_a_bitstream_of_the_ice40(tmp_path):
    board = BOARDS["icebreaker"]
    built = build_bitstream(NETWORK, board=board, top=Echo(), build=tmp_path)
    assert b"\x7e\xaa\x99\x7e" in built.path.read_bytes()[:64]  # where the configuration begins
    assert (built.path.name, built.clock_mhz) == ("design.bin", 24)
    assert 24 <= built.fmax_mhz < 200
    assert built.lut >= 64 and built.bram == built.dsp == 0
    assert built.ff == 64 + 2 + 1 + 2 + 9  # those of the ECP5, and the wait for block RAM
    assert built.available == {"lut": 5280, "ff": 5280, "bram": 30, "dsp": 8}
    assert [name.split()[0] for name in built.tools] == ["yosys", "nextpnr-ice40", "icepack"]
    assert (built.path.parent / "load.txt").read_text() == f"iceprog {built.path}\n"


def test_a_bitstream_of_gowin(tmp_path):
    built = build_bitstream(NETWORK, board=BOARDS["tangnano9k"], top=Echo(), build=tmp_path)
    text = built.path.read_text()  # a line of bits for each frame, the part's number before them
    assert built.path.name == "design.fs" and "1" * 8 + "0" * 8 in text and {*text} >= {"0", "1"}
    assert 27 <= built.fmax_mhz < 400
    assert built.lut >= 64 and built.bram == built.dsp == 0
    assert built.ff == 64 + 2 + 1 + 2
    assert built.available == {"lut": 8640, "ff": 6480, "bram": 26, "dsp": 20}
    assert [name.split()[0] for name in built.tools] == [
        "yosys", "nextpnr-himbaechel-gowin", "gowin_pack",
    ]


def test_a_hopeless_clock_is_a_sentence_before_anything_is_routed(tmp_path):
    with pytest.raises(ClockMissed) as caught:
        build_bitstream(NETWORK, board=BOARD.at(400), top=Echo(), build=tmp_path)
    estimate = re.match(r"the design is estimated to reach ([\d.]+) MHz", str(caught.value))
    assert estimate is not None
    slower = LOSS * float(estimate[1])
    clock = max(hz / 1e6 for hz in BOARD.clocks_hz if hz / 1e6 <= slower)
    told = re.escape(
        f"the design is estimated to reach {estimate[1]} MHz on ULX3S, whose clock is 400 MHz, and "
        "was not routed (seed 1; routing is known to gain 25% at most). The longest path before "
        "placing runs outside the engine and the link, through "
    ) + (
        r"\d+ logic cells, those of an adder or a comparison among them "
        r"\(top\.total_\S+ to top\.total_\S+\)\. "
    ) + re.escape(f"Use a slower clock, such as board.at({clock:.9g})")
    assert re.fullmatch(told, str(caught.value))
    # So small a design may be routed between two looks at the log: that the tool is stopped is
    # for the tests of spikewright.process. No other seed is tried, and nothing is kept.
    assert next((tmp_path / "logs").glob("*.seed1.placement.log"))
    assert len(list((tmp_path / "logs").glob("*.placement.log"))) == 1
    assert [path.name for path in (tmp_path / "cache").iterdir() if any(path.iterdir())] == [
        "synthesis"
    ]


def test_a_missing_packer_is_a_sentence(tmp_path, monkeypatch):
    entry = tools.TOOLS["ecppack"]
    monkeypatch.setitem(tools.TOOLS, "ecppack", replace(entry, search=()))
    with pytest.raises(ToolError, match=r"^ecppack was not found; without it, no ECP5 bit"):
        build_bitstream(NETWORK, board=BOARD, build=tmp_path)
    assert not (tmp_path / "cache").exists()  # told before the long work, not after it


def test_a_bitstream_has_what_belongs_to_it_beside_it(tmp_path):
    board = replace(BOARD, flash=("program", "--flash"))
    built = build_bitstream(NETWORK, board=board, top=Echo(), build=tmp_path)
    folder = built.path.parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "design.bit", "design.lpf", "load.txt", "report.json",
    ]
    assert folder.parent == tmp_path / "bitstreams" and folder.name.startswith("ulx3s-")
    assert (folder / "design.lpf").read_text() == elaborate(Echo(), board=board)[1]
    assert (folder / "load.txt").read_text() == (
        f"openFPGALoader -b ulx3s {built.path}\nprogram --flash {built.path}\n"
    )
    (record,) = built_here(tmp_path)["ulx3s"]
    assert record["part"] == "ECP5 LFE5U-25F" and record["network"] == NETWORK.digest().hex()
    assert (record["clock_mhz"], record["fmax_mhz"]) == (80, built.fmax_mhz)
    assert record["available"] == built.available and record["tools"] == [*built.tools]


@pytest.mark.parametrize(
    ("over", "design", "said"),
    [
        ({"lut": 16}, EventDesign(), (". It misses by 16 cells: a board without STATUS, RESET, "
         "RUN and RATE needs fewer, by --commands few")),
        ({"lut": 401}, EventDesign(), ""),
        ({"lut": 16, "bram": 1}, EventDesign(), ""),
        ({"lut": 16}, EventDesign(commands="few"), ""),
        ({"SB_IO": 3}, EventDesign(), ""),
    ],
)
def test_a_design_that_misses_by_little_may_leave_commands_out(over, design, said):
    told = few_commands(TooLarge("no", over=over), design)
    assert as_options(told, {"commands": "--commands"}) == said


def test_few_commands_are_named_where_a_bitstream_misses_by_little(monkeypatch, tmp_path):
    def build_top(*_, **__):
        raise TooLarge("the design does not fit", over={"lut": 16})

    monkeypatch.setattr("spikewright.gateware.bitstream.build_top", build_top)
    with pytest.raises(TooLarge, match=r"^the design does not fit\. It misses by 16 cells: "):
        build_bitstream(NETWORK, board="icebreaker", build=tmp_path)


def test_a_design_that_a_part_has_no_room_for_is_told_by_how_much():
    counts = CellCounts(lut=24_289, ff=90_000, bram=56, dsp=28)
    with pytest.raises(TooLarge) as caught:
        check_room(counts, board=BOARD)
    assert str(caught.value) == (
        "the design does not fit ULX3S: it needs 24,289 look-up tables, 1 more than the 24,288 of "
        "ECP5 LFE5U-25F, 90,000 flip-flops, 65,712 more than the 24,288 of ECP5 LFE5U-25F. Use "
        "more neurons for each updater, by share=, a smaller network, or a larger part, such as "
        "that of board='ulx3s-85f'"
    )
    with pytest.raises(TooLarge, match="updater, by share=, a smaller network, or board='color"):
        check_room(replace(counts, ff=0), board=BOARD)
    check_room(CellCounts(lut=24_288, ff=24_288, bram=56, dsp=28), board=BOARD)
    with pytest.raises(TooLarge) as caught:
        check_room(CellCounts(bram=59), board=BOARDS["icebreaker"])
    assert str(caught.value).endswith(
        "it needs 59 block RAMs, 29 more than the 30 of iCE40 UP5K. Use a smaller network, or a "
        "larger part, such as that of board='ulx3s-85f'"
    )
