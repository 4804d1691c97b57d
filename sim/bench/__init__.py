"""The test bench: what every testbench of a core is built from."""

from .bench import Bench, whole
from .scoreboard import Scoreboard
from .stream import StreamMonitor, StreamSink, StreamSource, pauses

__all__ = [
    "Bench",
    "Scoreboard",
    "StreamMonitor",
    "StreamSink",
    "StreamSource",
    "pauses",
    "whole",
]
