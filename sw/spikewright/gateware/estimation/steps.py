"""How many cycles inferences take, estimated from what spikes in each step.

Of a stochastic engine and of a folded one it is exact, and nearly so of other dense layers in a
row; where maps, delays and layers that hear themselves wait for one another, it is followed as far
as the words of a step go.
"""

import numpy as np

from spikewright_hw.engine.design import Design, StochasticDesign
from spikewright_hw.engine.each_layer import shares_of
from spikewright_hw.engine.outputs import readout_latency
from spikewright_hw.engine.row_layer import update_stages
from spikewright_hw.engine.taps import tap_cycles
from spikewright_hw.engine.words import arriving_words
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from ...engine_cycles.inference import cycles
from ...network.hearing import delayed, heard_of_itself, heard_of_others
from ...network.reference import Run

__all__ = ["estimated_cycles", "layer_cycles"]

#: Cycles from a word of spikes to its first row; from a step's last row to its spikes, beside the
#: stages and turns of the updaters; and from there to the first row of a layer's own spikes. They
#: bring the estimate nearest to simulations of small networks of each kind.
_SCANNED, _UPDATED, _RETURNED = 3, 2, 6

#: Cycles of each sample and step, of what a layer hears of others and of itself.
_Busy = tuple[np.ndarray, np.ndarray | None]


def estimated_cycles(
    network: Network, spikes: np.ndarray, run: Run, *, design: Design
) -> np.ndarray:
    """Return the cycles of each inference ``[samples]``.

    Parameters
    ----------
    network : Network
    spikes : array ``[samples, steps, inputs]``
        What is run.
    run : Run
        What the reference gives, with the spikes of each layer.
    design : Design
    """
    if isinstance(design, StochasticDesign) or _is_simple(network):
        return cycles(network, spikes, run, design=design)
    built = design.built(network)
    busy = _busy(built, spikes, run)
    shares = shares_of(built, design.share)
    heard = [np.zeros(len(spikes))] * len(built.layers)
    ready = np.zeros(len(spikes))
    for step in range(built.steps):
        ready = np.zeros(len(spikes))  # inputs are there at once
        for at, (layer, share, (others, own)) in enumerate(
            zip(built.layers, shares, busy, strict=True)
        ):
            words = layer.connection.words
            update = update_stages(layer) + _UPDATED + (share if words == 1 else 0)
            # While the words of a map are updated, nothing is added to them.
            free = heard[at] + (words if words > 1 else 0)
            now = np.maximum(free, ready + _SCANNED) + others[:, step]
            if step and words == 1:  # a step is closed when the one before had all its turns
                now = np.maximum(now, heard[at] + share + update_stages(layer))
            if own is not None and step:  # its own spikes are there after their update
                now = np.maximum(now, heard[at] + update + _RETURNED) + own[:, step]
            heard[at] = now
            ready = now + update
    return ready + built.layers[-1].connection.words + readout_latency(built)


def layer_cycles(
    network: Network, spikes: np.ndarray, run: Run, *, design: Design
) -> tuple[float, ...]:
    """Return how long each layer reads rows of an inference, mean: what it is busy for."""
    if isinstance(design, StochasticDesign):
        return ()
    busy = [
        others if own is None else others + own
        for others, own in _busy(design.built(network), spikes, run)
    ]
    banks = design.banks if isinstance(design.banks, tuple) else (design.banks,) * len(busy)
    simple = _is_simple(network)
    return tuple(
        float(each.sum(axis=1).mean()) / (count if simple else 1)
        for each, count in zip(busy, banks, strict=True)
    )


def _is_simple(network: Network) -> bool:
    """Whether the network is a chain of dense layers that do not hear themselves."""
    return network.is_chain and all(
        layer.is_flat and layer.recurrent is None and layer.is_plain and layer.input_bits == 1
        for layer in network.layers
    )


def _busy(network: Network, spikes: np.ndarray, run: Run) -> list[_Busy]:
    """Return the cycles in which each layer reads rows: of others' spikes, and of its own."""
    did = [np.asarray(spikes), *(np.asarray(one) for one in run.spikes)]
    found: list[_Busy] = []
    for at, (layer, words) in enumerate(
        zip(network.layers, arriving_words(network), strict=True)
    ):
        heard = heard_of_others(at, layer, did[: at + 1])
        taps = np.array([tap_cycles(layer.connection, one) for one in range(heard.shape[2])])
        planes = [heard]
        if layer.input_bits > 1:
            planes = [heard >> bit & 1 for bit in range(layer.input_bits)]
        others = np.sum([np.maximum(plane @ taps, 1) for plane in planes], axis=0)
        # A word of a map is looked at in a cycle, also where it is empty.
        others = np.maximum(others, sum(one.count for one in words) * layer.input_bits)
        own = None
        if at + 1 < len(did):
            own = _of_itself(layer, did[at + 1], taps)
        found.append((others.astype(float), own))
    return found


def _of_itself(layer: Layer, own: np.ndarray, taps: np.ndarray) -> np.ndarray | None:
    """Return the cycles of a layer's own spikes, ``[samples, steps]``, if it hears them."""
    if layer.recurrent is not None:
        later = np.zeros(own.shape[:2])
        later[:, 1:] = own[:, :-1].sum(axis=2)
        return later
    returning = heard_of_itself(layer)
    if not returning:
        return None
    return sum(
        (delayed(own, origin) @ taps[inputs] for inputs, origin in returning),
        start=np.zeros(own.shape[:2]),
    )
