"""The shape of a network that is trained, and its number formats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from spikewright_hw.checks import (
    Rule,
    flag,
    instance,
    mapping,
    numbers,
    one_of,
    optional,
    real,
    settle,
    shown,
    whole,
    wholes,
)
from spikewright_hw.connection import Connection, Dense, FeatureMap
from spikewright_hw.fixed import Format
from spikewright_hw.layer import MEMBRANE_BITS, MOST_INPUT_BITS, MOST_NEURONS, MOST_WEIGHTS
from spikewright_hw.layer_graph import Node, bits_heard, check_graph, inputs_of
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.origin import MOST_DELAY, Origin, origins_rule
from spikewright_hw.readout import READOUTS, SPIKING

from .choices import NORMALISATIONS, SCALES, SPREADS, SURROGATE_NAMES, check_hidden
from .of_layers import each_layer, of_layers

__all__ = ["MEMBRANE", "ModelConfig"]

#: Default format of the membranes. Eight integer bits hold all but a few strongly inhibited ones.
MEMBRANE = Format(8, 4)

#: Parameters of the default readout of membranes.
_LEAK = {"decay": 1 - 2**-5}


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The shape of a network and its number formats.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden layers, outputs.
    neuron : str
        Definition of the hidden neurons.
    parameters : mapping of str to float
        Their parameters in real numbers; those not given take their defaults.
    readout : str
        What the outputs are, one of :data:`spikewright_hw.readout.READOUTS`: of the last layer's
        membranes the ``last`` or the ``maximum``, of its spikes the ``count`` or how early the
        ``first`` is.
    readout_neuron : str, optional
        Definition of the last layer's neurons: of one that never spikes for a readout of membranes,
        ``li`` unless given; of one that spikes for a readout of spikes, the hidden one unless
        given.
    readout_parameters : mapping of str to float, optional
        Their parameters; unless given, those of the hidden neurons if they are of the same
        definition, and of ``li`` a leak of 1/32.
    bias : bool
        Whether each neuron has a learned bias, a current of every step.
    input_bits : int
        Bits of an input: 1 for spikes, 2 to 8 for graded inputs. In real numbers the largest input
        is 1.
    weight_bits : int or sequence of int
        Of all layers, or of each: 2 to 8; 2 are ternary weights, -1, 0 and 1.
    scales : str
        Of neurons whose levels are counted in weight steps. ``layer``: all weights of a layer have
        one size of a step, and its neurons one threshold. ``channel``: each neuron of a hidden
        layer, or each channel of a map, has its own. ``power_of_two``: one of a layer, with which
        the threshold is a power of two.
    membrane : Format or sequence of Format
        Of all layers, or of each, in weight steps. Of a layer that hears graded inputs its point
        lies so many bits further right, as the largest input times a weight step then is what a
        weight step is elsewhere; see :attr:`membranes`.
    connections : tuple of Connection, optional
        From the inputs to each layer, of ``sizes``; dense ones of inputs without a place if not
        given. :func:`spikewright_hw.network_name.named_layers` makes them, and the origins, of a
        short name.
    origins : tuple of tuples of Origin, optional
        What each layer hears, as :class:`~spikewright_hw.layer.Layer` has them; the layer before if
        not given.
    delays : str
        What the delays of ``origins`` are: ``fixed``, each with weights of its own; or of layers
        that hear the layer before by every delay from 0 to a longest one, ``linear`` or
        ``gaussian``: each synapse has one weight, and a delay that is learned, spread so over the
        steps around it until it is rounded on the grid.
    normalisation : str
        What the currents of hidden layers are normalised by in real numbers, one of
        :data:`~spikewright.network.choices.NORMALISATIONS`: ``none``, ``batch``, ``tdbn``, ``tebn``
        or ``layer``. All but ``layer``, which cannot be quantised, go into weights, biases and
        neurons before the network is quantised. Normalised layers have biases.
    surrogate : str
        What stands for the derivative of a spike, a key of
        :data:`~spikewright.network.surrogate.SURROGATES`.
    surrogate_width : float
        Distance from the threshold, relative to that of the rest, over which the arc tangent's
        gradient falls to about a third; others are as high as it, and half as high where it is.
    learn_surrogate : bool
        Whether the surrogate's slope, 1 over its width, is learned while real numbers are trained:
        one of the network, from ``surrogate_width`` on. That of ``asgl`` always is.

    Raises
    ------
    ValueError
        A field is of another kind or out of its range; the message names it.
    """

    sizes: tuple[int, ...] = (64, 128, 10)
    neuron: str = "lif"
    parameters: Mapping[str, float] = field(
        default_factory=lambda: {"decay": 1 - 2**-5}, hash=False
    )
    readout: str = "last"
    readout_neuron: str | None = None
    readout_parameters: Mapping[str, float] | None = field(default=None, hash=False)
    bias: bool = False
    input_bits: int = 1
    weight_bits: int | Sequence[int] = 4
    scales: str = "layer"
    membrane: Format | Sequence[Format] = MEMBRANE
    connections: tuple[Connection, ...] | None = None
    origins: tuple[tuple[Origin, ...], ...] | None = None
    delays: str = "fixed"
    normalisation: str = "none"
    surrogate: str = "arc_tangent"
    surrogate_width: float = 0.33
    learn_surrogate: bool = False

    def __post_init__(self):
        settle(
            self,
            sizes=wholes(1, MOST_NEURONS),
            neuron=_neuron(spikes=True),
            parameters=mapping,
            readout=one_of(READOUTS),
            readout_neuron=optional(one_of(DEFINITIONS)),
            readout_parameters=optional(mapping),
            bias=flag,
            input_bits=whole(1, MOST_INPUT_BITS),
            weight_bits=of_layers(whole(2, 8)),
            scales=one_of(SCALES),
            membrane=of_layers(instance(Format)),
            delays=one_of(("fixed", *SPREADS)),
            normalisation=one_of(NORMALISATIONS),
            surrogate=one_of(SURROGATE_NAMES),
            surrogate_width=real(),
            learn_surrogate=flag,
            connections=optional(_connections),
            origins=optional(_origins),
        )
        if len(self.sizes) < 2:
            raise ValueError(f"sizes is {self.sizes}; it needs inputs and outputs")
        self._check_connections()
        each_layer("weight_bits", self.weight_bits, layers=len(self.wires))
        if max(one.rows * one.lanes for one in self.wires) > MOST_WEIGHTS:
            raise ValueError(f"sizes is {self.sizes}; a layer has at most {MOST_WEIGHTS} weights")
        check_hidden(self.normalisation, layers=len(self.sizes) - 1)
        if self.surrogate_width <= 0:
            raise ValueError(f"surrogate_width is {self.surrogate_width}; it must be above 0")
        if self.learn_surrogate and self.surrogate == "straight_through":
            raise ValueError(
                "surrogate is 'straight_through', which has no width, and so none that is learned; "
                "take another one, or leave learn_surrogate= out"
            )
        given = each_layer("membrane", self.membrane, layers=len(self.wires))
        for form, made in zip(given, self.membranes, strict=True):
            if (bits := max(form.width, made.width)) > MEMBRANE_BITS:
                raise ValueError(
                    f"membrane is {form}, {bits} bits; a membrane has at most {MEMBRANE_BITS}"
                )
        if self.delays != "fixed" and not any(late for late in self.latest):
            raise ValueError(
                f"delays is {self.delays!r}, but no layer hears the layer before by every delay "
                "from 0 on, such as 64@0,1,2,3"
            )
        self._check_readout()
        self._settle_parameters("parameters", self.neuron)
        if self.readout_parameters is not None:
            self._settle_parameters("readout_parameters", self.layers[-1][0])

    def _check_connections(self) -> None:
        wires = self.wires
        if len(wires) != len(self.sizes) - 1:
            made = len(wires[0].source), *(len(one.target) for one in wires)
            raise ValueError(f"connections are of sizes {made}, and sizes is {self.sizes}")
        if self.origins is not None and len(self.origins) != len(wires):
            raise ValueError(
                f"origins has {len(self.origins)} entries; there are {len(wires)} layers"
            )
        nodes = self.nodes
        check_graph(nodes, steps=MOST_DELAY + 1)  # how many there are, the coding says
        made = len(inputs_of(nodes)), *(len(one.target) for one in wires)
        if made != self.sizes:
            raise ValueError(f"connections are of sizes {made}, and sizes is {self.sizes}")

    @property
    def heard(self) -> tuple[tuple[Origin, ...], ...]:
        """The origins of each layer; none of one that hears the layer before."""
        return self.origins or ((),) * len(self.wires)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The layers, before there are weights."""
        return tuple(
            Node(connection=one, definition=DEFINITIONS[name], origins=origins, input_bits=bits)
            for one, (name, _), origins, bits in zip(
                self.wires, self.layers, self.heard, self.bits, strict=True
            )
        )

    @property
    def bits(self) -> tuple[int, ...]:
        """Bits of an input of each layer; 1 of one that hears spikes alone."""
        return bits_heard(self.heard, input_bits=self.input_bits)

    @property
    def latest(self) -> tuple[int, ...]:
        """The longest of each layer's delays that are learned; 0 where they are not."""
        if self.delays == "fixed":
            return (0,) * len(self.wires)
        return tuple(
            _latest(one, origins) for one, origins in zip(self.wires, self.heard, strict=True)
        )

    @property
    def wires(self) -> tuple[Connection, ...]:
        """The connection of each layer."""
        if self.connections is not None:
            return self.connections
        return tuple(
            Dense(source=FeatureMap(channels=before), neurons=after)
            for before, after in pairwise(self.sizes)
        )

    def _check_readout(self) -> None:
        last = DEFINITIONS[self.layers[-1][0]]
        if last.spikes != (self.readout in SPIKING):
            spiking = self.readout in SPIKING
            wanted = "spikes, such as lif" if spiking else "never spikes, such as li"
            raise ValueError(
                f"readout_neuron is {last.name!r}; the readout {self.readout!r} needs a neuron "
                f"that {wanted}"
            )

    def _settle_parameters(self, name: str, neuron: str) -> None:
        given = getattr(self, name)
        values = {key: numbers(f"{name}.{key}", one) for key, one in given.items()}
        try:
            DEFINITIONS[neuron].values(values)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        object.__setattr__(self, name, values)

    @property
    def membranes(self) -> tuple[Format, ...]:
        """The format of each layer's membrane."""
        more = self.input_bits
        each = each_layer("membrane", self.membrane, layers=len(self.wires))
        return tuple(
            Format(form.integer + more, max(0, form.fraction - more)) if bits > 1 else form
            for form, bits in zip(each, self.bits, strict=True)
        )

    @property
    def widths(self) -> tuple[int, ...]:
        """Bits of the weights of each layer."""
        return each_layer("weight_bits", self.weight_bits, layers=len(self.wires))

    @property
    def layers(self) -> tuple[tuple[str, Mapping[str, float]], ...]:
        """The neuron of each layer, and its parameters."""
        hidden = self.neuron, self.parameters
        last = self.readout_neuron
        if last is None:
            last = self.neuron if self.readout in SPIKING else "li"
        given = self.readout_parameters
        if given is None:
            given = self.parameters if last == self.neuron else _LEAK if last == "li" else {}
        return *[hidden] * (len(self.sizes) - 2), (last, given)


def _latest(connection: Connection, origins: tuple[Origin, ...]) -> int:
    """Return how late a layer hears the layer before, if that is by every delay from 0 on."""
    parts = connection.branches
    every = len(origins) == len(parts) and all(
        isinstance(part, Dense) and origin.back == 1 and origin.delays == late
        for late, (part, origin) in enumerate(zip(parts, origins, strict=True))
    )
    return len(parts) - 1 if every else 0


def _connections(name: str, value: Any) -> tuple[Connection, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"{name} is {shown(value)}; it must be a list of connections")
    of_layer = instance(Connection)
    return tuple(of_layer(f"{name}[{index}]", one) for index, one in enumerate(value))


def _origins(name: str, value: Any) -> tuple[tuple[Origin, ...], ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is {shown(value)}; it must be a list of origins of each layer")
    return tuple(origins_rule(f"{name}[{index}]", one) for index, one in enumerate(value))


def _neuron(*, spikes: bool) -> Rule:
    return one_of([name for name, one in DEFINITIONS.items() if one.spikes == spikes])
