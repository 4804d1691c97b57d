"""A layer's neurons in integers, over many steps at once: compiled, or by arrays.

Both run the program of a :class:`~spikewright_hw.definition.fixed_point.FixedNeuron`. Arrays
(:mod:`.arrays`) are the reference; what is compiled is compared with them on drawn states and
currents before it is used, and left where they differ.
"""

import ctypes
import warnings
from collections.abc import Mapping

import numpy as np

from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.definition.graph import operands_first
from spikewright_hw.definition.interval import Interval

from ..errors import SpikewrightWarning
from ..native import library
from . import arrays
from .integer_source import Source, integer_source

__all__ = ["LONGEST", "Neurons"]

#: Operations of a program from which on its compilation takes many seconds: such are programs with
#: tables of their own for each neuron.
LONGEST = 400

_LONG = ctypes.c_int64
#: Steps, samples and neurons of the comparison.
_TRIAL = (12, 3, 37)


class Neurons:
    """The neurons of a layer, run over steps.

    Parameters
    ----------
    fixed : FixedNeuron
    constants : mapping of str to array
        What differs between neurons, each ``[neurons]``; of the type of integers that are computed
        with, as the states and currents are.
    integer : type
        That type.
    reach : mapping of str to Interval
        Stored currents that can arrive.
    """

    def __init__(
        self, fixed: FixedNeuron, constants: Mapping[str, np.ndarray], *,
        integer: type[np.signedinteger], reach: Mapping[str, Interval],
    ):
        self.fixed, self.constants, self.integer = fixed, constants, integer
        self._reach = reach
        self._compiled: _Compiled | None = None
        self._tried = False

    def compile(self) -> bool:
        """Compile the neurons, unless that was tried before; return whether they are compiled."""
        if not self._tried:
            self._tried = True
            made = _Compiled.of(self.fixed, self.constants, self.integer)
            if made is not None and self._agrees(made):
                self._compiled = made
        return self._compiled is not None

    def __call__(
        self, states: Mapping[str, np.ndarray], currents: Mapping[str, np.ndarray],
        spikes: np.ndarray, membranes: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Run steps; return the states after the last.

        Parameters
        ----------
        states : mapping of str to array ``[samples, neurons]``
        currents : mapping of str to array ``[steps, samples, neurons]``
        spikes : bool array ``[steps, samples, neurons]``
            Written to.
        membranes : array ``[steps, samples, neurons]``, optional
            Written to.
        """
        if self._compiled is not None:
            return self._compiled(states, currents, spikes, membranes)
        return self._by_arrays(states, currents, spikes, membranes)

    def _by_arrays(self, states, currents, spikes, membranes) -> dict[str, np.ndarray]:
        for t in range(len(spikes)):
            now = {name: values[t] for name, values in currents.items()}
            states, spikes[t] = arrays.step(self.fixed, states, now, constants=self.constants)
            if membranes is not None:
                membranes[t] = states["v"]
        return dict(states)

    def _agrees(self, made: "_Compiled") -> bool:
        """Whether what was compiled does as arrays do with drawn states and currents."""
        rng = np.random.default_rng(0)
        neurons = next((len(one) for one in self.constants.values()), _TRIAL[2])
        shape = (*_TRIAL[:2], neurons)

        def drawn(low: int, high: int, shape: tuple[int, ...]) -> np.ndarray:
            return rng.integers(low, high, shape, endpoint=True).astype(self.integer)

        states = {name: drawn(*ends, shape[1:]) for name, ends in self.fixed.bounds.items()}
        currents = {
            name: drawn(one.low, one.high, shape) for name, one in self._reach.items()
        }
        results = []
        for run in (made, self._by_arrays):
            spikes, membranes = np.zeros(shape, bool), np.zeros(shape, self.integer)
            after = run(states, currents, spikes, membranes)
            results.append((spikes, membranes, *after.values()))
        if all(map(np.array_equal, *results)):
            return True
        warnings.warn(
            f"{self.fixed.definition.name}, compiled on this machine, does not do as its arrays "
            "do; the arrays are used, which are slower",
            SpikewrightWarning, stacklevel=2,
        )
        return False


class _Compiled:
    """A compiled program with the constants of a layer."""

    def __init__(
        self, run, source: Source, fixed: FixedNeuron, constants: Mapping[str, np.ndarray],
        integer: type[np.signedinteger],
    ):
        self._run, self._fixed, self._integer = run, fixed, integer
        self._numbers = np.array(source.numbers or [0], integer)
        self._tables = [np.array(one, integer) for one in source.tables]
        self._vectors = [np.ascontiguousarray(one, integer) for one in constants.values()]

    @classmethod
    def of(
        cls, fixed: FixedNeuron, constants: Mapping[str, np.ndarray],
        integer: type[np.signedinteger],
    ) -> "_Compiled | None":
        """Compile the neurons of a layer; return None where it cannot be done."""
        if len(operands_first(fixed.update.values())) > LONGEST:
            return None
        source = integer_source(fixed, bits=np.dtype(integer).itemsize * 8)
        made = library(source.text)
        return None if made is None else cls(made.scan, source, fixed, constants, integer)

    def __call__(
        self, states: Mapping[str, np.ndarray], currents: Mapping[str, np.ndarray],
        spikes: np.ndarray, membranes: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        steps, samples, neurons = spikes.shape
        after = {
            name: np.array(states[name], self._integer, order="C") for name in self._fixed.formats
        }
        given = _alike([currents[name] for name in self._fixed.definition.inputs], self._integer)
        kept = membranes
        if membranes is not None and not self._can_be_written(membranes):
            kept = np.empty(spikes.shape, self._integer)
        if spikes.strides[2] != 1:
            raise ValueError("spikes are written neuron by neuron, side by side")
        self._run(
            _address(self._numbers), _addresses(self._tables), _addresses(self._vectors),
            _addresses(after.values()), _addresses(given), _address(spikes),
            None if kept is None else _address(kept),
            *map(_LONG, (samples, steps, neurons, *_strides(given[0]), *_strides(spikes),
                         *((0, 0) if kept is None else _strides(kept)))),
        )
        if membranes is not None and kept is not membranes:
            membranes[:] = kept
        return after

    def _can_be_written(self, array: np.ndarray) -> bool:
        return array.dtype == self._integer and array.strides[2] == array.itemsize


def _alike(given: list[np.ndarray], integer: type[np.signedinteger]) -> list[np.ndarray]:
    """Return arrays of one type and one set of strides, neurons side by side."""
    first = given[0]
    size = np.dtype(integer).itemsize
    if first.strides[2] == size and all(
        one.dtype == integer and one.strides == first.strides for one in given
    ):
        return given
    return [np.ascontiguousarray(one, integer) for one in given]


def _strides(array: np.ndarray) -> tuple[int, int]:
    """Return by how many values samples and steps lie apart."""
    steps, samples, _ = array.strides
    return samples // array.itemsize, steps // array.itemsize


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _addresses(those) -> ctypes.Array:
    each = [one.ctypes.data for one in those]
    return (ctypes.c_void_p * max(1, len(each)))(*each)
