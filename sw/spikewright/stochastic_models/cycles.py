"""Cycles of an inference, worked out from what spiked in each step."""

import numpy as np

from spikewright.network.reference import Run
from spikewright_hw.engine.design import Design, EventDesign, StochasticDesign
from spikewright_hw.engine.outputs import readout_latency
from spikewright_hw.engine.row_layer import row_step_cycles
from spikewright_hw.engine.stream_lane import blocks
from spikewright_hw.engine.stream_layer import stream_step_cycles
from spikewright_hw.network import Network

__all__ = ["cycles", "exact_cycles"]


def cycles(network: Network, spikes: np.ndarray, run: Run, *, design: Design) -> np.ndarray:
    """Return the clock cycles of each inference, as the engine counts them.

    Exact for the stochastic engine. The event engine takes up to one cycle more in a step: a layer
    may lose it when its first event comes while it updates its neurons.

    Parameters
    ----------
    network : Network
        Of layers that do not hear themselves.
    spikes : bool array ``[samples, steps, inputs]``
        What was run.
    run : Run
        What came of it.
    design : Design

    Returns
    -------
    int64 array ``[samples]``
    """
    arriving = [np.asarray(spikes, bool), *run.spikes[:-1]]
    busy = [
        _stream_cycles(layer, heard, design) if isinstance(design, StochasticDesign)
        else _event_cycles(layer, heard, design)
        for layer, heard in zip(network.layers, arriving, strict=True)
    ]
    ended = _chained(busy, buffered=isinstance(design, EventDesign))
    return 2 + ended + readout_latency(network)


def exact_cycles(
    network: Network, spikes: np.ndarray, run: Run, *, design: Design
) -> np.ndarray | None:
    """Return what :func:`cycles` does where that is exact, else None.

    It is exact for a stochastic engine whose layers do not hear themselves.
    """
    recurrent = any(layer.recurrent is not None for layer in network.layers)
    if recurrent or not isinstance(design, StochasticDesign):
        return None
    return cycles(network, spikes, run, design=design)


def _stream_cycles(layer, heard: np.ndarray, design: StochasticDesign) -> np.ndarray:
    every = blocks(layer, lanes=design.lanes)
    starts = [block.start for block in every]
    used = np.logical_or.reduceat(heard, starts, axis=2).sum(axis=2)
    if design.streams.encoding == "bipolar":
        used = np.full_like(used, len(every))
    return stream_step_cycles(layer, design.streams, np.maximum(used, 1), share=design.share)


def _event_cycles(layer, heard: np.ndarray, design: EventDesign) -> np.ndarray:
    return row_step_cycles(layer, np.maximum(heard.sum(axis=2), 1), share=design.share)


def _chained(busy: list[np.ndarray], *, buffered: bool) -> np.ndarray:
    """Return when the last layer has done the last step; ``busy`` is ``[samples, steps]`` each.

    A stream layer begins its next step in the cycle after that in which its output is taken. A row
    layer has an output of its own and begins at once, but a step takes three cycles to pass it.
    """
    samples, steps = busy[0].shape
    free = np.zeros((len(busy), samples), np.int64)
    done = np.zeros(samples, np.int64)
    for t in range(steps):
        done = np.zeros(samples, np.int64)  # inputs are there at once
        for number, cycles_of in enumerate(busy):
            begun = np.maximum(done, free[number])
            if number and not buffered:
                free[number - 1] = begun + 1
            done = begun + cycles_of[:, t] + 3 * buffered
            free[number] = begun + cycles_of[:, t] if buffered else done + 1
    return done
