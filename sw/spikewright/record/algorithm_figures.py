"""The metrics of NeuroBench's algorithm track as figures that a reference computed."""

from .algorithm import AlgorithmMetrics
from .figure import Computed, Figure

__all__ = ["algorithm_figures"]


def algorithm_figures(found: AlgorithmMetrics, of: str) -> list[Figure]:
    """Return what a network needs and does, as figures.

    Parameters
    ----------
    found : AlgorithmMetrics
    of : str
        What it is for, and the mean of what: ``one forecast, mean over the first repeat``.
    """
    by, bits = Computed(f"NeuroBench's algorithm track, for {of}"), found.footprint
    return [
        Figure("footprint_bytes", bits.bytes, "bytes", by, {
            "weights_bits": bits.weights, "biases_bits": bits.biases, "states_bits": bits.states
        }),
        Figure("connection_sparsity", float(found.connection_sparsity), "1", by),
        Figure("activation_sparsity", float(found.activation_sparsity or 0), "1", by),
        Figure("dense_operations", found.dense_operations, "1", by),
        Figure("effective_macs", float(found.effective_macs), "1", by),
        Figure("effective_acs", float(found.effective_acs), "1", by),
        Figure("membrane_updates", float(found.membrane_updates or 0), "1", by),
    ]
