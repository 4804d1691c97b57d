"""The serial port of a board, without what answers its packets; test_board.py sees its reset."""

from amaranth import Elaboratable, Module
from amaranth.lib import wiring

from spikewright_hw.link.serial_port import SerialPort
from spikewright_hw.protocol import Frame, Status, encode_frame

from .serial_line import converse


class Echo(Elaboratable):
    """A port whose packets go back as they came, and whose refusals are taken."""

    def __init__(self):
        self.port = SerialPort(divisor=4, capacity=12)
        self.rx, self.tx = self.port.rx, self.port.tx

    def elaborate(self, platform):
        m = Module()
        m.submodules.port = port = self.port
        wiring.connect(m, port.o, port.i)
        m.d.comb += port.o_error.ready.eq(1)
        return m


def test_a_frame_becomes_a_packet_and_a_packet_a_frame():
    frame = Frame(7, Status.OK, bytes([0, 1, 2, 0xFF]))
    assert converse(Echo(), encode_frame(frame), answers=1) == [frame]


def test_a_frame_that_is_wrong_becomes_no_packet():
    good, bad = Frame(1, Status.OK, b"abc"), bytearray(encode_frame(Frame(2, Status.OK, b"xyz")))
    bad[3] ^= 0x10
    assert converse(Echo(), bytes(bad) + encode_frame(good), answers=1, pause=60) == [good]

