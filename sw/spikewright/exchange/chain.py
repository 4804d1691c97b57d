"""From a chain of neurons and affine maps to a network in real numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from spikewright.errors import DataError
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright_hw.definition.definition import Value
from spikewright_hw.readout import READOUTS, SPIKING

from .affine import Affine
from .firing import silent
from .found import Found

__all__ = ["Piece", "ReadLayer", "chained", "network_of"]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A module or a node of a chain."""

    name: str
    what: Affine | Found


@dataclass(frozen=True, kw_only=True)
class ReadLayer:
    """A layer that was read, and the modules or nodes that it is made of.

    Parameters
    ----------
    layer : RealLayer
    names : tuple of str
        From the first to the neurons.
    after : Affine
        What is done to the layer's spikes before the next one hears them.
    """

    layer: RealLayer
    names: tuple[str, ...]
    after: Affine = field(default_factory=Affine.of)

    def __str__(self) -> str:
        return " → ".join(self.names)


def chained(pieces: Sequence[Piece], *, width: int | None = None) -> list[ReadLayer]:
    """Return the layers of a chain; maps between two neurons are folded into one matrix.

    Parameters
    ----------
    pieces : sequence of Piece
        From input to output.
    width : int, optional
        Values of the input, where neurons take it without a matrix.

    Raises
    ------
    DataError
        The chain does not end in neurons, or the width of a layer is not known or does not fit.
    """
    layers: list[ReadLayer] = []
    before, names = Affine.of(), []
    for piece in pieces:
        names.append(piece.name)
        if isinstance(piece.what, Affine):
            before = _joined(before, piece.what, piece.name, width)
            continue
        layers.append(_read_layer(piece.what, before, tuple(names), width))
        width = layers[-1].layer.neurons
        before, names = piece.what.after, []
    if (names and not before.identity) or not layers:
        raise DataError(
            f"{names[-1] if names else 'the network'} is followed by no neurons, so nothing says "
            "what becomes of its values; add neurons, or one that only integrates"
        )
    return layers


def _joined(first: Affine, second: Affine, name: str, width: int | None) -> Affine:
    """Return a map followed by another; ``width`` is that of what reaches the first."""
    takes = second.weights.shape[0] if second.weights.ndim else None
    reach = first.width if first.width not in (None, 1) else width
    if reach not in (None, takes) and takes not in (None, 1):
        raise DataError(f"{name} takes {takes} values, and {reach} reach it")
    return first.then(second)


def _read_layer(
    found: Found, before: Affine, names: tuple[str, ...], width: int | None
) -> ReadLayer:
    """Return the layer of neurons after all maps before them."""
    *_, name = names
    whole = _joined(before, found.before, name, width)
    counts = {whole.width, found.definition.neurons(found.parameters),
              found.own.width if found.own is not None else None} - {None, 1}
    neurons = whole.width or next(iter(counts), width)
    if neurons is None:
        raise DataError(f"{name}: nothing says how many neurons it has; give it a value for each")
    if counts - {neurons}:
        other = (counts - {neurons}).pop()
        raise DataError(f"{name} has values for {other} neurons, and {neurons} values reach it")
    bias = whole.bias
    recurrent = None
    if found.own is not None:
        recurrent, bias = found.own.matrix(neurons), bias + found.own.bias
    try:
        layer = RealLayer(
            weights=whole.matrix(neurons),
            neuron=found.definition,
            parameters={key: _once(value) for key, value in found.parameters.items()},
            bias=Affine(whole.weights, bias).biases(neurons),
            recurrent=recurrent,
        )
    except ValueError as error:
        raise DataError(f"{name}: {error}") from error
    return ReadLayer(layer=layer, names=names, after=found.after)


def _once(value: Value) -> Value:
    """Return one number for all neurons where theirs are equal."""
    return value[0] if isinstance(value, Sequence) and len(set(value)) == 1 else value


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
        if layers[-1].recurrent is not None:
            raise DataError(
                f"{last.names[-1]} takes its own spikes, and a last layer that is read by its "
                "membrane sends none; pass readout='count' or 'first', or add a layer without "
                "recurrence"
            )
        layers[-1] = RealLayer(
            weights=layers[-1].weights, neuron=silent(layers[-1].definition),
            parameters=layers[-1].parameters, bias=layers[-1].bias,
            recurrent=layers[-1].recurrent,
        )
    try:
        return RealNetwork(layers=tuple(layers), steps=steps, readout=readout)
    except ValueError as error:
        raise DataError(str(error)) from error
