"""Designs of a network for a board: which are compared and taken, and what is said if none fits."""

import io
import json
import re
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest
from rich.console import Console

import spikewright as spw
from spikewright.errors import BuildError
from spikewright.gateware.parts import PARTS
from spikewright.job import board_estimate, fit, fit_designs, run
from spikewright.job.run_options import RunOptions
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

NETWORK = QuantizedNetwork(
    network=example_network(sizes=(64, 12, 10), steps=4, weight_bits=4, membrane=Format(8, 2)),
    coding=spw.Ttfs(),
    provenance=Provenance(data_set="digits", seed=0, accuracy_float=0.5, accuracy_integer=0.5),
)
FAST, SMALL, FOLDED = EventDesign(banks=2, share=1), EventDesign(share=12), EventDesign(
    fold=2, share=2
)


#: The same design is elaborated once for all tests.
contents = cache(lambda design: board_estimate.contents_on(NETWORK.network, design))


@pytest.fixture
def few(monkeypatch):
    """Three designs, of which each is smaller and slower than the one before."""
    monkeypatch.setattr(fit, "contents_on", lambda network, design: contents(design))
    monkeypatch.setattr(fit, "designs_of", lambda network, base: [
        replace(base, banks=one.banks, share=one.share, fold=one.fold)
        for one in (FOLDED, SMALL, FAST)
    ])


def shrink(monkeypatch, part: str, **room: int) -> None:
    known = PARTS[part]
    monkeypatch.setitem(PARTS, part, replace(known, room={**known.room, **room}))


def test_designs_that_are_compared():
    designs = fit_designs.designs_of(NETWORK.network, EventDesign(weights="loaded"))
    assert all(one.weights == "loaded" for one in designs) and len(set(designs)) == len(designs)
    assert EventDesign(banks=4, share=(2, 1), weights="loaded") in designs
    assert {one.fold for one in designs} == {None, 8}  # 16 and more are the whole row
    for one in designs:
        one.check(NETWORK.network)
        each = (one.share,) * 2 if isinstance(one.share, int) else one.share
        assert each[0] <= 12 and each[1] <= 10


def test_rows_that_lie_in_fewer_block_rams():
    """Of 784-128-10 with four banks, a column of 36 bits takes a block RAM of each."""
    network = example_network(sizes=(784, 128, 10), steps=2, weight_bits=4, membrane=Format(8, 2))
    design = EventDesign(banks=4)
    for lacking, bits in ((1, 504), (4, 504), (5, 468), (60, None)):
        found = fit_designs.smaller_rows(network, design, lacking=lacking, family="ecp5")
        assert found == (None if bits is None else replace(design, block_bits=bits))
    assert fit_designs.smaller_rows(network, FOLDED, lacking=1, family="ecp5") is None


def test_the_fastest_that_fits_with_a_margin_is_taken(few, monkeypatch):
    found = spw.fit_design(NETWORK, board="ulx3s", task=spw.load_task("digits"), samples=20)
    assert [one.design for one in found.choices] == [FAST, SMALL, FOLDED]
    assert found.best is found.choices[0] and found.design() == FAST and not found.advice
    cycles = [one.cycles for one in found.choices if one.cycles is not None]
    assert len(cycles) == 3 and cycles == sorted(cycles)
    assert found.samples == "means of 20 samples of digits"
    fast, small = (one.on_board.size for one in found.choices[:2])
    assert fast is not None and small is not None and fast.lut > small.lut

    shrink(monkeypatch, "ecp5-25f", lut=fast.lut + 10)  # it fits, but without a margin
    again = spw.fit_design(NETWORK, board="ulx3s", design=EventDesign(ram_style="block"))
    by_design = {replace(one.design, ram_style="auto"): one for one in again.choices}
    fast, small = by_design[FAST], by_design[SMALL]
    assert fast.on_board.fits and not fast.fits_well and small.fits_well
    assert again.design() == small.design == replace(SMALL, ram_style="block")
    assert small.cycles is None

    narrow = spw.fit_design(NETWORK, board="ulx3s", margin=0.9)
    assert narrow.best is not None and not narrow.best.fits_well  # the smallest
    assert narrow.best.slowness[1] == min(one.slowness[1] for one in narrow.choices)


def test_a_network_that_fits_in_no_design_is_told_what_would_make_it(few, monkeypatch):
    found = spw.fit_design(NETWORK, board="ulx3s-12f")
    bram = max(one.on_board.size.bram for one in found.choices if one.on_board.size)
    assert bram >= 2
    shrink(monkeypatch, "ecp5-12f", lut=10)
    found = spw.fit_design(NETWORK, board="ulx3s-12f")
    assert found.best is None
    assert re.fullmatch(
        r"the network fits ULX3S with the 12F in no design: the nearest, an event engine.* with "
        r"share \d+, lacks [\d,]+ look-up tables by its estimate; take a larger part \(--board "
        r"\S+\), or take a smaller network", found.advice,
    ), found.advice
    with pytest.raises(BuildError, match=r"^the network fits ULX3S with the 12F in no design"):
        found.design()

    shrink(monkeypatch, "ecp5-12f", lut=24_288, bram=0)
    monkeypatch.setattr(fit, "smaller_rows", lambda *_, **__: None)
    found = spw.fit_design(NETWORK, board="ulx3s-12f")
    assert "block RAM" in found.advice and "weight-bits" not in found.advice  # none would do


def test_designs_are_shown_and_written(few, tmp_path):
    found = spw.fit_design(NETWORK, board="ulx3s", task=spw.load_task("digits"), samples=9)
    printed = io.StringIO()
    spw.show_fit(found, NETWORK, build=tmp_path, console=Console(file=printed, width=300))
    text = printed.getvalue()
    assert "Designs for ULX3S, estimate" in text and "--banks 2 --share 1" in text
    assert "Taken: --banks 2 --share 1, the fastest that fits with a margin." in text
    (folder,) = (tmp_path / "fit").iterdir()
    rows = json.loads((folder / "trade_off.json").read_text())
    assert rows["origin"] == "estimated" and [one["taken"] for one in rows["designs"]] == [
        True, False, False
    ]
    drawn = ElementTree.fromstring((folder / "trade_off.svg").read_text())
    assert drawn.tag.endswith("svg") and "(taken)" in "".join(drawn.itertext())


def test_a_bitstream_is_built_of_the_design_that_was_found(few, tmp_path, monkeypatch):
    built = []
    monkeypatch.setattr(run, "_require_tools", lambda options: None)
    monkeypatch.setattr(
        run, "_bitstream", lambda network, options, *_: built.append(options.design)
    )
    console = Console(file=io.StringIO())
    asked = RunOptions(network=NETWORK, fit=True, build_only=True, build=tmp_path)
    spw.build_job(asked, console=console)
    spw.build_job(replace(asked, design=EventDesign(weights="loaded")), console=console)
    assert built == [FAST, replace(FAST, weights="loaded")]


def test_what_cannot_be_searched(monkeypatch):
    with pytest.raises(ValueError, match=r"^fit is True, which searches event engines, but the"):
        RunOptions(fit=True, design=StochasticDesign())
    with pytest.raises(ValueError, match=r"^margin is 1; it must be a share from 0 to below 1$"):
        spw.fit_design(NETWORK, board="ulx3s", margin=1)
    monkeypatch.setattr(fit, "families", lambda: ("ecp5",))
    with pytest.raises(BuildError, match=r"^no network was built for iCE40, so that no size can"):
        spw.fit_design(NETWORK, board="icebreaker")
