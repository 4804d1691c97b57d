"""How fast the references are: rows of ``spikewright bench engine`` that are timed."""

import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median

import numpy as np

from spikewright_hw.engine.streams import Streams
from spikewright_hw.network import Network

from ...network.fast import Predictor
from ...record.figure import Figure, Measured
from ...stochastic_models.engine import predictor
from .subject import Subject
from .target import Found, NotHere, Target
from .work import Work, best_rate

__all__ = ["reference_speed", "stochastic_speed"]

#: The peer, as it is imported.
PEER = "sc_neurocore_engine"
_THREADS = 2
#: Copies of the digits' test part, and turns that both take one after the other.
_COPIES, _TURNS = 16, 5

DIGITS = Subject(task="digits")


def reference_speed(work: Work, target: Target, *, subject: Subject) -> Found:
    """Time predictions of the test part."""
    network, spikes = work.of(subject).network, work.inputs(subject)
    work.tell("the integer reference")
    predict = Predictor(network, threads=_THREADS)
    predict(spikes)  # compiles
    rate = best_rate(lambda: predict(spikes), count=len(spikes))
    return Found(
        figure=Figure(target.name, round(rate), target.unit, _measured(
            f"predictions of {len(spikes)} encoded images on {_THREADS} threads; fastest of 3 turns"
        )),
        note=f"{_THREADS} threads",
    )


def stochastic_speed(work: Work, target: Target, *, length: int) -> Found:
    """Time the stochastic predictor and the peer in turns, on the same network.

    The peer computes one step, sums alone: no neuron. A sample here is all steps.
    """
    if find_spec(PEER) is None:
        raise NotHere(f"{PEER} is not installed; pip install sc-neurocore-engine")
    network = work.of(DIGITS).network
    spikes = np.tile(work.inputs(DIGITS), (_COPIES, 1, 1))
    work.tell(f"{length} bits, beside {PEER}")
    mine = predictor(network, streams=Streams(length=length), threads=_THREADS)
    theirs = _peer(network, length)
    values = np.ascontiguousarray(spikes.mean(axis=1))
    mine(spikes)
    ratios, rates = [], []
    for _ in range(_TURNS):
        pair = [_rate(mine, spikes), _rate(theirs, values)]
        rates.append(pair)
        ratios.append(pair[0] / pair[1])
    own, other = (median(each) for each in zip(*rates, strict=True))
    return Found(
        figure=Figure(
            target.name, round(median(ratios), 2), target.unit, _measured(
                f"{len(spikes)} samples, in turns with {PEER} {version(PEER)}, whose "
                f"DenseLayer.forward_batch_numpy computes one step and no neuron; median of "
                f"{_TURNS}"
            ), {"samples_per_second": own, "peer_samples_per_second": other},
        ),
        note=f"{own:,.0f} against {other:,.0f} samples a second",
    )


def _peer(network: Network, length: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the peer's layers, one after the other, with the sizes of a network."""
    layer_of = import_module(PEER).DenseLayer  # no dependency of this project's
    layers = [
        layer_of(layer.inputs, layer.neurons, length=length) for layer in network.layers
    ]

    def forward(values: np.ndarray) -> np.ndarray:
        for layer in layers:
            values = layer.forward_batch_numpy(np.ascontiguousarray(np.clip(values, 0, 1)))
        return values

    return forward


def _rate(work: Callable[[np.ndarray], object], samples: np.ndarray) -> float:
    return best_rate(lambda: work(samples), count=len(samples), turns=1)


def _measured(tap: str) -> Measured:
    resolution = time.get_clock_info("perf_counter").resolution
    return Measured(instrument="time.perf_counter", tap=tap, sampling_rate_hz=1 / resolution)
