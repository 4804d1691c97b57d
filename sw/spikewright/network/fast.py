"""Predictions of many samples: the integer reference, made fast.

The same programs on the same integers as :mod:`~spikewright.network.reference`, to which it is
equal by property test. What makes it fast: nothing is kept but the answer; integers are as narrow
as the range analysis allows that sizes the gateware, too; samples are taken in blocks whose states
stay in the cache of a core, and each core takes blocks of its own. Within a block time comes first,
so that what a step reads and writes lies together.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from .blocks import blocks_of
from .hearing import arriving_at, heard_of_itself, heard_of_others
from .outputs import outputs
from .reference import check_spikes, check_width, narrowest, neurons_of, starts, worth_compiling
from .synapses import Synapses, weight_synapses

__all__ = ["BLOCK", "Predictor"]

#: Most samples of a block: enough that threads spend their time in numpy and not in waiting for
#: the interpreter, few enough for the caches.
BLOCK = 2048


class Predictor:
    """A network that gives predictions, and nothing else.

    Parameters
    ----------
    network : Network
    synapses : callable
        Gives a layer's synapses; by default they are its weights.
    threads : int, optional
        Blocks at work at once; the machine's cores if not given.

    Raises
    ------
    DataError
        The neurons compute with wider integers than an array holds.
    """

    def __init__(
        self,
        network: Network,
        *,
        synapses: Callable[[Layer], Synapses] = weight_synapses,
        threads: int | None = None,
    ):
        self.network = network
        self._threads = threads or os.cpu_count() or 1
        self.layers = [
            _Layer(f"layers[{index}]", layer, synapses(layer))
            for index, layer in enumerate(network.layers)
        ]

    def __call__(self, spikes: np.ndarray) -> np.ndarray:
        """Return the prediction of each sample.

        Parameters
        ----------
        spikes : array ``[samples, steps, inputs]``
            Input spikes of each step, 0 and 1; or graded inputs, whole numbers.

        Returns
        -------
        int64 array ``[samples]``

        Raises
        ------
        DataError
            The spikes do not fit the network.
        """
        from threadpoolctl import threadpool_limits  # of an extra; the other references need none

        spikes = np.asarray(spikes)
        check_spikes(self.network, spikes)
        if worth_compiling(self.network, len(spikes)):
            for layer in self.layers:
                layer.compile()
        # Each thread has as many blocks as the others.
        turns = -(-len(spikes) // (BLOCK * self._threads))
        longest = max(1, -(-len(spikes) // max(1, turns * self._threads)))
        parts = blocks_of(self.network, len(spikes), longest=longest)
        blocks = [spikes[part] for part in parts]
        # The threads are the blocks' own; matrices are too small to be worth more.
        with threadpool_limits(1), ThreadPoolExecutor(self._threads) as pool:
            return np.concatenate([np.zeros(0, np.int64), *pool.map(self._block, blocks)])

    def _block(self, spikes: np.ndarray) -> np.ndarray:
        did = [np.ascontiguousarray(spikes.swapaxes(0, 1))]
        for index, layer in enumerate(self.layers):
            before = [one.swapaxes(0, 1) for one in did]
            heard = heard_of_others(index, self.network.layers[index], before)
            did.append(layer(np.ascontiguousarray(heard.swapaxes(0, 1))))
        return outputs(self.network.readout, did[-1]).argmax(axis=1)


class _Layer:
    """One layer: from the spikes of a block to its spikes, or to its membranes if it has none.

    All are arrays ``[steps, samples, neurons]``.
    """

    def __init__(self, name: str, layer: Layer, synapses: Synapses):
        self._layer = layer
        self._synapses = synapses
        width = check_width(name, layer, synapses)
        self.integer = narrowest(width)
        self._neurons = neurons_of(layer, synapses, self.integer)
        self._starts = {
            name: start[0].astype(self.integer) for name, start in starts(layer, 1).items()
        }
        self._returning = heard_of_itself(layer)

    def compile(self) -> None:
        """Compile what can be compiled."""
        if self._neurons.compile():
            self._synapses.compile()

    def __call__(self, arriving: np.ndarray) -> np.ndarray:
        steps, samples, _ = arriving.shape
        layer = self._layer
        shape = (steps, samples, layer.neurons)
        spikes, membranes = np.zeros(shape, bool), None
        if not layer.definition.spikes:
            membranes = np.zeros(shape, self.integer)
        states = {
            name: np.tile(start, (samples, 1)) for name, start in self._starts.items()
        }
        if layer.recurrent is None and not self._returning:
            self._neurons(states, self._currents(arriving), spikes, membranes)
            return spikes if membranes is None else membranes
        for t in range(steps):
            heard = arriving[t]
            for inputs, origin in self._returning:
                heard[:, inputs] = arriving_at(spikes, origin, t)
            if layer.recurrent is not None:
                heard = np.concatenate([heard, spikes[t - 1]], axis=1)
            now = slice(t, t + 1)
            states = self._neurons(
                states, self._currents(heard[None]), spikes[now],
                None if membranes is None else membranes[now],
            )
        return spikes if membranes is None else membranes

    def _currents(self, heard: np.ndarray) -> dict[str, np.ndarray]:
        return self._synapses.currents(heard, integer=self.integer)
