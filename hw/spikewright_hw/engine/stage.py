"""What a stage of an engine is: one layer, between the words that come and those that leave."""

import re
from collections.abc import Sequence
from typing import Protocol

from amaranth import Array, Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..layer import Layer
from .row_layer import step_layout
from .words import Words

__all__ = [
    "Stage", "dense_operations", "stage_arrivals", "stage_inputs", "stage_signature",
]


class Stage(Protocol):
    """One layer of an engine, with all that it needs to take a step's spikes as words.

    Its members are those of :func:`stage_signature`.
    """

    @property
    def signature(self) -> wiring.Signature:
        """Its members."""
        ...


    i: stream.Interface
    o: stream.Interface
    clear: Signal
    arriving: Signal
    returning: Signal
    operations: Signal

    def elaborate(self, platform) -> Module:
        """Build the stage."""
        ...


def stage_inputs(stage: Stage) -> list[stream.Interface]:
    """Return the streams of the parts of a stage's connection."""
    return _of_parts(stage, "i")


def stage_arrivals(stage: Stage) -> list[Signal]:
    """Return the counts of the parts of a stage's connection: ``arriving`` of each."""
    return _of_parts(stage, "arriving")


def _of_parts(stage: Stage, name: str) -> list:
    names = [one for one in stage.signature.members if re.fullmatch(rf"{name}(_\d+)?", one)]
    return [getattr(stage, one) for one in names]


def stage_signature(
    layer: Layer, *, words: Sequence[Words], bits: int | None = None, together: int = 1
) -> dict:
    """Return the members of a :class:`Stage`.

    Parameters
    ----------
    layer : Layer
    words : sequence of Words
        How the spikes of a step come to each part of its connection.
    bits : int, optional
        Of a word in which its own leave; all of them at once if not given.
    together : int
        Spikes that the stage may count in one cycle.

    Members
    -------
    i, i_1, i_2, ... : In(stream.Signature(unsigned(bits)))
        Spikes that a part of the connection hears, as many words of so many bits for each step; or
        for each bit plane of its graded inputs, the most significant first.
    o : Out(stream.Signature(step_layout(layer, bits=bits)))
        As many words for each step as its neurons fill.
    clear : In(1)
        Sets all states to their start; only while the stage is empty.
    arriving, arriving_1, arriving_2, ... : Out(range(together + 1))
        How many spikes that arrive by a part are counted in this cycle; each is counted once.
    returning : Out(range(together + 1))
        How many of the layer's own, by its recurrent weights.
    operations : Out(range(most + 1))
        Synaptic operations in this cycle: how many weights are added.
    """
    numbers = ["", *(f"_{number}" for number in range(1, len(words)))]
    most = together * layer.connection.lanes * (1 if layer.recurrent is None else 2)
    return {
        **{
            f"i{number}": In(stream.Signature(unsigned(one.bits)))
            for number, one in zip(numbers, words, strict=True)
        },
        "o": Out(stream.Signature(step_layout(layer, bits=bits))),
        "clear": In(1),
        **{f"arriving{number}": Out(range(together + 1)) for number in numbers},
        "returning": Out(range(together + 1)),
        "operations": Out(range(most + 1)),
    }


def dense_operations(layer: Layer, *, arriving: Signal, returning: Signal) -> Value:
    """Return the synaptic operations of spikes that reach all neurons, without a multiplier."""

    def of(spikes: Signal) -> Value:
        return Array(count * layer.neurons for count in range(1 << len(spikes)))[spikes]

    return of(arriving) + (of(returning) if layer.recurrent is not None else 0)
