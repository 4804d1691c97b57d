"""The task that a network was trained on, where that needs no folder: the digits."""

from spikewright_hw.checks import instance

from ..quantized.network import QuantizedNetwork
from ..task.known import load_task
from ..task.task import Task

__all__ = ["known_task"]


def known_task(network: QuantizedNetwork) -> Task | None:
    """Return the digits, of a network that was trained on them, whose samples are at hand.

    Parameters
    ----------
    network : QuantizedNetwork
    """
    instance(QuantizedNetwork)("network", network)
    digits = load_task("digits")
    return digits if network.provenance.data_set == digits.name else None
