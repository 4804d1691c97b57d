"""Networks whose states can saturate: warned of or refused, before anything is built."""

import warnings
from pathlib import Path

import numpy as np
from rich.console import Console

from spikewright_hw.checks import instance
from spikewright_hw.network import Network

from .. import terminal
from ..errors import SpikewrightWarning
from ..files import replacing
from ..network.find_saturation import find_saturation
from ..network.saturation import Saturation
from .network import QuantizedNetwork, network_of

__all__ = ["check_saturation", "show_saturation"]


def check_saturation(
    network: Network | QuantizedNetwork, *, allow_saturation: bool = True
) -> Saturation:
    """Say which states of a network can end at their formats, and for which input.

    Parameters
    ----------
    network : Network or QuantizedNetwork
    allow_saturation : bool
        Whether a network with a state that saturates is warned of, once, or refused. Refused is
        also one of which it is not known.

    Returns
    -------
    What :func:`~spikewright.network.find_saturation.find_saturation` found.

    Raises
    ------
    DataError
        A state saturates, or it is not known, and that is not allowed; the sentence has the input.
    ValueError
        An argument is of another kind.
    """
    instance(bool)("allow_saturation", allow_saturation)
    found = find_saturation(network_of(network))
    if not allow_saturation:
        found.refuse()
    elif found.saturates:
        warnings.warn(found.words, SpikewrightWarning, stacklevel=2)
    return found


def show_saturation(
    network: QuantizedNetwork,
    *,
    inputs: Path | None = None,
    allow_saturation: bool = True,
    console: Console | None = None,
) -> None:
    """Print which states can saturate, and write the inputs that were found, as ``.npz``.

    Raises
    ------
    DataError
        A state saturates, or it is not known, and that is not allowed.
    StorageError
        The file cannot be written.
    """
    found = find_saturation(network_of(network))
    (terminal.console() if console is None else console).print(found)
    for one in found.saturates:
        print(one.sentence)
    if inputs is not None:
        with replacing(inputs) as made, made.open("wb") as file:
            np.savez(file, **found.inputs)  # pyright: ignore[reportArgumentType]
        print(inputs)
    if not allow_saturation:
        found.refuse()
