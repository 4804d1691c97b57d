"""Layers to prove the engines' cores on: as small as can be, and what a broken core would run."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from amaranth import Mux, Value

from spikewright_hw.definition.definition import Definition, Input, Parameter, neuron
from spikewright_hw.definition.expression import where
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer, Rows

__all__ = ["MUTANTS", "clamp", "mutant", "tiny_layer"]

#: Parameters of the smallest layers.
TINY: dict[str, dict[str, Any]] = {
    "lif": {"decay": 0.5, "threshold": 0.5},
    "nir_li": {"tau": 2.0, "r": 2.0, "v_leak": (1.0, -1.0)},  # neurons with starts of their own
    "lif_refractory": {"decay": 0.5, "threshold": 0.5, "refractory": 1},  # two states
    "recurrent_lif": {"decay": 0.5, "threshold": 0.5},
    "alpha": {},  # excitatory and inhibitory sums, five states
}


def _apart(s: Any, exc: Any, inh: Any, p: Any) -> dict[str, Any]:
    """LIF in which inhibition counts half as much as excitation."""
    u = p.decay * s.v + exc - 0.5 * inh
    spike = u >= p.threshold
    return {"v": where(spike, u - p.threshold, u), "spike": spike}


def _sources(first: Any, second: Any) -> Definition:
    """Make the definition whose ``exc`` and ``inh`` come from these sources."""
    return neuron(
        exc=Input(first),
        inh=Input(second),
        decay=Parameter(0.5, "share of the membrane that is left after a step", low=0, high=1),
        threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
    )(_apart)


#: Neurons that tell excitation from inhibition: a small stand-in for ``alpha``, whose five states
#: are too many for a proof over memory and turns. And the same with the two swapped.
APART = _sources("excitatory", "inhibitory")
SWAPPED = _sources("inhibitory", "excitatory")


def _graded(weights: Rows, *, recurrent: Rows | None = None) -> Layer:
    neuron = "lif" if recurrent is None else "recurrent_lif"
    form = Format(1 + len(weights[0]), 1)
    return Layer(
        weights, 3, neuron, TINY[neuron], form, exponent=1, recurrent=recurrent, input_bits=2
    )


#: Layers with inputs of two bits; those of one neuron are small enough for a proof over memory.
GRADED = {
    "graded": _graded(((1,), (-1,))),
    "graded_own": _graded(((1,),), recurrent=((-1,),)),
    "graded_pair": _graded(((1, -2), (1, 1)), recurrent=((0, 1), (1, 0))),
}


def tiny_layer(kind: str) -> Layer:
    """Make a layer of two inputs and two neurons; it is too small for their states not to clamp.

    ``kind`` is a neuron, ``apart``, or ``biased`` for that with a bias; or one of :data:`GRADED`.
    Its currents fit the membrane's format, as :func:`~neuron.exact_step` asks.
    """
    if kind in GRADED:
        return GRADED[kind]
    apart = kind in ("apart", "biased")
    return Layer(
        weights=((2, -3), (1, 2)),
        weight_bits=3,
        neuron=APART if apart else kind,
        parameters=TINY["lif" if apart else kind],
        membrane=Format(2, 1),
        exponent=1,
        recurrent=((0, 1), (1, 0)) if kind == "recurrent_lif" else None,
        bias=(-2, 1) if kind == "biased" else None,
    )


def _map(change: Callable[[Rows], Sequence[Sequence[int]]]) -> Callable[[Layer], Layer]:
    return lambda layer: replace(layer, weights=tuple(map(tuple, change(layer.weights))))


#: What a broken core would run in place of a layer, by fault: each makes it of the right one.
MUTANTS: dict[str, Callable[[Layer], Layer]] = {
    "sign": _map(lambda rows: [[-weight for weight in row] for row in rows]),
    "neurons": _map(lambda rows: [row[::-1] for row in rows]),
    "rows": _map(lambda rows: rows[::-1]),
    "first": _map(lambda rows: [[0, *row[1:]] for row in rows]),  # the first neuron hears nothing
    "last": _map(lambda rows: [[*row[:-1], 0] for row in rows]),
}


def mutant(layer: Layer, fault: str) -> Layer:
    """Return the layer that a core with a fault runs: one of :data:`MUTANTS`, ``sources`` of an
    ``apart`` one, ``own`` of a recurrent one, ``bias`` of a biased one, or the layer itself if it
    is none of these.
    """
    if fault == "sources":
        return replace(layer, neuron=SWAPPED)
    if fault == "bias":
        assert layer.bias is not None
        return replace(layer, bias=(0, *layer.bias[1:]))
    if fault == "own":
        assert layer.recurrent is not None
        return replace(layer, recurrent=layer.recurrent[::-1])
    return MUTANTS.get(fault, lambda same: same)(layer)


def clamp(value: Value, low: int, high: int) -> Value:
    """Clamp an exact value by two comparisons."""
    return Mux(value > high, high, Mux(value < low, low, value))
