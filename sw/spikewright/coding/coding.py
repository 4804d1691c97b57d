"""What a coding is: an object that says how samples become spikes over time.

Each coding is a frozen dataclass in a file of its own; :mod:`~.known` has them by name.
"""

from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from spikewright_hw.checks import instance

__all__ = [
    "Coding", "Graded", "Invertible", "coding_rule", "decode", "encode", "input_bits",
]


@runtime_checkable
class Coding(Protocol):
    """How samples become spikes.

    Attributes
    ----------
    name : str
        As a network file has it, such as ``"ttfs"``.
    steps, inputs : int
        Time steps of a sample, and inputs of the network.
    """

    name: ClassVar[str]

    @property
    def steps(self) -> int:
        """Time steps of a sample."""
        ...

    @property
    def inputs(self) -> int:
        """Inputs of the network."""
        ...

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return the spikes of samples, a bool array ``[samples, steps, inputs]``.

        A graded coding returns whole numbers instead, uint8; see :class:`Graded`.

        Raises :exc:`~spikewright.errors.DataError`, naming the sample and the value, for what
        cannot be encoded.
        """
        ...

    def describe(self) -> str:
        """Return the coding in a few words, such as ``time to first spike, 4 steps``."""
        ...


@runtime_checkable
class Invertible(Coding, Protocol):
    """A coding whose spikes say what the samples were, to a known accuracy."""

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Return samples that the spikes can stand for."""
        ...


@runtime_checkable
class Graded(Coding, Protocol):
    """A coding that makes graded inputs of the first layer: whole numbers of ``bits`` bits.

    An input *g* stands for the value ``low + step * g``.
    """

    @property
    def bits(self) -> int:
        """Bits of an input: 2 to 8."""
        ...

    @property
    def low(self) -> float:
        """The value that an input of 0 stands for."""
        ...

    @property
    def step(self) -> float:
        """The difference of the values of two inputs that follow each other."""
        ...

    def values(self, samples: ArrayLike) -> np.ndarray:
        """Return the values that enter in each step, before they are rounded to inputs.

        Float64 ``[samples, steps, inputs]``; errors are those of :meth:`encode`.
        """
        ...


def input_bits(coding: Coding) -> int:
    """Return the bits of an input that a coding makes: 1 for spikes."""
    return coding.bits if isinstance(coding, Graded) else 1


def encode(samples: ArrayLike, coding: Coding) -> np.ndarray:
    """Turn samples into spikes.

    Parameters
    ----------
    samples : array
        ``[samples, ...]``, of the shape and range that the coding takes.
    coding : Coding

    Returns
    -------
    bool array ``[samples, steps, inputs]``, or uint8 of a graded coding

    Raises
    ------
    DataError
        A sample is of another shape, or a value is not a number or out of range; the message names
        the sample and the value.
    """
    return coding_rule("coding", coding).encode(samples)


def decode(spikes: ArrayLike, coding: Coding) -> np.ndarray:
    """Return samples that spikes can stand for, to the accuracy that the coding states.

    Parameters
    ----------
    spikes : bool array ``[samples, steps, inputs]``
        As :func:`encode` makes them.
    coding : Coding
        What they were encoded by.

    Returns
    -------
    array ``[samples, ...]``

    Raises
    ------
    DataError
        The spikes are of another shape.
    ValueError
        The coding has no inverse.
    """
    given = coding_rule("coding", coding)
    if not isinstance(given, Invertible):
        raise ValueError(f"coding is {given.name}, whose spikes do not say what the samples were")
    return given.decode(spikes)


def coding_rule(name: str, value: Any) -> Coding:
    """Take a coding: the rule of a field."""
    if isinstance(value, type):
        raise ValueError(f"{name} is the class {value.__name__}; it must be an object of it")
    return instance(Coding)(name, value)
