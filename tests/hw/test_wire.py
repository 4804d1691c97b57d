"""What is on the wire, written down by hand: host and gateware share one definition, so a test of
one against the other sees no change of it.

Whoever changes one of these values changes the protocol: raise ``VERSION`` in
``spikewright_hw/protocol.py``, write the new values here, and mend ``docs/link.md``. A command more
that a board may lack, which HELLO tells, changes none of them: it needs no other version.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from spikewright_hw import protocol
from spikewright_hw.definition.definition import Input
from spikewright_hw.definition.graph import listing
from spikewright_hw.engine.neuron_array import _pack
from spikewright_hw.engine.result_layout import result_layout
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.protocol import (
    BoardStatus,
    Command,
    Frame,
    Hello,
    Kind,
    Status,
    encode_frame,
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "link.md"

CHANGED = "the wire has changed: it needs another protocol version, see the head of this test"

#: A frame with sequence number 1 and no payload, for each code: COBS, CRC-16/GENIBUS, delimiter.
FRAMES = {
    Command.HELLO: "05 01 01 c1 e0 00",
    Command.INFER: "05 01 02 f1 83 00",
    Command.TRACE: "05 01 03 e1 a2 00",
    Command.LOAD: "05 01 04 91 45 00",
    Command.STATUS: "05 01 05 81 64 00",
    Command.RESET: "05 01 06 b1 07 00",
    Command.RUN: "05 01 07 a1 26 00",
    Command.POWER: "05 01 08 50 c9 00",
    Command.RATE: "05 01 09 40 e8 00",
    Status.OK: "05 01 80 40 49 00",
    Status.BAD_COBS: "05 01 81 50 68 00",
    Status.BAD_CRC: "05 01 82 60 0b 00",
    Status.TOO_LONG: "05 01 83 70 2a 00",
    Status.TOO_SHORT: "03 01 84 02 cd 00",
    Status.UNKNOWN_COMMAND: "05 01 85 10 ec 00",
    Status.BAD_LENGTH: "05 01 86 20 8f 00",
    Status.NO_INFERENCE: "05 01 87 30 ae 00",
    Status.NOT_KEPT: "05 01 88 c1 41 00",
    Status.OUT_OF_RANGE: "05 01 89 d1 60 00",
}

CODES = {
    "HELLO": 0x01, "INFER": 0x02, "TRACE": 0x03, "LOAD": 0x04, "STATUS": 0x05,
    "RESET": 0x06, "RUN": 0x07, "POWER": 0x08, "RATE": 0x09,
    "OK": 0x80, "BAD_COBS": 0x81, "BAD_CRC": 0x82, "TOO_LONG": 0x83, "TOO_SHORT": 0x84,
    "UNKNOWN_COMMAND": 0x85, "BAD_LENGTH": 0x86, "NO_INFERENCE": 0x87,
    "NOT_KEPT": 0x88, "OUT_OF_RANGE": 0x89,
}


def crc(data: bytes) -> bytes:
    """CRC-16/GENIBUS bit by bit, as docs/link.md describes it."""
    state = 0xFFFF
    for byte in data:
        state ^= byte << 8
        for _ in range(8):
            state = (state << 1 ^ (0x1021 if state & 0x8000 else 0)) & 0xFFFF
    return (state ^ 0xFFFF).to_bytes(2, "big")


def runs(frame: bytes) -> list[bytes]:
    """Return the runs of less than 254 bytes of a frame, between which zeros stood."""
    found, at = [], 0
    while frame[at]:
        found.append(frame[at + 1 : at + frame[at]])
        at += frame[at]
    return found


def test_the_constants():
    assert protocol.VERSION == 5, CHANGED
    assert (protocol.BAUD, protocol.DELIMITER) == (1_000_000, 0), CHANGED
    assert (protocol.MAX_FRAME, protocol.MAX_PAYLOAD, protocol.OVERHEAD) == (65_535, 65_531, 4)
    assert (protocol.UNKNOWN_SEQUENCE, protocol.MEMBRANE_BYTES) == (0, 4), CHANGED
    assert {kind.name: kind.value for kind in Kind} == {"REAL": 0, "VIRTUAL": 1}, CHANGED


def test_the_codes():
    assert {one.name: one.value for one in (*Command, *Status)} == CODES, CHANGED
    assert set(FRAMES) == {*Command, *Status}, CHANGED


@pytest.mark.parametrize("code", FRAMES, ids=lambda code: code.name)
def test_the_bytes_of_a_frame(code):
    said = bytes([1, CODES[code.name]])
    assert runs(bytes.fromhex(FRAMES[code])) == (said + crc(said)).split(b"\0")
    assert encode_frame(Frame(1, code)) == bytes.fromhex(FRAMES[code]), CHANGED


def test_the_bytes_of_hello():
    hello = Hello(
        version=0x11, kind=Kind.VIRTUAL, inputs=0x2322, outputs=0x2524, steps=0x2726,
        layers=0x2928, clock_hz=0x33323130, digest=bytes(range(0x40, 0x60)),
        commands=frozenset({Command.HELLO, Command.TRACE, Command.RUN}), divisor=0x6160,
        window=0x62, batch=0x6463,
    )  # fmt: skip
    assert hello.pack().hex(" ") == (
        "11 01 22 23 24 25 26 27 28 29 30 31 32 33 " + bytes(range(0x40, 0x60)).hex(" ") + " 8a 00"
        " 60 61 62 63 64"
    ), CHANGED
    assert Hello.unpack(hello.pack()) == hello


def test_the_bytes_of_a_status():
    status = BoardStatus(
        bad_checksums=0x11, overflows=0x22, malformed=0x33, inferences=0x47464544
    )
    assert status.pack().hex(" ") == "11 22 33 44 45 46 47", CHANGED
    assert BoardStatus.unpack(status.pack()) == status
    with pytest.raises(ValueError, match=r"^a STATUS answer has 7 bytes, not 6$"):
        BoardStatus.unpack(status.pack()[:-1])


def tables() -> list[list[list[str]]]:
    """Return the tables of docs/link.md: rows of cells."""
    found: list[list[list[str]]] = [[]]
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif not line.startswith("|") and found[-1]:
            found.append([])
    return [table for table in found if table]


def table(*heading: str) -> list[list[str]]:
    (rows,) = [rows for rows in tables() if tuple(rows[0][: len(heading)]) == heading]
    return rows[1:]


def test_the_document_has_the_same_codes():
    rows = (*table("code", "command"), *table("code", "status"))
    listed = {row[1]: int(row[0], 16) for row in rows}
    assert listed == CODES
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"The version described here is {protocol.VERSION}." in text
    assert "1 000 000 bits per second" in text and "0 to 65531" in text


def test_the_document_has_the_same_layouts():
    hello, result, load, status, run, ran, power, rate = [
        rows[1:] for rows in tables() if rows[0] == ["offset", "size", "field"]
    ]
    sizes = [int(row[1]) for row in hello]
    assert [int(row[0]) for row in hello] == [sum(sizes[:at]) for at in range(len(sizes))]
    assert sum(sizes) == Hello.SIZE == 53
    counters = [int(row[1]) for row in status]
    assert [int(row[0]) for row in status] == [sum(counters[:at]) for at in range(4)]
    assert sum(counters) == BoardStatus.SIZE
    assert [row[0] for row in run] == ["0", str(protocol.RUN_HEAD)]
    assert [row[1] for row in run] == [str(protocol.RUN_HEAD), "`steps * ceil(inputs / 8)`"]
    assert [row[0] for row in ran] == ["0", "then", "then"]
    assert sum(int(row[1]) for row in ran[1:]) == protocol.RUN_TAIL
    assert [row[0] for row in load] == ["0", "1", "3"]
    assert [row[1] for row in load[:2]] == ["1", "2"]
    assert [row[0] for row in power] == ["0", "then"]
    assert [int(row[1].split()[0]) for row in power] == [protocol.POWER_BYTES] * 2
    assert rate == [["0", str(protocol.RATE_BYTES), "clock cycles per bit, 4 to 255"]]
    assert 255 == (1 << protocol.DIVISOR_BITS) - 1
    assert protocol.power_bytes(8) == 4 + 8 * 4
    layers, outputs = 3, 5
    fixed = [int(row[1]) for row in result[:4]]
    assert [int(row[0]) for row in result[:5]] == [sum(fixed[:at]) for at in range(5)]
    assert [re.sub(r"\D", "", row[1]) for row in result[4:]] == ["4", "4"]
    whole = sum(fixed) + 4 * layers + 4 * outputs
    assert protocol.result_bytes(layers=layers, outputs=outputs) == whole
    assert protocol.infer_bytes(inputs=9, planes=3) == 3 * 2
    assert protocol.trace_bytes(spiking=[9, 3], membranes=5, steps=3) == 3 * (2 + 1 + 4 * 5)


HIDDEN = Layer(((1, -2), (3, 0)), 3, "lif", {"decay": 0.5, "threshold": 2.0}, Format(6, 2))
READOUT = Layer(((1,), (-1,)), 2, "li", {"decay": 0.5}, Format(6, 2), exponent=1)


def test_a_result_has_the_size_that_the_protocol_says():
    network = Network((HIDDEN, READOUT), 3)
    size = protocol.result_bytes(layers=2, outputs=1)
    assert result_layout(network).size == 8 * size


# Digests ------------------------------------------------------------------------------------------

#: A digest changes only with what the gateware depends on. If the form of it is to change, boards
#: that are built no longer answer to their networks: raise ``VERSION`` of the protocol.
DIGEST = "this changes the digest of every network: raise the protocol's version, see above"


def test_what_a_digest_is_made_of():
    assert HIDDEN.gateware() == {
        "weights": ((1, -2), (3, 0)), "recurrent": None, "bias": None, "weight_bits": 3,
        "shift": 2, "inputs": {"i": "all"}, "update": listing(HIDDEN.fixed.update),
        "vectors": {}, "formats": {"v": "Q6.2"},
        "bounds": {"v": (-128, 127)}, "start": {"v": [0, 0]},
    }, DIGEST
    assert READOUT.gateware()["shift"] == 1, DIGEST


@pytest.mark.parametrize(
    ("steps", "digest"),
    [
        (3, "25210e6e5e98f222494555df4a284739af17950f54e3e14453ea5b83feaad06a"),
        (4, "f24df7fe8518bb5ff14f119efd58da7e87be94302e477b077fdca60703d71c09"),
    ],
)
def test_the_digest_of_what_it_is_made_of(monkeypatch, steps, digest):
    """SHA-256 of the steps, the readout and the layers as JSON with sorted keys and no spaces.

    The parts are made up, so that a change of a neuron's program is not a change of the form.
    """
    parts = {
        "weights": ((1, -2),), "inputs": {"i": "all"}, "update": ["v = 1"], "start": {"v": [0]},
    }
    monkeypatch.setattr(Layer, "gateware", lambda self: parts | {"shift": self.shift})
    assert Network((HIDDEN, READOUT), steps).digest().hex() == digest, DIGEST


@pytest.mark.parametrize("source", ["excitatory", "inhibitory"])
def test_the_digest_changes_with_the_source_of_an_input(monkeypatch, source):
    before = Network((HIDDEN, READOUT), 3).digest()
    lif = DEFINITIONS["lif"]
    monkeypatch.setitem(DEFINITIONS, "lif", replace(lif, inputs={"i": Input(source=source)}))
    assert Network((replace(HIDDEN), READOUT), 3).digest() != before


def test_a_start_is_packed_bit_by_bit():
    """Two's complement, the first state lowest; every bit counts, the lowest too."""
    assert _pack({"v": -3, "w": 5}, {"v": 4, "w": 4}) == 0b0101_1101
    for bit in range(6):
        assert _pack({"v": 1 << bit, "w": 0}, {"v": 7, "w": 2}) == 1 << bit
    assert _pack({"v": 1, "w": -1}, {"v": 3, "w": 3}) == 0b111_001
