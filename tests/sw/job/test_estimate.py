"""Estimates of a network on boards: what is said, and that it is said to be an estimate."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

import spikewright as spw
from spikewright.gateware.parts import PARTS
from spikewright.job import board_estimate
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

NETWORK = QuantizedNetwork(
    network=example_network(sizes=(64, 12, 10), steps=4, weight_bits=4, membrane=Format(8, 2)),
    coding=spw.Ttfs(),
    provenance=Provenance(data_set="digits", seed=0, accuracy_float=0.5, accuracy_integer=0.5),
)


def test_an_estimate_has_every_board_and_layer():
    found = spw.estimate(NETWORK, task=spw.load_task("digits"), samples=20)
    assert [one.board.name for one in found.boards] == list(spw.BOARDS)
    assert found.worst_cycles == EventDesign().worst_cycles(NETWORK.network)
    assert found.cycles is not None and 0 < found.cycles < found.worst_cycles
    assert found.samples.startswith("means of 20 samples of digits")
    assert [layer.neurons for layer in found.layers] == [12, 10, 0]
    by_name = {one.board.name: one for one in found.boards}
    ulx3s, arty = by_name["ulx3s"], by_name["arty-a7-35"]
    assert ulx3s.fits and ulx3s.size is not None and not ulx3s.lacking
    assert abs(sum(layer.sizes["ecp5"].lut for layer in found.layers) - ulx3s.size.lut) <= 3
    assert sum(layer.sizes["ecp5"].bram for layer in found.layers) == ulx3s.size.bram
    assert ulx3s.latency_us == pytest.approx(found.cycles / 80)
    assert ulx3s.energy_uj is not None and ulx3s.energy_uj > 0
    assert arty.energy_uj is None  # nobody has published coefficients


def test_what_is_not_known_is_not_said(monkeypatch):
    monkeypatch.setattr(board_estimate, "families", lambda: ("ecp5",))
    found = spw.estimate(NETWORK, boards=["icebreaker", "ulx3s-85f"])
    first, second = found.boards
    assert first.size is first.fits is None and second.fits and second.energy_uj is None
    assert found.cycles is second.latency_us is None and second.worst_us > 0
    assert found.samples == "no samples are given, so there are no means"


def test_a_network_that_fits_no_board_is_told_what_would(monkeypatch):
    """The part is made so small that one engine fits, and another one does not."""
    fast, small = EventDesign(banks=2, share=1), EventDesign(share=12)
    sizes = [
        one.size for design in (fast, small)
        for one in spw.estimate(NETWORK, boards=["ulx3s"], design=design).boards
    ]
    first, second = sizes
    assert first is not None and second is not None and second.lut < first.lut
    part = PARTS["ecp5-25f"]
    for lut, advice in (
        ((first.lut + second.lut) // 2, "It would fit ulx3s with 1 bank, share 12"),
        (10, r"With 1 bank, share 12, fold 16, few commands it still lacks [\d,]+ look-up .*; .*"),
    ):
        monkeypatch.setitem(PARTS, "ecp5-25f", replace(part, room={**part.room, "lut": lut}))
        found = spw.estimate(NETWORK, boards=["ulx3s"], design=fast)
        (one,) = found.boards
        assert one.fits is False and one.lacking == {"lut": first.lut - lut}
        assert re.fullmatch(advice, found.advice)
    printed = io.StringIO()
    spw.print_estimate(found, console=Console(file=printed, width=300))
    text = printed.getvalue()
    assert text.startswith("Estimate: event engine, 2 banks; at most ")
    assert "Layers, estimate" in text and "Boards, estimate" in text
    assert f"no: lacks {one.lacking['lut']:,} look-up tables" in text
    assert "It fits no board. With 1 bank, share 12, fold 16, few commands it still" in text


def test_a_board_with_few_commands_is_smaller():
    both = [
        spw.estimate(NETWORK, boards=["icebreaker"], design=EventDesign(commands=commands))
        for commands in ("all", "few")
    ]
    every, few = (one.boards[0].size for one in both)
    assert every is not None and few is not None and few.lut < every.lut - 200
    assert both[0].worst_cycles == both[1].worst_cycles
    printed = io.StringIO()
    spw.print_estimate(both[1], console=Console(file=printed, width=300))
    assert "event engine, without STATUS, RESET, RUN and RATE; at most" in printed.getvalue()


def test_boards_and_samples_that_are_wrong():
    with pytest.raises(ValueError, match=r"^board is 'ulx4s'; the nearest names are ulx3s"):
        spw.estimate(NETWORK, boards=["ulx4s"])
    with pytest.raises(ValueError, match=r"^samples is 0; it must be a whole number"):
        spw.estimate(NETWORK, samples=0)
