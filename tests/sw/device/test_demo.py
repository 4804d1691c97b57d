"""A demo: samples in the bitstream, on a virtual board, and on the pins of boards."""

from dataclasses import replace

import numpy as np
import pytest

import spikewright as spw
from spikewright import cli
from spikewright.gateware import bitstream
from spikewright.job import demo
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright_hw.demo import DemoTop
from spikewright_hw.emit import as_rtlil
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

NETWORK = QuantizedNetwork(
    network=example_network(sizes=(64, 6, 10), steps=2, weight_bits=4, membrane=Format(8, 4)),
    coding=spw.Ttfs(inputs=64, steps=2, low=0.0, high=16.0, silent=0.1),
    provenance=Provenance(data_set="digits", seed=0, accuracy_float=0.5, accuracy_integer=0.5),
)
SPIKES, LABELS = spw.demo_samples(NETWORK, samples=12)


def test_a_virtual_board_says_the_classes_of_the_reference(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    expected = [int(one) for one in spw.run_reference(NETWORK, SPIKES).predictions]
    assert len(set(expected)) > 1
    spw.write("net.spw", NETWORK)
    command = ["board", "--virtual", "icebreaker", "--model", "net.spw", "--demo", "12"]
    assert cli.main(command) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines == [
        f"sample {number}: class {one}, labelled {label}"
        for number, (one, label) in enumerate(zip(expected, LABELS, strict=True))
    ]
    assert last == "All 12 classes equal the integer reference."
    assert cli.main([*command, "--weights", "loaded"]) == 1
    assert "and --weights loaded waits for one that loads them; take --weights built" in (
        capsys.readouterr().err
    )
    monkeypatch.setattr(demo, "virtual_demo", lambda *given, **how: (*expected[:-1], -1))
    assert cli.main(command) == 1
    assert "1 of 12 classes are not those of the integer reference" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("board", "button"), [("icebreaker", True), ("nexys4ddr", True), ("upduino3", False)]
)
def test_a_plan_of_it_has_the_button_that_there_is(board, button, tmp_path):
    folder = spw.write_plan(NETWORK, board=board, demo=SPIKES, build=tmp_path)
    pins = "".join(
        file.read_text() for file in folder.iterdir() if file.suffix in (".pcf", ".xdc")
    )
    assert ("button" in pins) == button
    plain = spw.write_plan(NETWORK, board=board, build=tmp_path / "plain")
    assert not any(
        "button" in file.read_text() for file in plain.iterdir() if file.suffix in (".pcf", ".xdc")
    )


def test_a_bitstream_of_it_stores_the_samples(tmp_path, monkeypatch):
    made = {}

    def build_top(make, **how):
        made.update(how, top=make())
        return "built"

    monkeypatch.setattr(bitstream, "build_top", build_top)
    found = spw.build_bitstream(NETWORK, board="ulx3s", demo=SPIKES, build=tmp_path)
    top = made["top"]
    assert found == "built" and isinstance(top, DemoTop) and made["names"]["demo"] == 12
    assert as_rtlil(top, name="top")
    assert len(top.stored) == 12 * 2 and top.pause == spw.BOARDS["ulx3s"].clock_hz
    packed = np.packbits(SPIKES, axis=-1, bitorder="little").reshape(-1, 8)
    assert top.stored == [int.from_bytes(step.tobytes(), "little") for step in packed]


LOADED = spw.EventDesign(weights="loaded")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: spw.demo_samples(NETWORK, samples=0), ValueError, "samples is 0; it must be"),
        (lambda: spw.demo_samples(NETWORK, samples=361), spw.DataError,
         "digits has 360 test samples; demo= must be 1 to 360, not 361"),
        (lambda: spw.demo_samples(
            replace(NETWORK, provenance=replace(NETWORK.provenance, data_set="made")), samples=1
        ), spw.DataError, "samples are needed of what .*, made, which is not at hand; name it"),
        (lambda: spw.write_plan(NETWORK, demo=SPIKES[:0]), spw.DataError,
         "a demo stores at least one sample, and there is none"),
        (lambda: spw.write_plan(NETWORK, demo=SPIKES[:, :, :5]), spw.DataError, ".*spikes"),
        (lambda: spw.write_plan(NETWORK, demo=SPIKES, design=LOADED), spw.DataError,
         "a demo has no host, and weights='loaded' waits for one"),
        (lambda: spw.RunOptions(demo=3), ValueError, "demo is given, of a board that answers no"),
        (lambda: spw.RunOptions(demo=3, build_only=True, highest_clock=True), ValueError,
         "demo is given, and highest_clock is True"),
    ],
)
def test_demos_that_cannot_be(call, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=f"^{message}"):
        call()
