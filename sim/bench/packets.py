"""Packets to a processor of commands, and its answers, in its testbench."""

from collections.abc import Iterable

from spikewright_hw.protocol import Frame, Status

from .bench import Bench
from .scoreboard import Scoreboard
from .stream import StreamSource

__all__ = ["REFUSALS", "collect_answers", "send_packets"]

#: Why frames are refused.
REFUSALS = [Status.BAD_COBS, Status.BAD_CRC, Status.TOO_LONG, Status.TOO_SHORT]


async def send_packets(bench: Bench, source: StreamSource, frames: Iterable[Frame]) -> None:
    """Send packets, each with its length, as the frame decoder does: one at a time."""
    for frame in frames:
        packet = bytes([frame.sequence, frame.code]) + frame.payload
        bench.write("i_length", len(packet))
        source.send({"data": byte, "last": at == len(packet) - 1} for at, byte in enumerate(packet))
        while source.pending:
            await bench.cycles(1)


def collect_answers(bench: Bench, answers: Scoreboard) -> None:
    """Hand each answer on ``o`` to a scoreboard; the processor is busy with each byte of it."""
    answer = bytearray()

    def collect(byte: dict[str, int]) -> None:
        assert bench.read("busy") == 1
        answer.append(byte["data"])
        if byte["last"]:
            answers.observe(Frame(answer[0], answer[1], bytes(answer[2:])))
            answer.clear()

    bench.monitor("o", collect)
