"""A layer of a quantised network: integer weights, and a neuron at a number format.

Units: a layer's current is the plain sum of the weights whose inputs spiked, in weight steps; one
weight step is ``2**-exponent`` in the unit of the membrane and of the neuron's levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from .definition.definition import Value
from .definition.expression import listing
from .definition.fixed_point import Arithmetic, FixedNeuron
from .definition.interval import Interval
from .fixed import Format
from .neuron import DEFINITIONS

__all__ = ["MEMBRANE_BITS", "Layer", "NetworkError", "Rows"]

#: Weights, ``[neuron before][neuron]``.
Rows = tuple[tuple[int, ...], ...]

#: Widest membrane: what an engine's records have room for.
MEMBRANE_BITS = 32


class NetworkError(ValueError):
    """A network that cannot be built; the message names the field."""


@dataclass(frozen=True)
class Layer:
    """One dense layer of neurons.

    Parameters
    ----------
    weights : tuple of tuples of int
        ``weights[input][neuron]``: a row per presynaptic neuron, as an engine reads it.
    weight_bits : int
        2 to 8. Weights lie in the symmetric range ``±(2**(bits-1) - 1)``.
    neuron : str
        Name of a neuron definition, a key of :data:`spikewright_hw.neuron.DEFINITIONS`.
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
    """

    weights: Rows
    weight_bits: int
    neuron: str
    parameters: Mapping[str, Value] = field(hash=False)
    membrane: Format
    exponent: int = 0
    rounding: Literal["half_up", "floor"] = "half_up"
    saturation: Literal["full", "symmetric", "positive"] = "full"
    recurrent: Rows | None = None

    def __post_init__(self):
        if self.neuron in DEFINITIONS:
            known = DEFINITIONS[self.neuron].parameters
            defaults = {name: parameter.default for name, parameter in known.items()}
            object.__setattr__(self, "parameters", defaults | dict(self.parameters))

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
    def shift(self) -> int:
        """Zero bits behind a sum of weights that make it a stored current."""
        return self.membrane.fraction - self.exponent

    @cached_property
    def fixed(self) -> FixedNeuron:
        """The neuron in integers. Raises :exc:`ValueError` where it cannot be compiled."""
        arithmetic = Arithmetic(
            format=self.membrane, rounding=self.rounding, saturation=self.saturation
        )
        return FixedNeuron.of(DEFINITIONS[self.neuron], arithmetic, self.parameters)

    def contributions(self, input: str) -> Rows:
        """Give what each of :attr:`rows` adds to one of the neuron's inputs, in weight steps."""
        source = DEFINITIONS[self.neuron].inputs[input].source
        return tuple(
            tuple(_contribution(source, weight, own=number >= self.inputs) for weight in row)
            for number, row in enumerate(self.rows)
        )

    def reach(self, input: str) -> Interval:
        """Give the least and the greatest stored current of one of the neuron's inputs."""
        columns = list(zip(*self.contributions(input), strict=True))
        low = min(sum(weight for weight in column if weight < 0) for column in columns)
        high = max(sum(weight for weight in column if weight > 0) for column in columns)
        return Interval(low << self.shift, high << self.shift)

    def check(self, name: str) -> None:
        """Raise :exc:`NetworkError`, naming the field, unless the layer is well formed."""
        if not 2 <= self.weight_bits <= 8:
            raise NetworkError(f"{name}.weight_bits is {self.weight_bits}; it must be 2 to 8")
        if not self.weights or not self.weights[0]:
            raise NetworkError(f"{name}.weights is empty; a layer needs inputs and neurons")
        if self.neuron not in DEFINITIONS:
            known = ", ".join(DEFINITIONS)
            raise NetworkError(f"{name}.neuron is {self.neuron!r}; there are {known}")
        if not 0 <= self.exponent <= self.membrane.fraction:
            raise NetworkError(
                f"{name}.exponent is {self.exponent}; a {self.membrane} membrane takes weight "
                f"steps of 2**-0 to 2**-{self.membrane.fraction}"
            )
        for parameter, value in self.parameters.items():
            if isinstance(value, Sequence) and len(value) != self.neurons:
                raise NetworkError(
                    f"{name}.parameters.{parameter} has {len(value)} values; "
                    f"the layer has {self.neurons} neurons"
                )
        self._check_neuron(name)
        self._check_rows(f"{name}.weights", self.weights)
        self._check_recurrent(name)

    def _check_neuron(self, name: str) -> None:
        try:
            Arithmetic(format=self.membrane, rounding=self.rounding, saturation=self.saturation)
        except ValueError as error:
            raise NetworkError(f"{name}.{error}") from error
        width = self.membrane.width + DEFINITIONS[self.neuron].states["v"].guard
        if width > MEMBRANE_BITS:
            raise NetworkError(
                f"{name}.membrane is {self.membrane}, {width} bits; "
                f"a membrane has at most {MEMBRANE_BITS}"
            )
        try:
            self.fixed  # noqa: B018  (compiled here, and kept)
        except ValueError as error:
            raise NetworkError(f"{name}.parameters: {error}") from error
        except OverflowError as error:
            raise NetworkError(
                f"{name}.parameters: {self.neuron} gets a constant that is too large for any format"
            ) from error

    def _check_recurrent(self, name: str) -> None:
        definition = DEFINITIONS[self.neuron]
        hears_itself = any(one.source == "recurrent" for one in definition.inputs.values())
        if self.recurrent is None:
            if hears_itself:
                raise NetworkError(
                    f"{name}.recurrent is missing; {self.neuron} takes the layer's own spikes"
                )
            return
        if not hears_itself:
            raise NetworkError(
                f"{name}.recurrent is given, but {self.neuron} does not take the layer's own "
                "spikes"
            )
        if len(self.recurrent) != self.neurons:
            raise NetworkError(
                f"{name}.recurrent has {len(self.recurrent)} rows; the layer has {self.neurons} "
                "neurons"
            )
        self._check_rows(f"{name}.recurrent", self.recurrent)

    def _check_rows(self, name: str, rows: Rows) -> None:
        bound = (1 << (self.weight_bits - 1)) - 1
        for index, row in enumerate(rows):
            if len(row) != self.neurons:
                raise NetworkError(
                    f"{name}[{index}] has {len(row)} entries; "
                    + ("row 0 has" if rows is self.weights else "the layer has")
                    + f" {self.neurons}"
                )
            for column, weight in enumerate(row):
                if not -bound <= weight <= bound:
                    raise NetworkError(
                        f"{name}[{index}][{column}] is {weight}; "
                        f"{self.weight_bits}-bit weights lie in {-bound} to {bound}"
                    )

    def gateware(self) -> dict:
        """Give all that the gateware of the layer depends on, as JSON has it."""
        fixed = self.fixed
        return {
            "weights": self.weights,
            "recurrent": self.recurrent,
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


def _contribution(source: str, weight: int, *, own: bool) -> int:
    if own != (source == "recurrent"):
        return 0
    if source == "excitatory":
        return max(weight, 0)
    if source == "inhibitory":
        return max(-weight, 0)
    return weight
