"""What the stages between the frames and the command processor hand on."""

from amaranth.lib import data

__all__ = ["PACKET", "REFUSAL"]

#: One byte of a packet, and whether it is the packet's last. A packet is a frame without its CRC:
#: sequence, code, payload.
PACKET = data.StructLayout({"data": 8, "last": 1})

#: Why a frame is refused, of which at most one holds: its checksum alone is wrong; bytes of it were
#: lost, whatever else; it is malformed in another way.
REFUSAL = data.StructLayout({"bad_checksum": 1, "overflow": 1, "malformed": 1})
