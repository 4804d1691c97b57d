"""A network on a design: whether it can be built, and which reference it is checked against."""

import numpy as np

from spikewright_hw.checks import instance
from spikewright_hw.engine.design import Design, EventDesign, StochasticDesign
from spikewright_hw.network import Network

from ..errors import DataError
from ..network import reference
from ..network.reference import Run
from ..quantized.network import QuantizedNetwork, network_of

__all__ = ["check_design", "run_reference"]


def check_design(design: Design, network: Network) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless the network can run on the engine."""
    instance((EventDesign, StochasticDesign))("design", design)
    try:
        design.check(network)
    except ValueError as error:
        raise DataError(f"the network cannot run on the {design.name} engine: {error}") from error


def run_reference(
    network: Network | QuantizedNetwork,
    spikes: np.ndarray,
    *,
    design: Design | None = None,
    hidden_membranes: bool = True,
) -> Run:
    """Run a batch of samples on the reference that an engine is checked against, bit for bit.

    Parameters
    ----------
    network : Network or QuantizedNetwork
    spikes : array ``[samples, steps, inputs]`` of 0 and 1
        Input spikes of each step, such as :func:`~spikewright.coding.coding.encode` makes.
    design : Design, optional
        The engine; the event engine if not given. Its reference is the network in integers; that of
        a stochastic engine is the model of its bitstreams.
    hidden_membranes : bool
        Whether the membranes of hidden layers are kept; of a large network and many samples they
        take gigabytes.

    Raises
    ------
    DataError
        The spikes do not fit the network, its neurons compute with wider integers than an array
        holds, or it cannot run on the engine.
    """
    design = EventDesign() if design is None else design
    plain = network_of(network)
    check_design(design, plain)
    if design.streams is None:
        return reference.run(plain, spikes, hidden_membranes=hidden_membranes)
    from ..stochastic_models import engine

    return engine.run(
        plain, spikes, streams=design.streams, hidden_membranes=hidden_membranes
    )
