import random

import pytest
from amaranth.lib.crc import catalog

from spikewright_hw import protocol
from spikewright_hw.protocol import (
    Command,
    Deframer,
    Frame,
    FrameError,
    Hello,
    Kind,
    Status,
    cobs_decode,
    cobs_encode,
    crc16,
    decode_frame,
    encode_frame,
)

HELLO = Hello(
    version=1, kind=Kind.VIRTUAL, inputs=64, outputs=10, steps=5, layers=2, clock_hz=25_000_000,
    digest=bytes(range(32)),
)  # fmt: skip

# Worked by hand from the rules: a code byte counts itself and the bytes up to the next zero.
COBS = [
    (b"", "01"),
    (b"\0", "01 01"),
    (b"\0\0", "01 01 01"),
    (b"\x11\x22\x00\x33", "03 11 22 02 33"),
    (b"\x11\x22\x33\x44", "05 11 22 33 44"),
    (b"\x11\0\0\0", "02 11 01 01 01"),
    (bytes(range(1, 255)), "ff" + bytes(range(1, 255)).hex()),
    (bytes(range(0, 255)), "01 ff" + bytes(range(1, 255)).hex()),
    (bytes(range(1, 256)), "ff" + bytes(range(1, 255)).hex() + "02 ff"),
    (bytes([*range(2, 256), 0]), "ff" + bytes(range(2, 256)).hex() + "01 01"),
    (bytes([*range(3, 256), 0, 1]), "fe" + bytes(range(3, 256)).hex() + "02 01"),
]


def mixed(rng: random.Random, size: int) -> bytes:
    return bytes(rng.choice((0, 1, 0xFF, rng.randrange(256))) for _ in range(size))


def events(data: bytes, *, capacity: int = protocol.MAX_FRAME) -> list[Frame | Status]:
    deframer = Deframer(capacity=capacity)
    return [event for event in map(deframer.push, data) if event is not None]


def test_the_crc_has_the_published_check_value():
    assert crc16(b"123456789") == 0xD64E


def test_host_and_gateware_have_the_same_crc(rng):
    gateware = catalog.CRC16_GENIBUS()
    for size in (0, 1, 2, 17, 300):
        data = mixed(rng, size)
        assert crc16(data) == gateware.compute(data)


@pytest.mark.parametrize("bit", range(8))
def test_a_delimiter_of_which_one_bit_is_wrong_ends_no_frame(bit, rng):
    """As 01 it adds a zero to the frame, which a checksum that ends with 0 does not see."""
    for size in (0, 1, 7, 252, 300):
        sent = encode_frame(Frame(1, Command.INFER, mixed(rng, size)))
        assert len(events(sent)) == 1
        (event,) = events(sent[:-1] + bytes([1 << bit, protocol.DELIMITER]))
        assert event in (Status.BAD_CRC, Status.BAD_COBS)


@pytest.mark.parametrize(("data", "encoded"), COBS, ids=range(len(COBS)))
def test_cobs_is_as_published(data, encoded):
    assert cobs_encode(data) == bytes.fromhex(encoded)
    assert cobs_decode(bytes.fromhex(encoded)) == data


def test_cobs_round_trip(rng):
    for size in [*range(10), *range(250, 260), *range(505, 515), 2000]:
        for data in (mixed(rng, size), bytes([7]) * size):
            encoded = cobs_encode(data)
            assert 0 not in encoded
            assert len(encoded) <= size + size // 254 + 1
            assert cobs_decode(encoded) == data


@pytest.mark.parametrize("encoded", [b"\x03\x01", b"\x02", b"\x01\x02", b"\x02\x00", b"\x00"])
def test_cobs_decode_refuses_what_is_cut_off(encoded):
    with pytest.raises(FrameError, match=r"^BAD_COBS$"):
        cobs_decode(encoded)


def test_frame_round_trip(rng):
    for size in (0, 1, 250, 251, 252, 1000):
        frame = Frame(rng.randrange(256), rng.randrange(256), mixed(rng, size))
        wire = encode_frame(frame)
        assert wire.index(0) == len(wire) - 1
        assert events(wire) == [frame]


def test_the_example_in_the_documentation():
    assert encode_frame(Frame(1, Command.HELLO)).hex(" ") == "05 01 01 c1 e0 00"


def test_a_payload_that_no_frame_carries():
    encode_frame(Frame(1, Command.INFER, bytes(protocol.MAX_PAYLOAD)))
    with pytest.raises(ValueError, match=r"^a payload has at most 65531 bytes, not 65532$"):
        encode_frame(Frame(1, Command.INFER, bytes(protocol.MAX_PAYLOAD + 1)))


@pytest.mark.parametrize(
    ("encoded", "status"),
    [
        ("05 01 01 3e", Status.BAD_COBS),  # the end is missing
        ("05 01 01 3e 1e", Status.BAD_CRC),
        ("05 02 01 c1 e0", Status.BAD_CRC),
        ("04 01 c1 e0", Status.TOO_SHORT),
        ("01", Status.TOO_SHORT),
        ("06 01 01 01 01 01", Status.TOO_LONG),
        ("09 01 01 01 01 01", Status.TOO_LONG),  # cut off as well
    ],
)
def test_garbage_has_a_reason(encoded, status):
    with pytest.raises(FrameError) as caught:
        decode_frame(bytes.fromhex(encoded), capacity=4)
    assert caught.value.status is status
    assert events(bytes.fromhex(encoded) + b"\0", capacity=4) == [status]


def test_every_single_bit_error_is_noticed():
    wire = encode_frame(Frame(9, Command.INFER, bytes([0, 255, 1, 0])))
    for place in range(len(wire) - 1):
        for bit in range(8):
            altered = bytearray(wire)
            altered[place] ^= 1 << bit
            assert not any(isinstance(event, Frame) for event in events(bytes(altered)))


def test_the_frame_behind_any_garbage_is_received(rng):
    frame = Frame(1, Command.TRACE)
    for _ in range(300):
        garbage = mixed(rng, rng.randrange(40))
        assert events(garbage + b"\0" + encode_frame(frame))[-1] == frame


def test_endless_garbage_takes_no_endless_memory():
    for byte in (1, 2, 255):
        deframer = Deframer(capacity=1000)
        for _ in range(5000):
            assert deframer.push(byte) is None
        assert len(deframer._encoded) < 1010
        assert deframer.push(0) is Status.TOO_LONG


def test_capacity_is_exact():
    wire = encode_frame(Frame(1, 2, bytes(6)))
    assert events(wire, capacity=10) == [Frame(1, 2, bytes(6))]
    assert events(wire, capacity=9) == [Status.TOO_LONG]


def test_hello_round_trip():
    assert HELLO.pack().hex(" ") == (
        "01 01 40 00 0a 00 05 00 02 00 40 78 7d 01 " + bytes(range(32)).hex(" ")
        + " fe 03 04 00 01 00 00"
    )
    assert Hello.unpack(HELLO.pack()) == HELLO
    assert Hello.SIZE == 53


def test_hello_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"^a HELLO answer has 53 bytes, not 52$"):
        Hello.unpack(HELLO.pack()[:-1])
    with pytest.raises(ValueError, match="does not fit its 53 bytes"):
        Hello(1, Kind.REAL, 65_536, 10, 5, 2, 25_000_000, bytes(32)).pack()
    with pytest.raises(ValueError, match="9 is not a valid Kind"):
        Hello.unpack(b"\x01\x09" + HELLO.pack()[2:])


def test_commands_and_statuses_are_told_apart():
    assert all(command < 0x80 <= status for command in Command for status in Status)
