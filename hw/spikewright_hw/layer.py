"""A layer of a quantised network: a connection, its integer weights, and neurons at a format.

Units: a layer's current is the plain sum of the weights, each times its input, in weight steps; one
weight step is ``2**-exponent`` in the unit of the membrane and of the neuron's levels. An input is
1 where there is a spike, or a whole number of some bits where the layer takes graded inputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from .checks import (
    instance,
    mapping,
    matrix,
    numbers,
    one_of,
    optional,
    settle,
    whole,
    wholes,
)
from .connection import Connection, Dense, FeatureMap, connection_to_data
from .connection.feature_map import MOST_NEURONS
from .definition.definition import Definition, Value
from .definition.fixed_point import Arithmetic, FixedNeuron
from .definition.graph import listing
from .definition.interval import Interval
from .fixed import Format
from .layer_rules import (
    MEMBRANE_BITS,
    MOST_WEIGHTS,
    NetworkError,
    Rows,
    check_bias,
    check_connection,
    check_parameters,
    check_recurrent,
    check_rows,
)
from .neuron import DEFINITIONS
from .origin import Hearing, Origin, origins_rule, origins_to_data

__all__ = [
    "MEMBRANE_BITS", "MOST_BIAS", "MOST_INPUT_BITS", "MOST_NEURONS", "MOST_WEIGHTS", "Layer",
    "NetworkError", "Rows",
]

#: Largest bias, either way: what 32 bits hold.
MOST_BIAS = (1 << 31) - 1

#: Most bits of a graded input: what images and recordings come in, after their offset.
MOST_INPUT_BITS = 8

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True)
class Layer(Hearing):
    """A connection, and the neurons that it reaches. A layer that exists is valid.

    Parameters
    ----------
    weights : tuple of tuples of int
        ``weights[row][lane]``: the rows of the connection, as an engine reads them. Of a dense
        layer that is ``weights[input][neuron]``. Lists and arrays of integers are taken as well,
        and become tuples.
    weight_bits : int
        2 to 8. Weights lie in the symmetric range ``±(2**(bits-1) - 1)``.
    neuron : str or Definition
        Name of a neuron definition, a key of :data:`spikewright_hw.neuron.DEFINITIONS`, or any
        definition; one that is registered becomes its name.
    parameters : mapping of str to float or tuple of float
        The definition's parameters, real numbers in the units that it names; a tuple has one for
        each neuron, or for each channel of the neurons. Those not given are filled in with their
        defaults.
    membrane : Format
        Format of the membrane; its state ``v`` has at most 32 bits.
    exponent : int
        One weight step is ``2**-exponent`` in the membrane's unit; 0 to ``membrane.fraction``.
    rounding, saturation : str
        Of the states, as in :class:`~spikewright_hw.definition.fixed_point.Arithmetic`.
    recurrent : tuple of tuples of int, optional
        ``recurrent[neuron before][neuron]``: weights from the layer's own spikes of the step
        before, as many bits each as ``weights``. For a neuron with an input that sums them.
    bias : tuple of int, optional
        What is added to the current of each neuron, or of the neurons of each channel, in every
        step, in steps of the membrane's format: finer than a weight step. Of a neuron with an
        excitatory and an inhibitory input, a positive bias goes to the one, a negative bias to the
        other; an input that sums recurrent weights has none. Zeros alone become None.
    input_bits : int
        1 for inputs that are spikes; 2 to 8 for graded inputs, each a whole number from 0 to
        ``2**input_bits - 1`` that multiplies its weights. Of a layer that hears other spikes, too,
        those count 1 as ever.
    connection : Connection, optional
        Which events add which weights to which neurons. A dense one of inputs without a place, as
        it is if not given, follows from the weights.
    origins : tuple of Origin, optional
        Which layers the connection hears, and how many steps later: one for each part of a
        :class:`~spikewright_hw.connection.Joined` connection, one of any other. If not given, the
        layer before, in the same step. An input of a part is one of its sources.

    Raises
    ------
    NetworkError
        A field is of another kind or out of its range, or fields do not fit each other; the message
        names the field.
    """

    weights: Rows
    weight_bits: int
    neuron: str | Definition = field(hash=False)
    parameters: Mapping[str, Value] = field(hash=False)
    membrane: Format
    exponent: int = 0
    rounding: Literal["half_up", "floor"] = "half_up"
    saturation: Literal["full", "symmetric", "positive"] = "full"
    recurrent: Rows | None = None
    bias: tuple[int, ...] | None = None
    input_bits: int = 1
    connection: Connection = None  # type: ignore[assignment]  # a dense one, once it is settled
    origins: tuple[Origin, ...] = ()

    def __post_init__(self):
        try:
            self._settle()
        except ValueError as error:
            raise NetworkError(str(error)) from error
        check_connection(self)
        check_parameters(self)
        check_recurrent(self)
        check_bias(self)
        if self.bias is not None and not any(self.bias):
            object.__setattr__(self, "bias", None)

    def _settle(self) -> None:
        """Check each field by itself."""
        settle(
            self,
            weights=matrix,
            weight_bits=whole(2, 8),
            neuron=_neuron,
            parameters=mapping,
            membrane=instance(Format),
            recurrent=optional(matrix),
            bias=optional(wholes(-MOST_BIAS, MOST_BIAS)),
            input_bits=whole(1, MOST_INPUT_BITS),
            connection=optional(instance(Connection)),
            origins=origins_rule,
        )
        if self.connection is None or self.is_flat:
            check_rows(self, "weights", self.weights)
            source, neurons = FeatureMap(channels=len(self.weights)), len(self.weights[0])
            object.__setattr__(self, "connection", Dense(source=source, neurons=neurons))
        self.settle_origins()
        settle(self, exponent=whole(0, self.membrane.fraction))
        Arithmetic(format=self.membrane, rounding=self.rounding, saturation=self.saturation)
        known = self.definition.parameters
        given = {name: numbers(f"parameters.{name}", one) for name, one in self.parameters.items()}
        defaults = {name: parameter.default for name, parameter in known.items()}
        object.__setattr__(self, "parameters", defaults | given)

    @property
    def definition(self) -> Definition:
        """The neuron's definition."""
        return DEFINITIONS[self.neuron] if isinstance(self.neuron, str) else self.neuron

    @property
    def inputs(self) -> int:
        """Number of presynaptic inputs, those of all parts of the connection."""
        return len(self.connection.source)

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.connection.target)

    @property
    def is_dense(self) -> bool:
        """Whether each input has a row of its own, with a weight for each neuron."""
        return isinstance(self.connection, Dense)

    @property
    def is_flat(self) -> bool:
        """Whether it is dense, and its inputs are without a place."""
        connection = self.connection
        return isinstance(connection, Dense) and connection.source.is_flat

    @property
    def events(self) -> int:
        """Number of what may spike in a step: the inputs, and the neurons where they return."""
        return self.inputs + len(self.recurrent or ())

    @property
    def rows(self) -> Rows:
        """The rows of a dense layer by event: one for each input, then the recurrent ones."""
        if not self.is_dense:
            raise TypeError("the events of this layer have taps, not rows")
        return self.weights + (self.recurrent or ())

    def operations(self, event: int) -> int:
        """Return the synaptic operations of an event, which is an input or, after them, a neuron.

        Each is the addition of one weight to the current of one neuron.
        """
        return self.connection.operations(event) if event < self.inputs else self.neurons

    @property
    def most_input(self) -> int:
        """Greatest value of an input of the network: 1 where these are spikes."""
        return (1 << self.input_bits) - 1

    @property
    def weight_range(self) -> tuple[int, int]:
        """Least and greatest weight; the range is symmetric."""
        most = (1 << self.weight_bits - 1) - 1
        return -most, most

    @property
    def shift(self) -> int:
        """Low zero bits that make a sum of weights a stored current."""
        return self.membrane.fraction - self.exponent

    @cached_property
    def fixed(self) -> FixedNeuron:
        """The neuron in integers, with the constants of each of the :attr:`kinds`.

        Raises :exc:`ValueError` where it cannot be compiled.
        """
        arithmetic = Arithmetic(
            format=self.membrane, rounding=self.rounding, saturation=self.saturation
        )
        most = self._most_current
        parameters = {
            name: self._of_each(value) if isinstance(value, tuple) else value
            for name, value in self.parameters.items()
        }
        return FixedNeuron.of(
            self.definition, arithmetic, parameters,
            inputs=dict.fromkeys(self.definition.inputs, Interval(-most, most)),
        )

    @property
    def _most_current(self) -> int:
        """What no stored current exceeds, whatever the weights, and whatever bias they train with.

        So the tables of a neuron stay the same while its layer is trained.
        """
        fan_in = self.connection.fan_in
        rows = max(fan_in * self.most_input, len(self.recurrent or ()), self._most_own)
        bias = max(map(abs, (self.membrane.min, *(self.bias or ()))))
        return 1 << ((rows << self.weight_bits - 1 + self.shift) + bias).bit_length()

    @property
    def _most_own(self) -> int:
        """Neurons of a dense layer: what it may hear of itself, were it recurrent."""
        return self.neurons if self.connection.reaches_all else 0

    def contributions(self, input: str) -> Rows:
        """Return what each row adds to one of the neuron's inputs, in weight steps.

        The rows are those of :attr:`weights`, and then those of :attr:`recurrent`.
        """
        source = self.definition.inputs[input].source
        return tuple(
            _contributions(source, row, own=own)
            for own, rows in ((False, self.weights), (True, self.recurrent or ()))
            for row in rows
        )

    @property
    def kinds(self) -> int:
        """How many neurons, from the first on, may differ in their constants.

        Those after them repeat them: neuron ``n`` has the constants of neuron ``n % kinds``. These
        are the channels, or all neurons where a parameter or the bias has a value for each.
        """
        given = [*self.parameters.values(), self.bias]
        lengths = [len(values) for values in given if isinstance(values, tuple)]
        return max(self.connection.target.channels, *lengths, 0)

    def biases(self, input: str) -> tuple[int, ...]:
        """Return what the bias adds to one of the inputs, a stored current, of each of the kinds.

        See :attr:`kinds`.
        """
        source = self.definition.inputs[input].source
        of_each = self._of_each(self.bias or (0,))
        return tuple(_contribution(source, bias, own=False) for bias in of_each)

    def _of_each(self, values: Sequence[_Number]) -> tuple[_Number, ...]:
        """Return the value of each of the kinds, of one for all, or for each channel or neuron."""
        return tuple(values) * (self.kinds // len(values))

    def sums(self, input: str) -> Interval:
        """Return the least and the greatest sum of one of the neuron's inputs, in weight steps."""
        ends = self._sums[input]
        return Interval(min(low for low, _ in ends), max(high for _, high in ends))

    def reach(self, input: str) -> Interval:
        """Return the least and the greatest stored current of one of the neuron's inputs.

        Of a layer that is not dense, that of any neuron with any bias of the layer.
        """
        biases = self.biases(input)
        sums = self._sums[input]
        if not self.is_dense:
            least, most = zip(*sums, strict=True)
            sums, biases = [(min(least), max(most))] * 2, (min(biases), max(biases))
        ends = [
            ((low << self.shift) + bias, (high << self.shift) + bias)
            for (low, high), bias in zip(sums, biases, strict=True)
        ]
        return Interval(min(low for low, _ in ends), max(high for _, high in ends))

    @cached_property
    def _sums(self) -> dict[str, list[tuple[int, int]]]:
        """By input: the least and the greatest sum, in weight steps.

        Of each neuron of a dense layer; of another one, of each lane of words that have the same
        rows. Every register of a sum asks for it, so it is worked out once.
        """
        return {name: self._sums_of(name) for name in self.definition.inputs}

    def _sums_of(self, input: str) -> list[tuple[int, int]]:
        contributions = self.contributions(input)
        forward, own = contributions[: len(self.weights)], contributions[len(self.weights) :]
        found, of_row = [], self.greatest
        for fan in self.connection.fans:
            # A word that no row reaches has sums of zero.
            rows = [forward[row] for row in fan] or [(0,) * self.connection.lanes]
            greatest = [of_row[row] for row in fan] or [0]
            greatest += [1] * len(own)
            found += [
                (sum(min(weight, 0) * most for weight, most in zip(column, greatest, strict=True)),
                 sum(max(weight, 0) * most for weight, most in zip(column, greatest, strict=True)))
                for column in zip(*rows, *own, strict=True)
            ]
        return found

    def gateware(self) -> dict:
        """Return all that the gateware of the layer depends on, as JSON has it."""
        fixed = self.fixed
        # Not of spikes, so that a board that was built before there were graded inputs stays valid.
        graded = {"input_bits": self.input_bits} if self.input_bits > 1 else {}
        # Nor of a dense layer without a map, for the same reason.
        kind = {} if self.is_flat else {"connection": connection_to_data(self.connection)}
        # Nor of what hears the layer before.
        heard = {} if self.is_plain else {"origins": origins_to_data(self.origins)}
        return graded | kind | heard | {
            "weights": self.weights,
            "recurrent": self.recurrent,
            "bias": self.bias,
            "weight_bits": self.weight_bits,
            "shift": self.shift,
            "inputs": {name: one.source for name, one in fixed.definition.inputs.items()},
            "update": listing(fixed.update),
            "vectors": dict(fixed.vectors),
            "formats": {name: str(form) for name, form in fixed.formats.items()},
            "bounds": dict(fixed.bounds),
            "start": {
                name: [fixed.start(name, neuron=neuron) for neuron in range(self.kinds)]
                for name in fixed.formats
            },
        }


def _neuron(name: str, value: Any) -> str | Definition:
    """Take a registered neuron by its name or its definition, and any other definition as it is."""
    if not isinstance(value, Definition):
        return one_of(DEFINITIONS)(name, value)
    return value.name if DEFINITIONS.get(value.name) is value else value


def _contributions(source: str, row: tuple[int, ...], *, own: bool) -> tuple[int, ...]:
    if own != (source == "recurrent"):
        return (0,) * len(row)
    if source not in ("excitatory", "inhibitory"):  # as most are: a row as it stands
        return row
    return tuple(_contribution(source, weight, own=own) for weight in row)


def _contribution(source: str, weight: int, *, own: bool) -> int:
    if own != (source == "recurrent"):
        return 0
    if source == "excitatory":
        return max(weight, 0)
    if source == "inhibitory":
        return max(-weight, 0)
    return weight
