"""The place of a byte of a trace as the gateware's ports have it: :mod:`~.record` has the order."""

from collections.abc import Iterator

from amaranth.lib import data

from ..network import Network
from .record import trace_step_bytes

__all__ = ["trace_address", "trace_places"]


def trace_address(network: Network) -> data.StructLayout:
    """Return the layout of a place: the step, and which byte of the step.

    Whoever reads one byte after another counts both, so that nobody divides. Each field has one bit
    at least, since Verilog has no vector of none.
    """
    return data.StructLayout({
        "step": range(max(2, network.steps)),
        "byte": range(max(2, trace_step_bytes(network))),
    })


def trace_places(network: Network) -> Iterator[dict[str, int]]:
    """Yield the place of each byte of a trace, in their order."""
    for step in range(network.steps):
        for byte in range(trace_step_bytes(network)):
            yield {"step": step, "byte": byte}
