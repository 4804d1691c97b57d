from pathlib import Path

import pytest
from amaranth import Module, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from spikewright.gateware.harness import Harness
from spikewright.gateware.parts import PARTS, family_of
from spikewright.gateware.resources import TARGETS, digest_of, measure, placements_of
from spikewright.tools import find
from spikewright_hw.cores import CORES


class Wide(wiring.Component):
    """A core with ports of each kind, some in an interface that runs the other way."""

    i: stream.Interface
    o: stream.Interface
    o_steady: stream.Interface
    state: Signal

    def __init__(self):
        super().__init__({
            "i": In(stream.Signature(unsigned(5))),
            "o": Out(stream.Signature(unsigned(6))),
            "o_steady": Out(stream.Signature(unsigned(2), always_valid=True, always_ready=True)),
            "state": Out(3),
        })

    def elaborate(self, platform) -> Module:
        m = Module()
        m.d.comb += [
            self.o.payload.eq(self.i.payload),
            self.o.valid.eq(self.i.valid),
            self.i.ready.eq(self.o.ready),
        ]
        return m


@pytest.mark.parametrize("lean", [False, True])
def test_the_harness_drives_every_input_and_listens_to_every_output(lean):
    core = Wide()
    harness = Harness(core, lean=lean)
    heard = []

    async def bench(ctx):
        bits = [1, 0, 1, 1, 0, 1, 0]  # as many as the core has inputs: payload, valid, ready
        for bit in bits:
            ctx.set(harness.i, bit)
            await ctx.tick()
        driven = ctx.get(core.i.payload) | ctx.get(core.i.valid) << 5 | ctx.get(core.o.ready) << 6
        assert driven == int("".join(map(str, bits)), 2)
        # Payload 5 + 1 bits, valid and ready: the exclusive or of what the core gives now.
        now = ctx.get(core.o.payload) | ctx.get(core.o.valid) << 6 | ctx.get(core.i.ready) << 7
        expected = now.bit_count() % 2
        for _ in range(2 if lean else 3):  # a register, and the steps of folding by four
            await ctx.tick()
            heard.append(ctx.get(harness.o))
        assert heard[-1] == expected

    simulator = Simulator(harness)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert heard


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Path:
    """Return a folder in which what was synthesised once is kept for the next test."""
    return tmp_path_factory.mktemp("build")


def test_a_core_is_measured_on_every_family(build):
    core = CORES["and_multiplier"]
    preset = next(iter(core.presets))
    for target in TARGETS:
        found = measure(core, preset, target, seeds=(1,), build=build)
        row = found.row()
        assert (row["core"], row["preset"], row["family"]) == (core.name, preset, target.family)
        assert row["digest"] == digest_of(core, preset)
        assert isinstance(row["lut"], int) and row["lut"] > 0
        assert str(row["size_provenance"]).startswith("post-synthesis (yosys ")
        if target.optional and find(family_of(target.part).flow.tool) is None:
            assert row["fmax_mhz"] is None
            assert row["note"] == "synthesised only: nextpnr-himbaechel-xilinx was not found"
        else:
            assert isinstance(row["fmax_mhz"], float) and row["fmax_mhz"] > 50
            assert row["note"] == ""
            assert str(row["fmax_provenance"]).startswith("post-route (yosys ")
            assert PARTS[target.part].corner in str(row["fmax_provenance"])


def test_a_placer_that_may_be_missing_leaves_the_size(build, monkeypatch):
    monkeypatch.setattr(
        "spikewright.tools.find", lambda name: None if "xilinx" in name else find(name)
    )
    core = CORES["and_multiplier"]
    target = next(target for target in TARGETS if target.optional)
    found = measure(core, next(iter(core.presets)), target, seeds=(1,), build=build)
    assert (found.fmax_mhz, found.note) == (
        None, "synthesised only: nextpnr-himbaechel-xilinx was not found"
    )
    assert found.counts.lut > 0


def test_without_seeds_nothing_is_placed(build):
    core = CORES["and_multiplier"]
    found = measure(core, next(iter(core.presets)), TARGETS[0], seeds=(), build=build)
    assert (found.fmax_mhz, found.note, found.fmax_source) == (None, "synthesised only", "")


def test_another_preset_is_another_gateware():
    presets = [*CORES["and_multiplier"].presets]
    first, second = (digest_of(CORES["and_multiplier"], preset) for preset in presets[:2])
    assert first != second and len(first) == 12


def test_one_placement_is_no_median():
    assert placements_of((1,)) == "one placement, seed 1"
    assert placements_of((1, 2, 3)) == "median of seeds 1, 2, 3"
