"""Networks in NIR, the neuromorphic intermediate representation, read from a file or a graph."""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any, Literal

from spikewright.errors import DataError
from spikewright.network.real_network import RealNetwork
from spikewright_hw.checks import one_of, optional, pathlike, real, whole, wholes

from .layers import layered, network_of
from .nir_file import read_nir
from .nir_graph import pieces_of
from .nir_nodes import Reading

__all__ = ["from_nir"]


def from_nir(
    source: str | Path | Any,
    *,
    steps: int,
    readout: str | None = None,
    dt: float | None = None,
    current: Literal["old", "new"] | None = None,
    inputs: Sequence[int] | None = None,
) -> RealNetwork:
    """Return the network in real numbers of a NIR graph.

    NIR describes neurons by differential equations. They are computed by forward Euler, with the
    spike at v > v_threshold and the reset to v_reset in the same step; a spike reaches the next
    layer in the same step and its own layer in the step after. ``docs/import.md`` has the table of
    nodes. What NIR leaves open is asked for.

    Parameters
    ----------
    source : str, Path or nir.NIRGraph
        A file, or a graph that was read already.
    steps : int
        Time steps of an inference.
    readout : str
        How the answer is read, as :class:`~spikewright.network.real_network.RealNetwork` has it.
    dt : float, optional
        Length of a step, in the unit of the file's time constants; for all neurons but Threshold.
    current : "old" or "new", optional
        Which synaptic current the membrane of CubaLI and CubaLIF takes in a step: that of the step
        before, or the one just computed.
    inputs : sequence of int, optional
        Axes of the inputs, such as channels, height and width, where the file says none, or only
        how many inputs there are.

    Raises
    ------
    DataError
        The file is no NIR, a node is not imported, the graph has a circle that is no recurrence,
        shapes are missing or do not fit, or something that NIR leaves open is not given; the
        sentence names it.
    ValueError
        An argument is of another kind or out of its range.

    Warns
    -----
    SpikewrightWarning
        A time constant is so many steps long that units may be mixed up.
    """
    steps = whole(1)("steps", steps)
    dt = optional(real())("dt", dt)
    if dt is not None and dt <= 0:
        raise ValueError(f"dt is {dt}; it must be above 0")
    current = optional(one_of(("old", "new")))("current", current)
    asked = optional(wholes(1))("inputs", inputs)
    graph = read_nir(pathlike("source", source)) if isinstance(source, str | Path) else source
    if type(graph).__name__ != "NIRGraph":
        raise DataError(f"the source is a {type(graph).__name__}; a path or a NIRGraph is read")
    pieces, said = pieces_of(graph, Reading(dt=dt, current=current))
    if asked is not None and said not in (None, asked, (prod(asked),)):
        raise DataError(
            f"inputs is {' × '.join(map(str, asked))}, and the graph says that its inputs are "
            f"{' × '.join(map(str, said))}; leave inputs= out"
        )
    return network_of(layered(pieces, inputs=asked or said), steps=steps, readout=readout)
