"""A layer in real numbers: weights, biases and parameters that are not yet on any grid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spikewright_hw.checks import (
    instance,
    mapping,
    numbers,
    one_of,
    optional,
    settle,
    shown,
    whole,
)
from spikewright_hw.connection import Connection, Dense, FeatureMap
from spikewright_hw.definition.definition import Definition, Value
from spikewright_hw.layer import MOST_INPUT_BITS
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.origin import Hearing, Origin, origins_rule

__all__ = ["RealLayer"]


@dataclass(frozen=True, kw_only=True, eq=False)
class RealLayer(Hearing):
    """A connection and its neurons in real numbers. A layer that exists is valid.

    Parameters
    ----------
    weights : float64 array ``[rows, lanes]``
        Of the connection, in the unit of the neuron's inputs; of a dense one ``[inputs, neurons]``.
    neuron : str or Definition
        A definition, or the name of a registered one.
    parameters : mapping of str to float or tuple of float
        The definition's; those not given are filled in with their defaults.
    bias : float64 array ``[neurons]``, or ``[channels]``, optional
        Added to the current from the layer before, in every step; to an excitatory or inhibitory
        input by its sign.
    recurrent : float64 array ``[neurons, neurons]``, optional
        ``recurrent[before, after]``: weights from the layer's own spikes of the step before, for a
        neuron with an input that sums them.
    input_bits : int
        1 for inputs that are spikes, or any numbers; 2 to 8 for graded inputs, whole numbers from 0
        to ``2**input_bits - 1``, as :class:`~spikewright_hw.layer.Layer` has them.
    connection : Connection, optional
        Which inputs reach which neurons by which weights; a dense one if not given.
    origins : tuple of Origin, optional
        Which layers the connection hears, and how many steps later, as
        :class:`~spikewright_hw.layer.Layer` has them; the layer before if not given.

    Raises
    ------
    ValueError
        A field is of another kind or shape, or holds a number that is not finite; the message
        names it.
    """

    weights: np.ndarray
    neuron: str | Definition
    parameters: Mapping[str, Value] = field(default_factory=dict)
    bias: np.ndarray | None = None
    recurrent: np.ndarray | None = None
    input_bits: int = 1
    connection: Connection = None  # type: ignore[assignment]  # a dense one, once it is settled
    origins: tuple[Origin, ...] = ()
    definition: Definition = field(init=False, repr=False)

    def __post_init__(self):
        settle(
            self, weights=_array(2), parameters=mapping, input_bits=whole(1, MOST_INPUT_BITS),
            connection=optional(instance(Connection)), origins=origins_rule,
        )
        definition = self.neuron
        if not isinstance(definition, Definition):
            definition = DEFINITIONS[one_of(DEFINITIONS)("neuron", definition)]
        object.__setattr__(self, "definition", definition)
        given = {name: numbers(f"parameters.{name}", one) for name, one in self.parameters.items()}
        try:
            values = definition.values(given)
        except ValueError as error:
            raise ValueError(f"parameters: {error}") from error
        object.__setattr__(self, "parameters", values)
        if 0 in self.weights.shape:
            raise ValueError("weights is empty; a layer needs inputs and neurons")
        self._check_connection()
        self.settle_origins()
        count = definition.neurons(values)
        if count not in (None, self.neurons, self.connection.target.channels):
            raise ValueError(
                f"parameters are given for {count} neurons, and the layer has {self.neurons}"
            )
        self._check_own()

    def _check_connection(self) -> None:
        """Fill in a dense connection; one of inputs without a place follows from the weights."""
        rows, lanes = self.weights.shape
        known = self.connection
        if known is None or self.is_flat:
            known = Dense(source=FeatureMap(channels=rows), neurons=lanes)
            object.__setattr__(self, "connection", known)
        if (known.rows, known.lanes) != (rows, lanes):
            raise ValueError(
                f"weights is of shape [{rows}, {lanes}]; the connection has {known.rows} rows of "
                f"{known.lanes}"
            )

    def _check_own(self) -> None:
        hears_itself = self.definition.hears_itself
        if hears_itself != (self.recurrent is not None):
            raise ValueError(
                f"recurrent is missing; {self.definition.name} takes the layer's own spikes"
                if hears_itself else
                f"recurrent is given, but {self.definition.name} does not take the layer's own "
                "spikes"
            )
        if hears_itself and not self.definition.spikes:
            raise ValueError(
                f"neuron is {self.definition.name}, which takes the layer's own spikes, and never "
                "spikes"
            )
        channels = (self.connection.target.channels,)
        for name, shape in (("bias", (self.neurons,)), ("recurrent", (self.neurons, self.neurons))):
            if (value := getattr(self, name)) is None:
                continue
            settle(self, **{name: _array(len(shape))})
            if np.shape(value) != shape and (name != "bias" or np.shape(value) != channels):
                raise ValueError(
                    f"{name} is of shape {list(np.shape(value))}; the layer has {self.neurons} "
                    f"neurons, so it must be {list(shape)}"
                )

    @property
    def inputs(self) -> int:
        """Number of inputs from the layer before."""
        return len(self.connection.source)

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.connection.target)

    def of_neurons(self, values: np.ndarray) -> np.ndarray:
        """Return the value of each neuron, of one for each, or for each channel."""
        return np.tile(values, self.neurons // len(values))

    @property
    def is_dense(self) -> bool:
        """Whether each input has a row of its own, with a weight for each neuron."""
        return isinstance(self.connection, Dense)

    @property
    def is_flat(self) -> bool:
        """Whether it is dense, and its inputs are without a place."""
        return self.is_dense and self.connection.source.is_flat

    @property
    def most_input(self) -> int:
        """Greatest value of an input: 1 where inputs are spikes."""
        return (1 << self.input_bits) - 1


def _array(axes: int) -> Callable[[str, Any], np.ndarray]:
    """Make the rule of an array of finite numbers, kept as float64 that cannot be written to."""

    def rule(name: str, value: Any) -> np.ndarray:
        try:
            given = np.asarray(value)
            if given.dtype.kind == "c":
                raise TypeError("a complex number would lose its imaginary part")
            array = np.array(given, np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"{name} is {shown(value)}; it must be an array of numbers") from None
        if array.ndim != axes:
            raise ValueError(
                f"{name} is of shape {list(array.shape)}; it must have {axes} "
                + ("axis" if axes == 1 else "axes")
            )
        if not np.isfinite(array).all():
            at = [int(one) for one in np.argwhere(~np.isfinite(array))[0]]
            raise ValueError(f"{name}{at} is {array[tuple(at)]}; it must be a finite number")
        array.flags.writeable = False
        return array

    return rule
