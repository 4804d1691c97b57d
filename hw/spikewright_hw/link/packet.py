"""What the stages between the frames and the command processor hand on."""

from amaranth.lib import data

__all__ = ["PACKET"]

#: One byte of a packet, and whether it is the packet's last. A packet is a frame without its CRC:
#: sequence, code, payload.
PACKET = data.StructLayout({"data": 8, "last": 1})
