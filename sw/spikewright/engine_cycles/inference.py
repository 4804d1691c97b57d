"""Cycles of an inference, worked out from what spiked in each step."""

import numpy as np

from spikewright.network.reference import Run
from spikewright_hw.engine.dealing import dealt
from spikewright_hw.engine.design import Design, EventDesign, StochasticDesign
from spikewright_hw.engine.each_layer import banks_of, shares_of
from spikewright_hw.engine.input_scan import cycles_ahead
from spikewright_hw.engine.outputs import readout_latency
from spikewright_hw.engine.row_layer import row_latency, update_stages
from spikewright_hw.engine.stream_lane import blocks
from spikewright_hw.engine.stream_layer import stream_step_cycles
from spikewright_hw.network import Network

from .folded import folded_ends

__all__ = ["cycles", "exact_cycles"]


def cycles(network: Network, spikes: np.ndarray, run: Run, *, design: Design) -> np.ndarray:
    """Return the clock cycles of each inference, as the engine counts them.

    Exact for the stochastic engine, and for a folded event engine. Another event engine takes more
    where a step waits in front of a layer that is slower than the one before it.

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

    Raises
    ------
    ValueError
        The event engine is folded, and the inputs are graded: that follows from a simulation.
    """
    arriving = [np.asarray(spikes, bool), *run.spikes[:-1]]
    built = design.built(network)
    if isinstance(design, EventDesign) and built != network:
        if network.input_bits > 1:
            raise ValueError(
                f"the inputs are graded; their cycles on the {design} follow from a simulation"
            )
        ended = folded_ends(built, arriving, share=design.share)
    elif isinstance(design, StochasticDesign):
        ended = _stream_ends([
            _stream_cycles(layer, heard, design, share=share)
            for layer, heard, share in zip(
                network.layers, arriving, shares_of(network, design.share), strict=True
            )
        ])
    else:
        ended = _event_ends(network, arriving, design)
    return ended + readout_latency(built)


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


def _stream_cycles(
    layer, heard: np.ndarray, design: StochasticDesign, *, share: int
) -> np.ndarray:
    every = blocks(layer, lanes=design.lanes)
    starts = [block.start for block in every]
    used = np.logical_or.reduceat(heard, starts, axis=2).sum(axis=2)
    if design.streams.encoding == "bipolar":
        used = np.full_like(used, len(every))
    return stream_step_cycles(layer, design.streams, np.maximum(used, 1), share=share)


def _event_ends(network: Network, arriving: list[np.ndarray], design: EventDesign) -> np.ndarray:
    """Return when the last layer has done the last step.

    A step is closed with its last event, once the step before has had its turns in the updaters;
    these begin when the output before is taken.
    """
    steps = arriving[0].shape[1]
    ahead = 0 if network.layers[0].recurrent else cycles_ahead(network.planes, at_most=True)
    came = [np.int64(-ahead)] * steps  # inputs are there at once, and the first are looked for
    for layer, heard, share, banks in zip(
        network.layers, arriving, shares_of(network, design.share),
        banks_of(network, design.banks), strict=True,
    ):
        in_banks = dealt(range(heard.shape[-1]), banks)
        events = np.max([heard[..., bank].sum(axis=2) for bank in in_banks], axis=0)
        latency = row_latency(update_stages(layer), share=share, banks=banks)
        turns = share + update_stages(layer)
        last = given = np.int64(0)  # when the events of a step are in, and its output is there
        for t in range(steps):
            # A scan takes two cycles to its first event, and the latency is from the last one.
            last = np.maximum(last, came[t] + 1 + latency - turns) + np.maximum(events[:, t], 1)
            last = np.maximum(last, given)
            given = last + turns
            came[t] = given
    return came[-1]


def _stream_ends(busy: list[np.ndarray]) -> np.ndarray:
    """Return when the last layer has done the last step; ``busy`` is ``[samples, steps]`` each.

    A layer begins its next step in the cycle after that in which its output is taken.
    """
    samples, steps = busy[0].shape
    free = np.zeros((len(busy), samples), np.int64)
    done = np.zeros(samples, np.int64)
    for t in range(steps):
        done = np.zeros(samples, np.int64)  # inputs are there at once
        for number, cycles_of in enumerate(busy):
            begun = np.maximum(done, free[number])
            if number:
                free[number - 1] = begun + 1
            done = begun + cycles_of[:, t]
            free[number] = done + 1
    return done
