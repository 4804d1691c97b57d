from dataclasses import replace

import pytest
from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from spikewright import tools
from spikewright.errors import BuildError, ToolError
from spikewright.gateware.bitstream import build_bitstream, elaborate
from spikewright.gateware.board import BOARDS, Pll
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


def test_a_clock_that_is_not_met_is_a_sentence(tmp_path):
    fast = replace(BOARD, pll=Pll(input_hz=25_000_000, reference=1, feedback=16, divider=2))
    with pytest.raises(BuildError) as caught:
        build_bitstream(NETWORK, board=fast, top=Echo(), seeds=(1, 2), build=tmp_path)
    message = str(caught.value)
    assert message.startswith("the design reaches ")
    assert message.endswith(
        " MHz at best on ULX3S, whose clock is 400 MHz (seeds 1, 2); give the board "
        "a slower clock in BOARDS, or the network fewer neurons or weight bits"
    )
    assert not (tmp_path / "cache" / "bitstream").exists()


def test_a_missing_packer_is_a_sentence(tmp_path, monkeypatch):
    entry = tools.TOOLS["ecppack"]
    monkeypatch.setitem(tools.TOOLS, "ecppack", replace(entry, search=()))
    with pytest.raises(ToolError, match=r"^ecppack was not found; without it, no ECP5 bit"):
        build_bitstream(NETWORK, board=BOARD, build=tmp_path)
    assert not (tmp_path / "cache").exists()  # told before the long work, not after it
