"""From a chain of neurons and affine maps to a network in real numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from spikewright.errors import DataError
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright_hw.readout import READOUTS, SPIKING

from .affine import Matrix, Scaling
from .firing import silent
from .found import Found
from .joined import joined, numbered, parameters_of, recurrence, with_own
from .kernel import Kernel
from .step import Step, View
from .way import Way

__all__ = ["Piece", "ReadLayer", "chained", "network_of"]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A module or a node of a chain.

    Parameters
    ----------
    name : str
    what : Step or Found
    takes : View, optional
        The axes of the values that it was seen to take.
    """

    name: str
    what: Step | Found
    takes: View | None = None


@dataclass(frozen=True, kw_only=True)
class ReadLayer:
    """A layer that was read, and the modules or nodes that it is made of.

    Parameters
    ----------
    layer : RealLayer
    names : tuple of str
        From the first to the neurons.
    view : View
        Axes of the neurons in their framework.
    after : Scaling
        What is done to the layer's spikes before the next one hears them.
    """

    layer: RealLayer
    names: tuple[str, ...]
    view: View
    after: Scaling = field(default_factory=Scaling.of)

    def __str__(self) -> str:
        return " → ".join(self.names)

    @property
    def order(self) -> np.ndarray:
        """Where each neuron is among the values of its framework."""
        return numbered(self.layer.connection.target)


def chained(pieces: Sequence[Piece], *, inputs: View | None = None) -> list[ReadLayer]:
    """Return the layers of a chain; what lies between two neurons becomes one connection.

    Parameters
    ----------
    pieces : sequence of Piece
        From input to output.
    inputs : View, optional
        Axes of the input, where something takes it that does not say them.

    Raises
    ------
    DataError
        The chain does not end in neurons, the axes of a layer are not known, or what reaches it
        does not fit.
    """
    layers: list[ReadLayer] = []
    way, names = Way.of_inputs(inputs), []
    for piece in pieces:
        names.append(piece.name)
        if piece.takes is not None:
            way = way.seen(piece.takes, name=piece.name)
        if not isinstance(piece.what, Found):
            way = way.then(piece.what, name=piece.name)
            continue
        layers.append(_read_layer(piece.what, way, tuple(names)))
        read = layers[-1]
        way = Way.of_neurons(piece.name, read.layer.connection.target, read.view)
        way, names = way.then(piece.what.after, name=piece.name), []
    if (names and not way.is_identity) or not layers:
        raise DataError(
            f"{names[-1] if names else 'the network'} is followed by no neurons, so nothing says "
            "what becomes of its values; add neurons, or one that only integrates"
        )
    return layers


def _read_layer(found: Found, way: Way, names: tuple[str, ...]) -> ReadLayer:
    """Return the layer of neurons at the end of a way."""
    *_, name = names
    if found.before is not None:
        way = way.then(found.before, name=name)
    way = _with_axes(found, way, name)
    assert way.view is not None
    given = {key: way.each(one, name=name) for key, one in found.parameters.items()}
    own = found.own
    try:
        made = joined(way, bias=_own_bias(own, way, name))
        target = made.connection.target
        recurrent = None
        if isinstance(own, Kernel):
            made = with_own(made, own, name=name)
        elif own is not None:
            recurrent = recurrence(target, own, way, name=name)
        layer = RealLayer(
            weights=made.weights,
            neuron=found.definition,
            parameters=parameters_of(target, given),
            bias=made.bias,
            recurrent=recurrent,
            connection=made.connection,
            origins=made.origins,
        )
    except ValueError as error:
        raise DataError(f"{name}: {error}") from error
    return ReadLayer(layer=layer, names=names, view=way.view, after=found.after)


def _own_bias(
    own: Matrix | Scaling | Kernel | None, way: Way, name: str
) -> np.ndarray | float:
    """Return what is added to all currents with the layer's own spikes."""
    if own is None:
        return 0.0
    if isinstance(own, Kernel):
        return np.broadcast_to(own.bias, (len(own.weights),))[:, None, None]
    return way.each(own.bias if isinstance(own, Matrix) else own.shift, name=name)


def _with_axes(found: Found, way: Way, name: str) -> Way:
    """Return the way with the axes of the neurons, where only these say them."""
    if way.view is not None:
        return way
    known = [np.shape(one) for one in found.parameters.values()]
    if found.own is not None:
        own = found.own
        known.append(own.factor.shape if isinstance(own, Scaling) else own.weights.shape[:1])
    try:
        view = np.broadcast_shapes(*known)
    except ValueError:
        counts = sorted({" × ".join(map(str, one)) for one in known if one})
        raise DataError(f"{name} has values for {' and for '.join(counts)} neurons") from None
    if not view:
        raise DataError(f"{name}: nothing says how many neurons it has; give it a value for each")
    return way.seen(view, name=name)


def network_of(
    read: Sequence[ReadLayer], *, steps: int, readout: str | None
) -> RealNetwork:
    """Return the network of the layers of a chain, with an answer that is read as asked.

    Raises
    ------
    DataError
        No readout is given, or the last layer cannot be read so, such as a recurrent one by its
        membrane; or a layer but the last sends no spikes.
    """
    layers = [one.layer for one in read]
    last = read[-1]
    for one in read[:-1]:
        if not one.layer.definition.spikes:
            raise DataError(
                f"{one.names[-1]} never spikes, and sends its membrane on; only spikes are "
                "sent from layer to layer"
            )
    if readout is None:
        ways = "" if not last.layer.definition.spikes else (
            "readout='count' (most spikes), readout='first' (earliest spike), "
        )
        raise DataError(
            f"the network does not say how its answer is read; pass {ways}readout='last' (highest "
            "membrane after the last step) or readout='maximum' (highest membrane of all steps)"
        )
    if readout not in READOUTS:
        raise DataError(f"readout is {readout!r}; there are {', '.join(READOUTS)}")
    if readout in SPIKING and not layers[-1].definition.spikes:
        raise DataError(
            f"readout is {readout!r}, but {last.names[-1]} never spikes; pass readout='last' or "
            "'maximum'"
        )
    if readout not in SPIKING and layers[-1].definition.spikes:
        returning = any(one.back == 0 for one in layers[-1].origins)
        if layers[-1].recurrent is not None or returning:
            raise DataError(
                f"{last.names[-1]} takes its own spikes, and a last layer that is read by its "
                "membrane sends none; pass readout='count' or 'first', or add a layer without "
                "recurrence"
            )
        layers[-1] = replace(layers[-1], neuron=silent(layers[-1].definition))
    try:
        return RealNetwork(layers=tuple(layers), steps=steps, readout=readout)
    except ValueError as error:
        raise DataError(str(error)) from error
