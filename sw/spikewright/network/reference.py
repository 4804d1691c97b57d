"""The integer reference of a whole network on arrays: fast enough for whole test sets.

:func:`run` is equal, by property test, to :func:`spikewright_hw.engine.reference.run`, which does
the same on Python integers. Neither writes a neuron's update: both run the integer program that
:class:`~spikewright_hw.definition.fixed_point.FixedNeuron` makes of its definition.

A layer's spikes reach the next layer in the same step, and a recurrent layer itself in the step
after. Everything is a stored integer of its state's format.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from spikewright.errors import DataError
from spikewright.task.metrics import share_right
from spikewright_hw.network import Layer, Network
from spikewright_hw.readout import SPIKING

from . import arrays
from .bit_planes import is_graded
from .blocks import blocks_of
from .hearing import arriving_at, heard_of_itself, heard_of_others
from .neurons import Neurons
from .outputs import outputs
from .synapses import Synapses, weight_synapses

if TYPE_CHECKING:  # beside a board numpy is enough
    from .real_network import RealNetwork

__all__ = [
    "LayerRun", "Run", "Store", "check_spikes", "check_width", "constants", "count_bits",
    "narrowest", "neurons_of", "run", "starts", "worth_compiling",
]

#: From a layer and its states, each int64 ``[samples, neurons]``, to what is found there later.
Store = Callable[[Layer, dict[str, np.ndarray]], dict[str, np.ndarray]]

#: Updates of neurons from which on they are compiled: arrays take a tenth of a second for them.
WORTH_COMPILING = 1 << 20

#: What an int64 holds of any sign.
_BITS = 63


@dataclass(frozen=True)
class LayerRun:
    """What one layer did.

    Parameters
    ----------
    spikes : bool array ``[samples, steps, neurons]``
        All false for a readout.
    membranes : int64 array ``[samples, steps, neurons]``
        The state ``v`` after each step, stored integers; of a hidden layer without neurons where
        these were not to be kept.
    events : int64 array ``[samples]``
        Spikes that reached the layer, its own ones that returned to it among them; of graded
        inputs each bit that is set.
    synops : int64 array ``[samples]``
        Synaptic operations of these: for each, the weights that it adds.
    """

    spikes: np.ndarray
    membranes: np.ndarray
    events: np.ndarray
    synops: np.ndarray


@dataclass(frozen=True)
class Run:
    """What a network did with a batch of samples; counts are as an engine counts them.

    Parameters
    ----------
    layers : tuple of LayerRun
        Every layer, the readout last.
    readout : str
        The network's.
    outputs : int64 array ``[samples, outputs]``
        What the readout makes of the last layer.
    predictions : int64 array ``[samples]``
        The highest output; of equal ones, the first.
    input_events : int64 array ``[samples]``
        Spikes in the input; of graded inputs the bits that are set.
    synops : int64 array ``[samples]``
        Synaptic operations: for each spike arriving at a layer, its own ones that return to it
        among them, the weights that it adds.
    layer_spikes : int64 array ``[samples, layers]``
        Spikes of each layer; 0 for one that does not spike.
    """

    layers: tuple[LayerRun, ...]
    readout: str
    outputs: np.ndarray
    predictions: np.ndarray
    input_events: np.ndarray
    synops: np.ndarray
    layer_spikes: np.ndarray

    @property
    def spikes(self) -> tuple[np.ndarray, ...]:
        """Spikes of every layer, each bool ``[samples, steps, neurons]``."""
        return tuple(layer.spikes for layer in self.layers)

    @property
    def traced_spikes(self) -> tuple[np.ndarray, ...]:
        """Those of :attr:`spikes` that a trace has, of the layers that spike."""
        return self.spikes if self.readout in SPIKING else self.spikes[:-1]

    @property
    def traced_membranes(self) -> np.ndarray:
        """Those of :attr:`membranes` that a trace has: none of a last layer that spikes."""
        return self.membranes[..., :0] if self.readout in SPIKING else self.membranes

    @property
    def membranes(self) -> np.ndarray:
        """Membranes of the last layer after each step, int64 ``[samples, steps, outputs]``."""
        return self.layers[-1].membranes

    def accuracy(self, labels: np.ndarray) -> float:
        """Share of samples whose prediction is their label, 0 to 1."""
        return share_right(self.predictions, labels)


def run(
    network: Network,
    spikes: np.ndarray,
    *,
    synapses: Callable[[Layer], Synapses] = weight_synapses,
    store: Store | None = None,
    hidden_membranes: bool = True,
) -> Run:
    """Run a batch of samples: a whole test set, in blocks whose states fit in memory.

    Parameters
    ----------
    network : Network
    spikes : array ``[samples, steps, inputs]``
        Input spikes of each step, 0 and 1; or graded inputs, whole numbers.
    synapses : callable
        Gives a layer's synapses; by default they are its weights.
    store : callable, optional
        What becomes of a layer's states when they are stored at the end of a step; nothing unless
        given. With it, all samples are one block.
    hidden_membranes : bool
        Whether the membranes of hidden layers are kept, which of many samples take gigabytes.

    Raises
    ------
    DataError
        The spikes do not fit the network, or its neurons compute with wider integers than an array
        holds.
    """
    spikes = np.asarray(spikes)
    check_spikes(network, spikes)
    last = len(network.layers) - 1
    layers = [
        _Layer(f"layers[{index}]", layer, synapses(layer), store, hidden_membranes or index == last)
        for index, layer in enumerate(network.layers)
    ]
    if worth_compiling(network, len(spikes)):
        for layer in layers:
            layer.compile()
    parts = [slice(None)] if store else blocks_of(network, len(spikes))
    runs = [_run_block(network, spikes[part], layers) for part in parts]
    return runs[0] if len(runs) == 1 else _joined(runs)


def _run_block(network: Network, spikes: np.ndarray, layers: "Sequence[_Layer]") -> Run:
    arriving = spikes.astype(bool if network.input_bits == 1 else np.uint8)
    input_events = count_bits(arriving).sum(axis=(1, 2), dtype=np.int64)
    made = []
    did = [arriving]
    for index, layer in enumerate(layers):
        made.append(layer(heard_of_others(index, network.layers[index], did)))
        did.append(made[-1].spikes)
    read = made[-1].spikes if network.reads_spikes else made[-1].membranes
    found = outputs(network.readout, read.swapaxes(0, 1))
    return Run(
        layers=tuple(made),
        readout=network.readout,
        outputs=found,
        predictions=found.argmax(axis=1),
        input_events=input_events,
        synops=np.sum([layer.synops for layer in made], axis=0),
        layer_spikes=np.stack([layer.spikes.sum(axis=(1, 2)) for layer in made], axis=1),
    )


def _joined(runs: Sequence[Run]) -> Run:
    """Return the run of all samples of several."""
    layers = zip(*(one.layers for one in runs), strict=True)
    return Run(
        layers=tuple(LayerRun(**_arrays(parts)) for parts in layers),
        readout=runs[0].readout,
        **_arrays(runs),
    )


def _arrays(parts: Sequence[Any]) -> dict[str, np.ndarray]:
    """Return what is an array of several results of one kind, each of all samples."""
    return {
        one.name: np.concatenate([getattr(part, one.name) for part in parts])
        for one in fields(parts[0]) if isinstance(getattr(parts[0], one.name), np.ndarray)
    }


def starts(layer: Layer, samples: int) -> dict[str, np.ndarray]:
    """Return the states of a layer before the first step, each int64 ``[samples, neurons]``."""
    fixed = layer.fixed
    times = layer.neurons // layer.kinds
    return {
        name: np.tile([fixed.start(name, neuron=n) for n in range(layer.kinds)], (samples, times))
        for name in fixed.formats
    }


def constants(
    layer: Layer, kind: type[np.signedinteger] | type[object] = np.int64
) -> dict[str, np.ndarray]:
    """Return what differs between the neurons of a layer, each ``[neurons]``."""
    return arrays.constants(layer.fixed, kind, times=layer.neurons // layer.kinds)


def worth_compiling(network: Network, samples: int) -> bool:
    """Return whether so many samples take longer than a compilation that is kept."""
    neurons = sum(layer.neurons for layer in network.layers)
    return samples * network.steps * neurons >= WORTH_COMPILING


def neurons_of(layer: Layer, synapses: Synapses, kind: type[np.signedinteger]) -> Neurons:
    """Return the neurons of a layer that compute with one type of integers."""
    reach = {name: synapses.reach(name) for name in layer.fixed.definition.inputs}
    return Neurons(layer.fixed, constants(layer, kind), integer=kind, reach=reach)


class _Layer:
    """One layer, ready to run blocks of samples."""

    def __init__(
        self, name: str, layer: Layer, synapses: Synapses, store: Store | None, keep: bool
    ):
        self._layer, self._synapses, self._store, self._keep = layer, synapses, store, keep
        width = check_width(name, layer, synapses)
        self._integer = np.int64 if store else narrowest(width)
        self._neurons = neurons_of(layer, synapses, self._integer)
        self._operations = np.array([layer.operations(event) for event in range(layer.events)])

    def compile(self) -> None:
        """Compile what can be compiled."""
        if self._neurons.compile():
            self._synapses.compile()

    def __call__(self, arriving: np.ndarray) -> LayerRun:
        samples, steps, _ = arriving.shape
        layer, kind = self._layer, self._integer
        states = {name: start.astype(kind) for name, start in starts(layer, samples).items()}
        spikes = np.zeros((samples, steps, layer.neurons), bool)
        membranes = np.zeros((samples, steps, layer.neurons if self._keep else 0), np.int64)
        events, synops = np.zeros(samples, np.int64), np.zeros(samples, np.int64)
        returning = heard_of_itself(layer)
        for t in range(steps):
            heard = arriving[:, t]
            for inputs, origin in returning:
                heard[:, inputs] = arriving_at(spikes.swapaxes(0, 1), origin, t)
            if layer.recurrent is not None:
                own = spikes[:, t - 1]  # none before the first step: the last one is still empty
                heard = np.concatenate([heard, own], axis=1)
            bits = count_bits(heard)
            events += bits.sum(axis=1, dtype=np.int64)
            synops += bits @ self._operations
            currents = self._synapses.currents(heard[None], integer=kind)
            states = self._neurons(states, currents, spikes[:, t][None])
            if self._store is not None:
                states = self._store(layer, states)
            if self._keep:
                membranes[:, t] = states["v"]
        return LayerRun(spikes, membranes, events, synops)


def check_width(name: str, layer: Layer, synapses: Synapses) -> int:
    """Return the bits of the widest integer that the neurons of a layer compute.

    Raises :exc:`DataError` where these are more than an int64 has.
    """
    inputs = layer.fixed.definition.inputs
    width = layer.fixed.widest({input: synapses.reach(input) for input in inputs})
    if width > _BITS:
        raise DataError(
            f"{name}: {layer.definition.name} with a {layer.membrane} membrane computes with "
            f"integers of {width} bits; the reference on arrays has {_BITS}, so choose a narrower "
            "membrane"
        )
    return width


def narrowest(width: int) -> type[np.signedinteger]:
    """Return the narrowest integer that holds so many bits, of those that numpy is fast with."""
    return np.int32 if width < 32 else np.int64


def count_bits(inputs: np.ndarray) -> np.ndarray:
    """Return how many bits are set in each input, a spike or a graded one."""
    return inputs if inputs.dtype == bool else np.bitwise_count(inputs)


def check_spikes(network: "Network | RealNetwork", spikes: np.ndarray) -> None:
    """Raise :exc:`DataError` unless these are input spikes, or graded inputs, of the network."""
    bits = network.input_bits
    what = "the input spikes are" if bits == 1 else "the graded inputs are"
    if spikes.ndim != 3 or spikes.shape[1:] != (network.steps, network.inputs):
        shape = " × ".join(map(str, spikes.shape)) or "a single number"
        raise DataError(
            f"{what} of shape {shape}; this network needs samples × "
            f"{network.steps} steps × {network.inputs} inputs"
        )
    if bits == 1 and spikes.dtype != bool and not np.isin(spikes, (0, 1)).all():
        raise DataError("the input spikes hold values other than 0 and 1; encode the samples first")
    if bits > 1 and not is_graded(spikes, bits=bits).all():
        raise DataError(
            f"the graded inputs hold values other than whole numbers from 0 to {(1 << bits) - 1}; "
            "encode the samples first"
        )
