"""The protocol between host and board: the one definition, for gateware and drivers alike.

A frame is ``sequence, code, payload, CRC`` in bytes, encoded by COBS so that it holds no zero, and
ended by a zero. The host sends commands, the board answers each with one frame that echoes its
sequence number. Every command may be repeated without harm. ``docs/link.md`` has the byte tables.

Sources: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on
Networking 7(2), 1999; CRC-16/GENIBUS: polynomial 0x1021, initial 0xffff, most significant bit
first, nothing reflected, all bits inverted at the end. The gateware takes it from
:mod:`amaranth.lib.crc.catalog`, the host from :func:`binascii.crc_hqx`; a test holds them equal.
"""

import struct
from binascii import crc_hqx
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

__all__ = [
    "BAUD",
    "DELIMITER",
    "DIVISOR_BITS",
    "LEAST_DIVISOR",
    "LOAD_HEAD",
    "MAX_FRAME",
    "MAX_PAYLOAD",
    "MEMBRANE_BYTES",
    "OPTIONAL",
    "OVERHEAD",
    "POWER_BYTES",
    "RATE_BYTES",
    "RUN_HEAD",
    "RUN_TAIL",
    "TRIAL_S",
    "UNKNOWN_SEQUENCE",
    "VERSION",
    "BoardStatus",
    "Command",
    "Deframer",
    "Frame",
    "FrameError",
    "Hello",
    "Kind",
    "Status",
    "cobs_decode",
    "cobs_encode",
    "crc16",
    "decode_frame",
    "encode_frame",
    "infer_bytes",
    "load_bytes",
    "power_bytes",
    "result_bytes",
    "step_bytes",
    "trace_bytes",
    "trial_bits",
]

#: Version of everything in this module; a driver refuses a board of another one.
VERSION = 5
#: Bits per second at which a real port begins: 8 data bits, no parity, one stop bit.
BAUD = 1_000_000
#: Bytes of a RATE payload, bits of it that may be set, and its least: clock cycles per bit. With
#: fewer a receiver would bear no deviation of the sender.
RATE_BYTES, DIVISOR_BITS, LEAST_DIVISOR = 2, 8, 4
#: The byte that ends a frame.
DELIMITER = 0
#: Bytes of a decoded frame beside its payload: sequence, code, and two of CRC.
OVERHEAD = 4
#: Largest decoded frame, in bytes.
MAX_FRAME = 65_535
#: Largest payload, in bytes. A board takes no longer commands than its network needs.
MAX_PAYLOAD = MAX_FRAME - OVERHEAD
#: Bytes of a LOAD payload that say where its rows go, and fewest bytes of these rows.
LOAD_HEAD, LOAD_BLOCK = 3, 256
#: Bytes of a RUN payload before its inputs, and of its answer after the result.
RUN_HEAD, RUN_TAIL = 4, 12
#: Bytes of a number in the answer to POWER.
POWER_BYTES = 4
#: Seconds for which a real board tries a rate at least, and at most twice that. A virtual board's
#: cycles pass as they may, and are fewer: a logarithm to base 2.
TRIAL_S, _VIRTUAL_TRIAL = 0.2, 19
#: Bytes of one membrane of the readout.
MEMBRANE_BYTES = 4
#: Sequence number of an answer to something whose own number could not be read. No command has it.
UNKNOWN_SEQUENCE = 0


class Command(IntEnum):
    """What a host asks: the code of a frame to the board."""

    #: Which board, which network? No payload; the answer is a :class:`Hello`.
    HELLO = 0x01
    #: Run one inference on the payload's spikes; the answer is the engine's result.
    INFER = 0x02
    #: Asks for the trace of the last inference. No payload.
    TRACE = 0x03
    #: Stores rows of weights, where they are not built in; the answer has no payload.
    LOAD = 0x04
    #: Asks what the board has counted. No payload; the answer is a :class:`BoardStatus`.
    STATUS = 0x05
    #: Puts the board into the state that it has after power-up, once this is answered. No payload.
    RESET = 0x06
    #: Runs many inferences on the same spikes, which the board keeps meanwhile; the answer is the
    #: last one's result, and how many of them took how long.
    RUN = 0x07
    #: Asks for the sums of what the board's sensors read, where it has any. No payload.
    POWER = 0x08
    #: Another bit rate, once this is answered; the first one is back soon, unless a right frame
    #: comes. No payload in the answer.
    RATE = 0x09


#: Commands that a board may have been built without.
OPTIONAL = frozenset({Command.STATUS, Command.RESET, Command.RUN, Command.RATE})


class Status(IntEnum):
    """How a command ended: the code of a frame to the host. All but ``OK`` have no payload."""

    OK = 0x80
    #: A block reaches past the end of its frame.
    BAD_COBS = 0x81
    #: Checksum and content differ, or the board lost bytes of the frame.
    BAD_CRC = 0x82
    #: The frame is longer than any command of this board.
    TOO_LONG = 0x83
    #: The frame has no room for sequence, code and CRC.
    TOO_SHORT = 0x84
    #: The code is no command.
    UNKNOWN_COMMAND = 0x85
    #: The command's payload has another length than this network needs.
    BAD_LENGTH = 0x86
    #: A trace was asked for before any inference.
    NO_INFERENCE = 0x87
    #: A memory of weights gave back something else than was stored.
    NOT_KEPT = 0x88
    #: A number in the payload is out of the range that this board has for it.
    OUT_OF_RANGE = 0x89


class Kind(IntEnum):
    """What sort of board answers."""

    REAL = 0
    VIRTUAL = 1


class FrameError(ValueError):
    """A received frame is garbage; ``status`` says which."""

    def __init__(self, status: Status):
        super().__init__(status.name)
        self.status = status


@dataclass(frozen=True)
class Frame:
    """One frame without its packing: sequence number, command or status code, payload."""

    sequence: int
    code: int
    payload: bytes = b""


@dataclass(frozen=True)
class Hello:
    """What a board says of itself; ``pack`` gives its 53 bytes, little-endian.

    Parameters
    ----------
    version : int
        Protocol version; first in every version, so that any driver can read it.
    kind : Kind
        Real or virtual.
    inputs, outputs, steps, layers : int
        Shape of the network, each up to 65535.
    clock_hz : int
        Clock of the engine, Hz; turns counted cycles into time.
    digest : bytes
        :meth:`spikewright_hw.network.Network.digest`, 32 bytes.
    commands : frozenset of Command
        What it may be asked.
    divisor : int
        Clock cycles per bit at its first rate.
    window : int
        Commands that may be on the way to it, or in work, at a time.
    batch : int
        0: for the samples of a batch, for which there is no command yet.
    """

    version: int
    kind: Kind
    inputs: int
    outputs: int
    steps: int
    layers: int
    clock_hz: int
    digest: bytes
    commands: frozenset[Command] = frozenset(Command)
    divisor: int = 4
    window: int = 1
    batch: int = 0

    _FORMAT = struct.Struct("<BBHHHHI32sHHBH")
    #: Bytes of the packed form.
    SIZE = _FORMAT.size

    def pack(self) -> bytes:
        """Return the payload of the answer. Raises :exc:`ValueError` for what does not fit."""
        try:
            return self._FORMAT.pack(
                self.version, self.kind, self.inputs, self.outputs,
                self.steps, self.layers, self.clock_hz, self.digest,
                sum(1 << command for command in self.commands),
                self.divisor, self.window, self.batch,
            )  # fmt: skip
        except struct.error as error:
            raise ValueError(f"{self} does not fit its {self.SIZE} bytes: {error}") from None

    @classmethod
    def unpack(cls, payload: bytes) -> "Hello":
        """Read the payload of the answer. Raises :exc:`ValueError` for a malformed one."""
        if len(payload) != cls.SIZE:
            raise ValueError(f"a HELLO answer has {cls.SIZE} bytes, not {len(payload)}")
        version, kind, inputs, outputs, steps, layers, hz, digest, bits, *link = (
            cls._FORMAT.unpack(payload)
        )
        commands = frozenset(command for command in Command if bits >> command & 1)
        return cls(version, Kind(kind), inputs, outputs, steps, layers, hz, digest, commands, *link)


@dataclass(frozen=True, kw_only=True)
class BoardStatus:
    """What a board has counted since it was powered up or reset; ``SIZE`` bytes on the link.

    Counters stay at their highest value, 255 for frames and 4294967295 for inferences.

    Parameters
    ----------
    bad_checksums : int
        Frames that came whole, as far as the board can know, with a wrong CRC.
    overflows : int
        Frames of which bytes were lost, since they came faster than the board took them.
    malformed : int
        Frames that were refused for something else: TOO_LONG, BAD_COBS or TOO_SHORT.
    inferences : int
        Inferences that were run, those of RUN among them.
    """

    bad_checksums: int
    overflows: int
    malformed: int
    inferences: int

    _FORMAT = struct.Struct("<BBBI")
    #: Bytes of the packed form.
    SIZE = _FORMAT.size

    def pack(self) -> bytes:
        """Return the payload of the answer."""
        return self._FORMAT.pack(
            self.bad_checksums, self.overflows, self.malformed, self.inferences
        )

    @classmethod
    def unpack(cls, payload: bytes) -> "BoardStatus":
        """Read the payload of the answer. Raises :exc:`ValueError` for a malformed one."""
        if len(payload) != cls.SIZE:
            raise ValueError(f"a STATUS answer has {cls.SIZE} bytes, not {len(payload)}")
        bad_checksums, overflows, malformed, inferences = cls._FORMAT.unpack(payload)
        return cls(
            bad_checksums=bad_checksums, overflows=overflows, malformed=malformed,
            inferences=inferences,
        )


def step_bytes(inputs: int) -> int:
    """Bytes of one step's spike bitmap: input 0 is bit 0 of byte 0, unused bits are ignored."""
    return (inputs + 7) // 8


def infer_bytes(*, inputs: int, planes: int) -> int:
    """Bytes of an INFER payload: the bitmaps of all steps, first step first.

    A step of graded inputs has a bitmap for each of their bits, the most significant bit first.
    """
    return planes * step_bytes(inputs)


def load_bytes(row_bytes: int) -> int:
    """Bytes of a LOAD payload: which memory, which row, two bytes, and rows from this one on.

    ``row_bytes`` is the longest row of any memory. What follows the last whole row, or the last row
    of the memory, is ignored.
    """
    return LOAD_HEAD + max(LOAD_BLOCK, row_bytes)


def trial_bits(clock_hz: int, *, virtual: bool) -> int:
    """Return the logarithm to base 2 of the clock cycles for which a board tries a rate."""
    return _VIRTUAL_TRIAL if virtual else int(TRIAL_S * clock_hz).bit_length()


def power_bytes(sensors: int) -> int:
    """Bytes of the answer to POWER: the number of rounds, and a sum for each sensor."""
    return POWER_BYTES * (1 + sensors)


def result_bytes(*, layers: int, outputs: int) -> int:
    """Bytes of the answer to INFER."""
    return 14 + 4 * layers + MEMBRANE_BYTES * outputs


def trace_bytes(*, spiking: Sequence[int], membranes: int, steps: int) -> int:
    """Bytes of the answer to TRACE.

    ``spiking`` are the neurons of each layer that spikes, ``membranes`` those of a last layer that
    does not.
    """
    return steps * (sum(map(step_bytes, spiking)) + MEMBRANE_BYTES * membranes)


def crc16(data: bytes) -> int:
    """Checksum of ``data``. It is inverted, so that a zero after it does not pass unseen.

    One bit of a delimiter is enough for that: 01 in the place of 00 is a zero more in the frame.
    """
    return crc_hqx(data, 0xFFFF) ^ 0xFFFF


def cobs_encode(data: bytes) -> bytes:
    """Encode ``data`` so that no byte is zero; the delimiter is not included."""
    encoded, block = bytearray(), bytearray()
    open_block = True  # a block of 254 bytes needs no successor, a zero always has one
    for byte in data:
        open_block = True
        if byte:
            block.append(byte)
        if not byte or len(block) == 254:
            encoded += bytes([len(block) + 1]) + block
            block.clear()
            open_block = not byte
    if open_block:
        encoded += bytes([len(block) + 1]) + block
    return bytes(encoded)


def _decode_blocks(encoded: bytes) -> tuple[bytes, bool]:
    """Decode as far as it goes; the flag says whether the last block is whole."""
    data = bytearray()
    position, code = 0, 0xFF
    while position < len(encoded):
        if code != 0xFF:
            data.append(0)
        code = encoded[position]
        data += encoded[position + 1 : position + code]
        position += code
    return bytes(data), position == len(encoded)


def cobs_decode(encoded: bytes) -> bytes:
    """Undo :func:`cobs_encode`. Raises :exc:`FrameError` if a block is cut off or holds a zero."""
    if DELIMITER in encoded:
        raise FrameError(Status.BAD_COBS)
    data, whole = _decode_blocks(encoded)
    if not whole:
        raise FrameError(Status.BAD_COBS)
    return data


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes on the wire, delimiter included."""
    data = bytes([frame.sequence, frame.code]) + frame.payload
    if len(frame.payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload has at most {MAX_PAYLOAD} bytes, not {len(frame.payload)}")
    return cobs_encode(data + crc16(data).to_bytes(2, "big")) + bytes([DELIMITER])


def decode_frame(encoded: bytes, *, capacity: int = MAX_FRAME) -> Frame:
    """Read what stood before a delimiter.

    ``capacity`` is the largest decoded frame that is accepted. Of several faults the first of
    TOO_LONG, BAD_COBS, TOO_SHORT, BAD_CRC is the :exc:`FrameError`'s.
    """
    data, whole = _decode_blocks(encoded)
    if len(data) > capacity:
        raise FrameError(Status.TOO_LONG)
    if not whole:
        raise FrameError(Status.BAD_COBS)
    if len(data) < OVERHEAD:
        raise FrameError(Status.TOO_SHORT)
    if crc16(data[:-2]).to_bytes(2, "big") != data[-2:]:
        raise FrameError(Status.BAD_CRC)
    return Frame(data[0], data[1], data[2:-2])


class Deframer:
    """Cuts a byte stream into frames: the host's receiver, and the definition of the board's.

    Parameters
    ----------
    capacity : int
        Largest decoded frame, in bytes.
    """

    def __init__(self, *, capacity: int = MAX_FRAME):
        self.capacity = capacity
        self._encoded = bytearray()
        self._incomplete = False
        # Any encoding longer than this decodes to more than `capacity`, so the rest need not be
        # kept: each code byte but the first stands for a zero, or for a block of 254.
        self._limit = capacity + capacity // 254 + 3

    def push(self, byte: int) -> Frame | Status | None:
        """Take one byte; return the frame or the error that it ends. Empty frames are nothing."""
        if byte != DELIMITER:
            if len(self._encoded) < self._limit:
                self._encoded.append(byte)
            return None
        if not self._encoded and not self._incomplete:
            return None
        encoded, incomplete = bytes(self._encoded), self._incomplete
        self._encoded.clear()
        self._incomplete = False
        try:
            frame = decode_frame(encoded, capacity=self.capacity)
        except FrameError as error:
            return error.status
        return Status.BAD_CRC if incomplete else frame

    def lose(self) -> None:
        """Note that a byte was lost here: the frame that it belongs to is refused."""
        self._incomplete = True
