"""The converter on a 7 series die (XADC): its registers, how it is set, and what its codes say.

Source: Xilinx user guide UG480. It has not met a real part: what is tested is a model, which is
written from the same guide, and the files of a plan.
"""

from collections.abc import Mapping, Sequence

__all__ = [
    "AVERAGED", "CHANNELS", "CONVERSION", "SEQUENCED", "limits", "settings", "verilog", "volts",
]

#: Address of the status register of each channel. An auxiliary one has two pins.
CHANNELS: Mapping[str, int] = {
    "temperature": 0x00, "vccint": 0x01, "vccaux": 0x02, "vccbram": 0x06,
} | {f"aux {number}": 0x10 + number for number in range(16)}

#: Bit of each channel in the pair of sequence registers 48h and 49h, the first in the lower half.
SEQUENCED = {"temperature": 8, "vccint": 9, "vccaux": 10, "vccbram": 14} | {
    f"aux {number}": 16 + number for number in range(16)
}
#: Conversions of which a register has the mean, and their code in configuration register 0.
AVERAGED, _AVERAGING = 16, 0b01
#: Most hertz of the converter's clock, and its cycles for a conversion.
_MOST_HZ, CONVERSION = 26_000_000, 26
#: Limits either way: of the offset of an auxiliary channel, volts (8 steps), of its gain, and of
#: the value of an on-die supply. Unverified: the tables of data sheet DS181 were not at hand.
_AUXILIARY, _SUPPLY = (8 / 4096, 0.005), (0.0, 0.01)
#: Of configuration register 1: the sequencer's mode "continuous"; all alarms off (ALM and OT bits);
#: offset and gain of the converter, and of the supply sensors, corrected (CAL1 and CAL3).
_CONTINUOUS, _NO_ALARMS, _CORRECTED = 0b0010 << 12, 0x0F0F, 0b1010 << 4
#: Bit of 48h by which a sequence begins with a calibration.
_CALIBRATION = 1


def divider(clock_hz: int) -> int:
    """Return the divider of the converter's clock: the least whole one from 2 on."""
    return max(2, -(-clock_hz // _MOST_HZ))


def settings(channels: Sequence[str], *, clock_hz: int) -> dict[int, int]:
    """Return the control registers, by address: these channels in turn, again and again.

    Raises :exc:`ValueError` for a channel that there is not, or one that stands there twice.
    """
    for channel in channels:
        if channel not in CHANNELS or channels.count(channel) > 1:
            raise ValueError(
                f"channel {channel!r} is none of the converter, or is named twice; there are "
                f"{', '.join(CHANNELS)}"
            )
    chosen = sum(1 << SEQUENCED[channel] for channel in channels)
    return {
        0x40: _AVERAGING << 12,
        0x41: _CONTINUOUS | _NO_ALARMS | _CORRECTED,
        0x42: divider(clock_hz) << 8,
        0x48: chosen & 0xFFFF | _CALIBRATION,
        0x49: chosen >> 16,
        0x4A: chosen & 0xFFFF,
        0x4B: chosen >> 16,
        0x4C: 0,  # unipolar
        0x4D: 0,
        0x4E: 0,  # no more time to settle
        0x4F: 0,
    }


def volts(channel: str, code: float) -> float:
    """Return what a register's value stands for: volts at the converter, or degrees Celsius.

    A register has 16 bits, of which the converter's 12 are the upper ones and the mean the rest.
    """
    share = code / 65536
    if channel == "temperature":
        return share * 503.975 - 273.15
    return share * (1.0 if channel.startswith("aux") else 3.0)


def limits(channel: str) -> tuple[float, float]:
    """Return the limits, either way, of a channel's offset, in volts there, and of its gain."""
    return _AUXILIARY if channel.startswith("aux") else _SUPPLY


def verilog(registers: Mapping[int, int], numbers: Sequence[int]) -> str:
    """Return the module with the primitive; ``numbers`` are those of its auxiliary channels."""
    pads = "".join(f",\n    input wire p{number}, input wire n{number}" for number in numbers)
    inits = ",\n".join(
        f"        .INIT_{address:02X}(16'h{value:04X})" for address, value in registers.items()
    )

    def bus(letter: str) -> str:
        bits = [f"{letter}{at}" if at in numbers else "1'b0" for at in reversed(range(16))]
        return "{" + ", ".join(bits) + "}"

    return f"""\
// The converter on the die, see UG480: the registers are set once, and read over its port.
module spikewright_monitor (
    input wire clk, input wire [6:0] address, input wire enable,
    output wire [15:0] data, output wire ready, output wire done{pads}
);
    XADC #(
{inits}
    ) converter (
        .DCLK(clk), .DADDR(address), .DEN(enable), .DWE(1'b0), .DI(16'h0000),
        .DO(data), .DRDY(ready), .EOS(done), .RESET(1'b0), .CONVST(1'b0), .CONVSTCLK(1'b0),
        .VP(1'b0), .VN(1'b0),
        .VAUXP({bus("p")}),
        .VAUXN({bus("n")})
    );
endmodule
"""
