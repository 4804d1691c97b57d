"""A layer of a quantised network: integer weights, and a neuron at a number format.

Units: a layer's current is the plain sum of the weights, each times its input, in weight steps; one
weight step is ``2**-exponent`` in the unit of the membrane and of the neuron's levels. An input is
1 where there is a spike, or a whole number of some bits where the layer takes graded inputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from .checks import (
    instance,
    mapping,
    matrix,
    numbers,
    one_of,
    optional,
    settle,
    shown,
    whole,
    wholes,
)
from .definition.definition import Definition, Value
from .definition.fixed_point import Arithmetic, FixedNeuron
from .definition.graph import listing
from .definition.interval import Interval
from .fixed import Format
from .neuron import DEFINITIONS

__all__ = [
    "MEMBRANE_BITS", "MOST_BIAS", "MOST_INPUT_BITS", "MOST_NEURONS", "MOST_WEIGHTS", "Layer",
    "NetworkError", "Rows",
]

#: Weights, ``[neuron before][neuron]``.
Rows = tuple[tuple[int, ...], ...]

#: Widest membrane: what an engine's records have room for.
MEMBRANE_BITS = 32

#: Most inputs, and most neurons, of a layer: what two bytes on the link count to.
MOST_NEURONS = 65_535

#: Most weights of a layer: more than the block RAM of any board that is built for.
MOST_WEIGHTS = 1 << 22

#: Largest bias, either way: what 32 bits hold.
MOST_BIAS = (1 << 31) - 1

#: Most bits of a graded input: what images and recordings come in, after their offset.
MOST_INPUT_BITS = 8


class NetworkError(ValueError):
    """A network that cannot be built; the message names the field."""


@dataclass(frozen=True)
class Layer:
    """One dense layer of neurons. A layer that exists is valid.

    Parameters
    ----------
    weights : tuple of tuples of int
        ``weights[input][neuron]``: a row per presynaptic neuron, as an engine reads it. Lists and
        arrays of integers are taken as well, and become tuples.
    weight_bits : int
        2 to 8. Weights lie in the symmetric range ``±(2**(bits-1) - 1)``.
    neuron : str or Definition
        Name of a neuron definition, a key of :data:`spikewright_hw.neuron.DEFINITIONS`, or any
        definition; one that is registered becomes its name.
    parameters : mapping of str to float or tuple of float
        The definition's parameters, real numbers in the units that it names; a tuple has one for
        each neuron. Those not given are filled in with their defaults.
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
        What is added to the current of each neuron in every step, in steps of the membrane's
        format: finer than a weight step. Of a neuron with an excitatory and an inhibitory input,
        a positive bias goes to the one, a negative bias to the other; an input that sums recurrent
        weights has none. Zeros alone become None.
    input_bits : int
        1 for inputs that are spikes; 2 to 8 for graded inputs, each a whole number from 0 to
        ``2**input_bits - 1`` that multiplies its weights. The layer's own spikes are never graded.

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

    def __post_init__(self):
        try:
            self._settle()
        except ValueError as error:
            raise NetworkError(str(error)) from error
        self._check_rows("weights", self.weights)
        self._check_parameters()
        self._check_recurrent()
        self._check_bias()

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
        )
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
        """Number of presynaptic inputs from the layer before."""
        return len(self.weights)

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.weights[0])

    @property
    def rows(self) -> Rows:
        """The rows of weights by event: one for each input, then the recurrent ones."""
        return self.weights + (self.recurrent or ())

    @property
    def most_input(self) -> int:
        """Greatest value of an input: 1 where inputs are spikes."""
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
        """The neuron in integers. Raises :exc:`ValueError` where it cannot be compiled."""
        arithmetic = Arithmetic(
            format=self.membrane, rounding=self.rounding, saturation=self.saturation
        )
        most = self._most_current
        return FixedNeuron.of(
            self.definition, arithmetic, self.parameters,
            inputs=dict.fromkeys(self.definition.inputs, Interval(-most, most)),
        )

    @property
    def _most_current(self) -> int:
        """What no stored current exceeds, whatever the weights, and whatever bias they train with.

        So the tables of a neuron stay the same while its layer is trained.
        """
        rows = max(self.inputs * self.most_input, self.neurons)
        bias = max(map(abs, (self.membrane.min, *(self.bias or ()))))
        return 1 << ((rows << self.weight_bits - 1 + self.shift) + bias).bit_length()

    def contributions(self, input: str) -> Rows:
        """Return what each of :attr:`rows` adds to one of the neuron's inputs, in weight steps."""
        source = self.definition.inputs[input].source
        return tuple(
            tuple(_contribution(source, weight, own=number >= self.inputs) for weight in row)
            for number, row in enumerate(self.rows)
        )

    def biases(self, input: str) -> tuple[int, ...]:
        """Return what the bias adds to one of the inputs of each neuron, a stored current."""
        source = self.definition.inputs[input].source
        return tuple(
            _contribution(source, bias, own=False) for bias in self.bias or (0,) * self.neurons
        )

    def sums(self, input: str) -> Interval:
        """Return the least and the greatest sum of one of the neuron's inputs, in weight steps."""
        ends = self._sums(input)
        return Interval(min(low for low, _ in ends), max(high for _, high in ends))

    def reach(self, input: str) -> Interval:
        """Return the least and the greatest stored current of one of the neuron's inputs."""
        ends = [
            ((low << self.shift) + bias, (high << self.shift) + bias)
            for (low, high), bias in zip(self._sums(input), self.biases(input), strict=True)
        ]
        return Interval(min(low for low, _ in ends), max(high for _, high in ends))

    def _sums(self, input: str) -> list[tuple[int, int]]:
        """Return the least and the greatest sum of each neuron, in weight steps."""
        greatest = (self.most_input,) * self.inputs + (1,) * (len(self.rows) - self.inputs)
        return [
            (sum(min(weight, 0) * most for weight, most in zip(column, greatest, strict=True)),
             sum(max(weight, 0) * most for weight, most in zip(column, greatest, strict=True)))
            for column in zip(*self.contributions(input), strict=True)
        ]

    def _check_rows(self, name: str, rows: Rows) -> None:
        if not rows or not rows[0]:
            raise NetworkError(f"{name} is empty; a layer needs inputs and neurons")
        if max(len(rows), self.neurons) > MOST_NEURONS or len(rows) * self.neurons > MOST_WEIGHTS:
            raise NetworkError(
                f"{name} has {len(rows)} rows of {self.neurons}; a layer has at most "
                f"{MOST_NEURONS} inputs, {MOST_NEURONS} neurons and {MOST_WEIGHTS} weights"
            )
        least, most = self.weight_range
        for index, row in enumerate(rows):
            if len(row) != self.neurons:
                raise NetworkError(
                    f"{name}[{index}] has {len(row)} entries; "
                    + ("row 0 has" if rows is self.weights else "the layer has")
                    + f" {self.neurons}"
                )
            for column, weight in enumerate(row):
                if not least <= weight <= most:
                    raise NetworkError(
                        f"{name}[{index}][{column}] is {shown(weight)}; "
                        f"{self.weight_bits}-bit weights lie in {least} to {most}"
                    )

    def _check_parameters(self) -> None:
        for parameter, value in self.parameters.items():
            if isinstance(value, Sequence) and len(value) != self.neurons:
                raise NetworkError(
                    f"parameters.{parameter} has {len(value)} values; "
                    f"the layer has {self.neurons} neurons"
                )
        width = self.membrane.width + self.definition.states["v"].guard
        if width > MEMBRANE_BITS:
            raise NetworkError(
                f"membrane is {self.membrane}, {width} bits; "
                f"a membrane has at most {MEMBRANE_BITS}"
            )
        try:
            self.fixed  # noqa: B018  (compiled here, and kept)
        except ValueError as error:
            raise NetworkError(f"parameters: {error}") from error
        except OverflowError as error:
            raise NetworkError(
                f"parameters: {self.definition.name} gets a constant that is too large for any "
                "format"
            ) from error

    def _check_recurrent(self) -> None:
        hears_itself = any(one.source == "recurrent" for one in self.definition.inputs.values())
        if self.recurrent is None:
            if hears_itself:
                raise NetworkError(
                    f"recurrent is missing; {self.definition.name} takes the layer's own spikes"
                )
            return
        if not hears_itself:
            raise NetworkError(
                f"recurrent is given, but {self.definition.name} does not take the layer's own "
                "spikes"
            )
        if not self.definition.spikes:
            raise NetworkError(
                f"neuron is {self.definition.name}, which takes the layer's own spikes, and never "
                "spikes"
            )
        if len(self.recurrent) != self.neurons:
            raise NetworkError(
                f"recurrent has {len(self.recurrent)} rows; the layer has {self.neurons} neurons"
            )
        self._check_rows("recurrent", self.recurrent)

    def _check_bias(self) -> None:
        if self.bias is None:
            return
        if len(self.bias) != self.neurons:
            raise NetworkError(
                f"bias has {len(self.bias)} values; the layer has {self.neurons} neurons"
            )
        if not any(self.bias):
            object.__setattr__(self, "bias", None)

    def gateware(self) -> dict:
        """Return all that the gateware of the layer depends on, as JSON has it."""
        fixed = self.fixed
        # Not of spikes, so that a board that was built before there were graded inputs stays valid.
        graded = {"input_bits": self.input_bits} if self.input_bits > 1 else {}
        return graded | {
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
                name: [fixed.start(name, neuron=neuron) for neuron in range(self.neurons)]
                for name in fixed.formats
            },
        }


def _neuron(name: str, value: Any) -> str | Definition:
    """Take a registered neuron by its name or its definition, and any other definition as it is."""
    if not isinstance(value, Definition):
        return one_of(DEFINITIONS)(name, value)
    return value.name if DEFINITIONS.get(value.name) is value else value


def _contribution(source: str, weight: int, *, own: bool) -> int:
    if own != (source == "recurrent"):
        return 0
    if source == "excitatory":
        return max(weight, 0)
    if source == "inhibitory":
        return max(-weight, 0)
    return weight
