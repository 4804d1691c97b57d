"""Whether a network can be built as a design."""

from spikewright_hw.engine.design import Design
from spikewright_hw.network import Network

from ..errors import DataError

__all__ = ["check_design"]


def check_design(design: Design, network: Network) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless the network can run on the engine."""
    try:
        design.check(network)
    except ValueError as error:
        raise DataError(f"the network cannot run on the {design.name} engine: {error}") from error
