"""From neurons, and affine maps between them, to a network in real numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from spikewright.errors import DataError
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright_hw.connection import FeatureMap
from spikewright_hw.readout import READOUTS, SPIKING

from .affine import Matrix, Scaling
from .firing import silent
from .flow import Flow, added, alike
from .found import Found
from .joined import joined, numbered, parameters_of, recurrence
from .kernel import Kernel
from .step import Step, View
from .way import Way

__all__ = ["INPUTS", "Piece", "ReadLayer", "layered", "network_of", "no_neurons"]

#: Stands for the inputs among the numbers of pieces.
INPUTS = -1


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A module or a node of a network, and what it hears.

    Parameters
    ----------
    name : str
    what : Step or Found
    hears : tuple of int
        The pieces whose values are added and reach it, by number, or :data:`INPUTS`.
    takes : View, optional
        The axes of the values that it was seen to take.
    returns : tuple of tuple of (str, Step)
        The ways by which the spikes of neurons return to them in the step after, each by the names
        and the steps that lie on it.
    """

    name: str
    what: Step | Found
    hears: tuple[int, ...]
    takes: View | None = None
    returns: tuple[tuple[tuple[str, Step], ...], ...] = ()


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


def layered(pieces: Sequence[Piece], *, inputs: View | None = None) -> list[ReadLayer]:
    """Return the layers of pieces; what lies between neurons becomes one connection.

    Parameters
    ----------
    pieces : sequence of Piece
        Each after those that it hears; the last layer of neurons is that of the outputs.
    inputs : View, optional
        Axes of the input, where something takes it that does not say them.

    Raises
    ------
    DataError
        What neurons send, or what weights make, reaches no neurons; the axes of a layer are not
        known; or what reaches it does not fit.
    """
    layers: list[ReadLayer] = []
    flows = [Flow((Way.of_inputs(inputs),))]
    passed: list[tuple[int, ...]] = [()]  # the pieces since the neurons before
    for number, piece in enumerate(pieces):
        flow = added([flows[at + 1] for at in piece.hears], name=piece.name)
        along = sorted({one for at in piece.hears for one in passed[at + 1]} | {number})
        if piece.takes is not None:
            flow = flow.seen(piece.takes, name=piece.name)
        if isinstance(piece.what, Found):
            names = tuple(pieces[at].name for at in along)
            layers.append(_read_layer(piece.what, piece, flow, names, len(layers)))
            read = layers[-1]
            flow = Flow((Way.of_neurons(
                piece.name, read.layer.connection.target, read.view, layer=len(layers) - 1
            ),)).then(piece.what.after, name=piece.name)
            along = []
        else:
            flow = flow.then(piece.what, name=piece.name)
        flows.append(flow)
        passed.append(tuple(along))
    _check_ends(pieces, flows[1:], layers)
    return layers


def _check_ends(
    pieces: Sequence[Piece], flows: Sequence[Flow], layers: Sequence[ReadLayer]
) -> None:
    """Refuse values that reach no neurons, and neurons but the last that no others hear."""
    heard = {at for piece in pieces for at in piece.hears}
    for number, (piece, flow) in enumerate(zip(pieces, flows, strict=True)):
        if number in heard or isinstance(piece.what, Found):
            continue
        first, *others = flow.ways
        if others or not first.is_identity or not layers:
            raise no_neurons(piece.name)
    if not layers:
        raise no_neurons("the network")
    for number, read in enumerate(layers[:-1]):
        if not any(
            later - origin.back == number
            for later in range(number + 1, len(layers))
            for origin in layers[later].layer.origins
        ):
            raise DataError(
                f"{read.names[-1]} is heard by no neurons, and {layers[-1].names[-1]} is the "
                "last layer; a network has one output, so leave the others out"
            )


def no_neurons(name: str) -> DataError:
    """Return the error of a network whose last piece makes values that reach no neurons."""
    return DataError(
        f"{name} is followed by no neurons, so nothing says what becomes of its values; add "
        "neurons, or one that only integrates"
    )


def _read_layer(
    found: Found, piece: Piece, flow: Flow, names: tuple[str, ...], number: int
) -> ReadLayer:
    """Return the layer of neurons that a flow reaches."""
    name = piece.name
    if found.before is not None:
        flow = flow.then(found.before, name=name)
    flow = _with_axes(found, flow, name)
    way, *_ = flow.ways
    assert way.view is not None
    given = {key: way.each(one, name=name) for key, one in found.parameters.items()}
    try:
        target = _target(flow, name)
        ways = [*flow.ways, *_returning(found, piece, target, way.view, number)]
        made = joined(ways, layer=number, bias=_own_bias(found.own, way, name), name=name)
        recurrent = None
        if isinstance(found.own, Matrix | Scaling):
            recurrent = recurrence(target, found.own, way, name=name)
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


def _target(flow: Flow, name: str) -> FeatureMap:
    """Return the map of the neurons that a flow reaches."""
    way, *_ = alike(flow.ways, name=name)
    channels, height, width = way.sides
    return FeatureMap(channels=channels, height=height, width=width)


def _returning(
    found: Found, piece: Piece, target: FeatureMap, view: View, number: int
) -> list[Way]:
    """Return the ways from a layer's own spikes to it, a step later or more."""
    ways = []
    own = [((piece.name, found.own),)] if isinstance(found.own, Kernel) else []
    for steps in (*own, *piece.returns):
        way = Way.of_neurons(piece.name, target, view, layer=number, delays=1)
        for name, step in steps:
            way = way.then(step, name=name)
        if way.sides != target.sides:
            raise DataError(
                f"{piece.name} hears itself by {way.after}, which comes to "
                f"{' × '.join(map(str, way.sides))}, and its neurons are {target}"
            )
        ways.append(way)
    return ways


def _own_bias(
    own: Matrix | Scaling | Kernel | None, way: Way, name: str
) -> np.ndarray | float:
    """Return what is added to all currents with what neurons hear of themselves by an input."""
    if own is None or isinstance(own, Kernel):
        return 0.0
    return way.each(own.bias if isinstance(own, Matrix) else own.shift, name=name)


def _with_axes(found: Found, flow: Flow, name: str) -> Flow:
    """Return the flow with the axes of the neurons, where only these say them."""
    if flow.view is not None:
        return flow
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
    return flow.seen(view, name=name)


def network_of(
    read: Sequence[ReadLayer], *, steps: int, readout: str | None
) -> RealNetwork:
    """Return the network of layers, with an answer that is read as asked.

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
