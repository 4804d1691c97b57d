"""What quantisation made of the layers of a network, as its file has it."""

from rich.console import Console

from spikewright_hw.checks import instance

from .. import terminal
from ..errors import DataError
from ..network.quantization import LayerFit, fits_table
from .network import QuantizedNetwork

__all__ = ["layer_fits", "print_layers"]


def layer_fits(network: QuantizedNetwork) -> tuple[LayerFit, ...]:
    """Return how far each layer of a network is from what it was in real numbers.

    Parameters
    ----------
    network : QuantizedNetwork
        Trained, or quantised on a task.

    Raises
    ------
    DataError
        Its file says nothing of its layers, or what is no report of them.
    """
    data = instance(QuantizedNetwork)("network", network).provenance.training.get("layers")
    if not data:
        raise DataError(
            "the network says nothing of its layers in real numbers; it was trained or quantised "
            "by an older version, or in a loop of its user"
        )
    try:
        return tuple(LayerFit.of_data(one) for one in data)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise DataError(f"provenance.training.layers is no report of layers: {error}") from error


def print_layers(network: QuantizedNetwork, *, console: Console | None = None) -> None:
    """Print the same as a table: clipping, saturation, rates, their distance, silent neurons.

    Parameters
    ----------
    network : QuantizedNetwork
        Trained, or quantised on a task.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        As :func:`layer_fits` does.
    """
    fits = layer_fits(network)
    console = terminal.console() if console is None else console
    console.print(fits_table(fits, title="In integers, beside real numbers"))
