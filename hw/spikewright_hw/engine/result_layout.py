"""The result of an inference as the gateware's ports have it: :mod:`~.record` reads its bytes."""

from amaranth import signed, unsigned
from amaranth.lib import data

from ..network import Network
from ..protocol import MEMBRANE_BYTES

__all__ = ["result_layout"]


def result_layout(network: Network) -> data.StructLayout:
    """Return the layout of the result of one inference."""
    return data.StructLayout({
        "prediction": unsigned(16),
        "cycles": unsigned(32),
        "input_events": unsigned(32),
        "synops": unsigned(32),
        "spikes": data.ArrayLayout(unsigned(32), len(network.layers)),
        "outputs": data.ArrayLayout(signed(8 * MEMBRANE_BYTES), network.outputs),
    })
