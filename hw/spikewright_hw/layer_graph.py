"""The graph of a network: which layers hear which, and whether they fit each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .connection import Connection, FeatureMap, check_joined
from .definition.definition import Definition
from .origin import Hearing, Origin, Part

__all__ = ["GraphLayer", "Node", "bits_heard", "check_graph", "inputs_of"]


class GraphLayer(Protocol):
    """What the graph of a network knows of a layer, in integers or in real numbers."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of its connection, each with what it hears."""
        ...

    @property
    def connection(self) -> Connection:
        """Which inputs reach which neurons."""
        ...

    @property
    def definition(self) -> Definition:
        """Its neuron's."""
        ...

    @property
    def input_bits(self) -> int:
        """Bits of an input."""
        ...


@dataclass(frozen=True, kw_only=True)
class Node(Hearing):
    """A layer before there are weights."""

    connection: Connection
    definition: Definition
    input_bits: int
    origins: tuple[Origin, ...] = ()

    def __post_init__(self):
        self.settle_origins()


def check_graph(layers: Sequence[GraphLayer], *, steps: int) -> None:
    """Raise :exc:`ValueError`, naming the layer, unless the layers of a network fit each other.

    A part of a connection takes what the layer comes to that it hears, in as many steps as there
    are; each hidden layer is heard by a later one; inputs are graded for all that hear them, or for
    none.
    """
    if not any(origin.back == 1 for _, origin in layers[0].parts):
        raise ValueError("layers[0].origins has no input of the network; the first layer hears it")
    for index, layer in enumerate(layers):
        for number in range(len(layer.parts)):
            _check_part(layers, index, number, steps=steps)
        _check_graded(layers, index)
    for index in range(len(layers) - 1):
        if not any(
            later - origin.back == index
            for later in range(index + 1, len(layers))
            for _, origin in layers[later].parts
        ):
            raise ValueError(
                f"layers[{index}] is heard by no later layer; leave it out, or let one hear it"
            )


def _check_part(
    layers: Sequence[GraphLayer], index: int, number: int, *, steps: int
) -> None:
    layer, at = layers[index], f"layers[{index}].origins[{number}]"
    part, origin = layer.parts[number]
    if origin.back == 0 and not layer.definition.spikes:
        raise ValueError(
            f"{at}.back is 0, the layer itself, and {layer.definition.name} never spikes"
        )
    heard = index - origin.back
    if heard < -1:
        raise ValueError(
            f"{at}.back is {origin.back}, which is before the inputs; layers[{index}] hears "
            f"{index + 1} back at most"
        )
    if max(origin.each) >= steps:
        raise ValueError(
            f"{at}.delays reach {max(origin.each)} steps, and the network runs {steps}; a spike "
            f"that is as late never arrives: take more steps, or delays of at most {steps - 1}"
        )
    taken = part.source
    made = inputs_of(layers) if heard < 0 else layers[heard].connection.target
    if heard < 0 and taken == made:
        return
    if heard >= 0 and len(layer.parts) == 1 and origin.back == 1:
        check_joined(index, taken=taken, made=made)
    elif len(taken) != len(made) or (not taken.is_flat and taken != made):
        what, verb = ("the inputs", "are") if heard < 0 else (f"layers[{heard}]", "has")
        raise ValueError(
            f"{at}: its connection takes {taken}, but {what} {verb} {made}"
            + " in another order" * (taken.sides == made.sides)
        )


def inputs_of(layers: Sequence[GraphLayer]) -> FeatureMap:
    """Return the shape of the inputs: the first map that a layer takes them for, if one does."""
    sources = [
        part.source
        for index, layer in enumerate(layers) for part, origin in layer.parts
        if origin.back == index + 1
    ]
    return next((source for source in sources if not source.is_flat), sources[0])


def bits_heard(origins: Sequence[Sequence[Origin]], *, input_bits: int) -> tuple[int, ...]:
    """Return the bits of an input of each layer: 1 of one that hears no input of the network.

    A layer without origins hears the one before it.
    """
    return tuple(
        input_bits if any(one.back == index + 1 for one in given or (Origin(),)) else 1
        for index, given in enumerate(origins)
    )


def _check_graded(layers: Sequence[GraphLayer], index: int) -> None:
    layer, at = layers[index], f"layers[{index}]"
    of_inputs = [index - origin.back == -1 for _, origin in layer.parts]
    if not any(of_inputs):
        if layer.input_bits > 1:
            raise ValueError(
                f"{at}.input_bits is {layer.input_bits}, and it hears no input; what it hears are "
                "spikes: 1"
            )
        return
    if layer.input_bits != layers[0].input_bits:
        raise ValueError(
            f"{at}.input_bits is {layer.input_bits}, and layers[0] takes the same inputs with "
            f"{layers[0].input_bits}; inputs are graded for all layers that hear them, or are "
            "spikes"
        )
