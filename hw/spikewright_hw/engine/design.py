"""Designs: which engine a network is built as, and how large.

A design is a description: the engines, which are gateware, are imported when one is made.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..checks import Rule, instance, one_of, optional, settle, whole
from ..layer import MOST_NEURONS
from ..network import Network
from ..protocol import OPTIONAL, Command
from .each_layer import banks_of, block_bits_of, lanes_of, shares_of
from .folding import folded_network
from .ram_style import RamStyle, check_ram_style
from .streams import Streams, check_network
from .weight_image import WeightImage, Weights, check_weights, weight_images

if TYPE_CHECKING:
    from .event import EventEngine
    from .stochastic import StochasticEngine

__all__ = ["Design", "EventDesign", "StochasticDesign"]

#: Most rows of weights at once: as many bits a neuron are counted in one cycle.
MOST_LANES = 256

#: Most banks of rows: as many weights of a neuron are added in one cycle.
MOST_BANKS = 64

Commands = Literal["all", "few"]
"""Commands of the link that a board of a design has."""

_OPTIONAL: dict[Commands, frozenset[Command]] = {"all": OPTIONAL, "few": frozenset()}


@dataclass(frozen=True, kw_only=True)
class EventDesign:
    """An event engine.

    Parameters
    ----------
    share : int or tuple of int
        Neurons per updater, of all layers or of each; a map has an updater for each lane of a word.
    banks : int or tuple of int
        Rows of weights in a cycle, of all dense layers or of each layer.
    fold : int or tuple of int, optional
        Neurons of a row of weights in a cycle, at most, of all dense layers or of each layer; all
        of them if not given.
    block_bits : int or tuple of int, optional
        Bits of a row of weights that lie in block RAM, at most, of all dense layers or of each
        layer, and the others in look-up tables; all of them if not given. Not where the weights
        are loaded.
    ram_style : str
        Where the trace of an inference lies, and sums and states of folded layers, one of
        :data:`~.ram_style.RAM_STYLES`.
    weights : str
        ``built``: the weights are in the gateware; ``loaded``: a host stores those of any network
        of the same shape, neurons and biases, when it opens the board.
    commands : str
        ``all`` commands of the link, or ``few``: a board without STATUS, RESET, RUN and RATE,
        which is smaller.
    """

    share: int | tuple[int, ...] = 4
    banks: int | tuple[int, ...] = 1
    fold: int | tuple[int, ...] | None = None
    block_bits: int | tuple[int, ...] | None = None
    ram_style: RamStyle = "auto"
    weights: Weights = "built"
    commands: Commands = "all"
    name: ClassVar[str] = "event"
    streams: ClassVar[None] = None

    def __post_init__(self):
        settle(
            self, share=_each(whole(1, MOST_NEURONS)), banks=_each(whole(1, MOST_BANKS)),
            fold=optional(_each(whole(1, MOST_NEURONS))),
            block_bits=optional(_each(whole(1, MOST_NEURONS))), commands=one_of(_OPTIONAL),
        )
        check_ram_style(self.ram_style)
        check_weights(self.weights)

    def __str__(self) -> str:
        banks = f", {_listed(self.banks)} banks" if self.banks != 1 else ""
        fold = f", folded to {_listed(self.fold)} neurons" if self.fold is not None else ""
        loaded = ", weights loaded" if self.weights == "loaded" else ""
        return f"event engine{banks}{fold}{loaded}{_without(self.optional)}"

    @property
    def optional(self) -> frozenset[Command]:
        """Of the commands that may be left out, those that a board has."""
        return _OPTIONAL[self.commands]

    def engine(self, network: Network) -> "EventEngine":
        """Return the engine of a network."""
        from .event import EventEngine

        return EventEngine(
            network=network, share=self.share, banks=self.banks, fold=self.fold,
            block_bits=self.block_bits, ram_style=self.ram_style, weights=self.weights,
        )

    def check(self, network: Network) -> None:
        """Raise :exc:`ValueError` for a size of another number of layers, or of no effect."""
        built = self.built(network)
        shares_of(built, self.share)
        banks_of(built, self.banks)
        block_bits_of(built, self.block_bits, weights=self.weights)

    def built(self, network: Network) -> Network:
        """Return the network with its layers as the engine has them, which computes the same."""
        return folded_network(network, self.fold)

    def digest(self, network: Network) -> bytes:
        """Return what a board of this design answers when it is asked what it computes.

        Where weights are loaded, that is any network whose weights lie in the same memories.
        """
        if self.weights == "built":
            return network.digest()
        widths = [(image.width, len(image.rows)) for image in self.images(network)]
        memories = json.dumps([widths, lanes_of(network, self.fold)])
        return hashlib.sha256(network.shape_digest() + memories.encode()).digest()

    def images(self, network: Network) -> tuple[WeightImage, ...]:
        """Return what a host stores in the engine's memories of weights, those of layer 0 first."""
        if self.weights == "built":
            return ()
        built = self.built(network)
        return weight_images(built, banks=banks_of(built, self.banks))

    def worst_cycles(self, network: Network) -> int:
        """Return a number of cycles that no inference exceeds."""
        from . import event

        return event.worst_cycles(
            network, share=self.share, banks=self.banks, fold=self.fold
        )


@dataclass(frozen=True, kw_only=True)
class StochasticDesign:
    """A stochastic engine.

    Parameters
    ----------
    streams : Streams
        Length, source and encoding of the bitstreams.
    lanes : int
        Rows of weights at once, a power of two of at most 256.
    share : int
        Neurons per updater.
    ram_style : str
        Where the trace of an inference lies, one of :data:`~.ram_style.RAM_STYLES`.
    commands : str
        ``all`` commands of the link, or ``few``: a board without STATUS, RESET, RUN and RATE,
        which is smaller.
    """

    streams: Streams = field(default_factory=Streams)
    lanes: int = 4
    share: int = 4
    ram_style: RamStyle = "auto"
    commands: Commands = "all"
    name: ClassVar[str] = "stochastic"

    def __post_init__(self):
        settle(self, streams=instance(Streams), lanes=whole(1, MOST_LANES))
        if self.lanes & (self.lanes - 1):
            raise ValueError(f"lanes is {self.lanes}; a layer has a power of two of them")
        settle(self, share=whole(1, MOST_NEURONS), commands=one_of(_OPTIONAL))
        check_ram_style(self.ram_style)

    def __str__(self) -> str:
        streams = self.streams
        encoding = streams.encoding.replace("_", "-")
        return (
            f"stochastic engine, {encoding} streams of {streams.length} bits, source "
            f"{streams.source}, {self.lanes} lane{'s' if self.lanes > 1 else ''}"
            f"{_without(self.optional)}"
        )

    @property
    def optional(self) -> frozenset[Command]:
        """Of the commands that may be left out, those that a board has."""
        return _OPTIONAL[self.commands]

    def engine(self, network: Network) -> "StochasticEngine":
        """Return the engine of a network. Raises :exc:`ValueError` if it cannot run on it."""
        from .stochastic import StochasticEngine

        return StochasticEngine(
            network=network,
            streams=self.streams,
            lanes=self.lanes,
            share=self.share,
            ram_style=self.ram_style,
        )

    def check(self, network: Network) -> None:
        """Raise :exc:`ValueError`, naming the layer and why, if the network cannot run on it."""
        check_network(self.streams, network)

    def built(self, network: Network) -> Network:
        """Return the network with its layers as the engine has them: as it is."""
        return network

    def images(self, network: Network) -> tuple[WeightImage, ...]:
        """Return what a host stores in the engine's memories of weights: nothing."""
        return ()

    def digest(self, network: Network) -> bytes:
        """Return what a board of this design answers when it is asked what it computes.

        The streams are part of it; lanes, sharing and memories change nothing that is computed.
        """
        streams = json.dumps(asdict(self.streams), sort_keys=True)
        return hashlib.sha256(network.digest() + streams.encode()).digest()

    def worst_cycles(self, network: Network) -> int:
        """Return a number of cycles that no inference exceeds."""
        from . import stochastic

        return stochastic.worst_cycles(network, self.streams, lanes=self.lanes, share=self.share)


Design = EventDesign | StochasticDesign


def _listed(sizes: int | tuple[int, ...]) -> str:
    """Return sizes as a sentence has them."""
    return " and ".join(map(str, [sizes] if isinstance(sizes, int) else sizes))


def _without(optional: frozenset[Command]) -> str:
    """Say which commands are left out, if any are."""
    names = [command.name for command in sorted(OPTIONAL - optional)]
    return f", without {', '.join(names[:-1])} and {names[-1]}" if names else ""


def _each(rule: Rule) -> Rule:
    """Make the rule of one number, or of several, kept as a tuple."""

    def check(name: str, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return rule(name, value)
        if not value:
            raise ValueError(f"{name} is {value}; it must be a number, or one for each layer")
        return tuple(rule(f"{name}[{at}]", one) for at, one in enumerate(value))

    return check
