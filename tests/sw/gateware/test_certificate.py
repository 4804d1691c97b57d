"""Certificates beside bitstreams: what they claim, and that none passes that is not so."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

import spikewright as spw
from spikewright.errors import DataError
from spikewright.gateware import certificate
from spikewright.gateware.board import BOARDS
from spikewright.gateware.certificate import write_certificate
from spikewright.network.find_saturation import find_saturation
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format

NETWORK = example_network(sizes=(12, 9, 5), steps=2, weight_bits=4, membrane=Format(6, 2))
WIDE = example_network(sizes=(12, 9, 5), steps=2, weight_bits=4, membrane=Format(8, 2))
DESIGN = EventDesign(banks=2, share=(3, 1), block_bits=16)


def written(folder: Path, *, network=NETWORK, design=DESIGN) -> Path:
    (folder / "design.bit").write_bytes(b"bits")
    (folder / "design.lpf").write_text("pins")
    board = BOARDS["ulx3s"]
    (folder / "report.json").write_text(json.dumps(
        {"board": board.name, "part": board.device.label, "clock_mhz": board.clock_hz / 1e6}
    ))
    return write_certificate(
        folder, network=network, design=design, board=board, bitstream="design.bit",
        constraints="design.lpf",
    )


def changed(path: Path, change, *, again: bool = True) -> None:
    """Change a certificate; with ``again``, as somebody would who knows how its hash is made."""
    body = json.loads(path.read_text())
    change(body)
    if again:
        body["hash"] = certificate._hash(body)
    path.write_text(json.dumps(body))


def refused(path: Path, network=NETWORK) -> str:
    with pytest.raises(DataError) as caught:
        spw.check_certificate(path, network=network)
    return str(caught.value)


@pytest.mark.parametrize("design", [
    DESIGN, EventDesign(fold=(3, 2), ram_style="block", weights="loaded"),
    StochasticDesign(streams=Streams(length=16), lanes=2, share=3),
], ids=str)
def test_what_is_claimed_is_found_again(tmp_path, design):
    path = written(tmp_path, design=design)
    assert path.name == "certificate.json"
    found = spw.check_certificate(path, network=NETWORK)
    assert found.worst_cycles == design.worst_cycles(NETWORK)
    assert found.worst_us == pytest.approx(found.worst_cycles / 80)
    if isinstance(design, StochasticDesign):
        assert found.saturation is None and not found.never_saturates
    else:
        ends = find_saturation(NETWORK).ends
        assert found.saturation is not None
        assert [one["neurons"] for one in found.saturation] == [one.neurons for one in ends]
        assert found.never_saturates == (not any(one.neurons for one in ends))
    body = json.loads(path.read_text())
    assert body["commands"]["worst_cycles"] == [f"make formal CORE={design.name}"]


def test_states_that_never_saturate_are_said_so(tmp_path):
    for network, words in ((WIDE, "never, of all 4 ends of states"), (NETWORK, "not excluded of")):
        path = written(tmp_path, network=network)
        found = spw.check_certificate(path, network=network)
        assert found.never_saturates == find_saturation(network).excluded == (network is WIDE)
        console = Console(width=200, record=True, quiet=True)
        console.print(found)
        assert words in found.claims["saturation"]


def test_a_certificate_of_a_loaded_engine_is_of_its_weights(tmp_path):
    """The board answers the hash of the shape, and another network would be answered for."""
    design = EventDesign(weights="loaded")
    path = written(tmp_path, design=design)
    first, *others = NETWORK.layers
    weights = [[*row] for row in first.weights]
    weights[0][0] = -weights[0][0] or 1
    other = replace(NETWORK, layers=(replace(first, weights=weights), *others))
    assert design.digest(other) == design.digest(NETWORK)
    assert refused(path, other).startswith(f"{path} is not so: the hash of the network is stated")


def _set(*names, value):
    def change(body):
        for name in names[:-1]:
            body = body[name]
        body[names[-1]] = value
    return change


@pytest.mark.parametrize(("change", "said"), [
    (_set("claims", "worst_cycles", value=3), "is not so: the most cycles of an inference is"),
    (_set("claims", "saturation", value=[]), "is not so: the list of states that can saturate is "),
    (_set("claims", "network", value="0" * 64), "is not so: the hash of the network is stated as"),
    (_set("claims", "answers", value="0" * 64), "is not so: the hash that the board answers is "),
    (_set("claims", "bitstream", value="0" * 64), "is not so: the SHA-256 of the bitstream beside"),
    (_set("design", "banks", value=1), "is not so: the most cycles of an inference is stated "),
    (_set("design", "banks", value=[1, 2, 3]), "is not of this network: banks is (1, 2, 3); a"),
    (_set("design", "banks", value=-1), ": banks is -1; it must be a whole number"),
    (_set("design", "engine", value="other"), " is of the engine 'other', which is none"),
    (_set("files", "bitstream", value="../design.bit"), "names '../design.bit'; a file of it lies"),
    (_set("files", "bitstream", value="gone.bit"), "gone.bit, which the certificate is of, cannot"),
    (_set("files", value={}), "is no certificate: it names a bitstream and its constraints"),
    (_set("files", "bitstream", value=3), "names 3; a file of it lies beside it"),
    (_set("files", "constraints", value="\0"), r"names '\x00'; a file of it lies beside it"),
    (_set("clock_hz", value=0), "is no certificate: clock_hz is 0; it must be above 0"),
    (_set("clock_hz", value=True), "is no certificate: clock_hz is true; it must be a whole"),
    (_set("clock_hz", value=10**400), "is no certificate: 10000000000000000... is no number"),
    (_set("clock_hz", value=1), "is not so: clock_hz is stated as 1, but by the record of the "),
    (_set("board", value="icebreaker"), 'is not so: board is stated as "icebreaker", but by the '),
    (_set("part", value="ECP5 LFE5U-85F"), 'is not so: part is stated as "ECP5 LFE5U-85F", but '),
    (_set("board", value=None), "is no certificate: board is null; it must be a text"),
    (_set("claims", value=[1]), "is no certificate: claims is [1]; it must be a JSON object"),
    (_set("claims", "saturation", 0, "layer", value=False), "is not so: the list of states that"),
    (_set("schema", value=2), "is of version 2; this release reads version 1"),
    (lambda body: body["claims"].pop("saturation"), "does not say the list of states that can"),
    (lambda body: body.pop("design"), "is no certificate: it has no design"),
])
def test_a_certificate_that_was_tampered_with_is_refused(tmp_path, change, said):
    path = written(tmp_path)
    changed(path, change)
    assert said in refused(path)


def test_a_change_without_its_hash_and_other_files_are_refused(tmp_path):
    path = written(tmp_path)
    (tmp_path / "design.bit").write_bytes(b"Bits")
    assert "is not so: the SHA-256 of the bitstream beside it" in refused(path)
    (tmp_path / "design.bit").write_bytes(b"bits")
    spw.check_certificate(path, network=NETWORK)
    changed(path, _set("claims", "worst_cycles", value=3), again=False)
    assert "was changed after it was written: its hash is not of its content" in refused(path)
    path.unlink()
    assert refused(path) == (
        f"{path} cannot be read: No such file or directory; give the certificate.json that lies "
        "beside a bitstream"
    )


@pytest.mark.parametrize("content", [None, b"[]", b"{}", b'{"board": ""', b'{"board": 1}'])
def test_without_the_record_of_the_build_no_clock_is_believed(tmp_path, content):
    path = written(tmp_path)
    record = tmp_path / "report.json"
    record.unlink() if content is None else record.write_bytes(content)
    assert refused(path) == (
        f"{record}, the record of the build, cannot be read: No such file or directory; keep both "
        "in one folder" if content is None
        else f"{record} is no record of a build; write it again by a build"
    )


@pytest.mark.parametrize(("content", "said"), [
    (b"[]", "it is no JSON object"),
    (b"\xff" * 3000, "it is no text in UTF-8"),
    (b"[" * 100_000, "it is nested too deeply"),
    (b'{"schema": NaN}', "NaN is no number"),
    (b"", "Expecting value: line 1 column 1 (char 0)"),
])
def test_another_file_is_no_certificate(tmp_path, content, said):
    path = tmp_path / "certificate.json"
    path.write_bytes(content)
    assert refused(path) == f"{path} is no certificate: {said}"
