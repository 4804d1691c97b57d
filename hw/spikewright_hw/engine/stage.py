"""What a stage of an engine is: one layer, between the words that come and those that leave."""

from typing import Protocol

from amaranth import Array, Module, Signal, Value, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..layer import Layer
from .row_layer import step_layout
from .words import Words

__all__ = ["Stage", "dense_operations", "stage_signature"]


class Stage(Protocol):
    """One layer of an engine, with all that it needs to take a step's spikes as words."""

    i: stream.Interface
    o: stream.Interface
    clear: Signal
    arriving: Signal
    returning: Signal
    operations: Signal

    def elaborate(self, platform) -> Module:
        """Build the stage."""
        ...


def stage_signature(layer: Layer, *, words: Words, together: int = 1) -> dict:
    """Return the members of a :class:`Stage`.

    Parameters
    ----------
    layer : Layer
    words : Words
        How the spikes of a step come to it.
    together : int
        Spikes that the stage may count in one cycle.

    Members
    -------
    i : In(stream.Signature(unsigned(words.bits)))
        Spikes, ``words.count`` transfers for each step; or for each bit plane of its graded inputs,
        the most significant first.
    o : Out(stream.Signature(step_layout(layer)))
        :func:`~.words.output_words` of the layer for each step: one, unless it comes to a map.
    clear : In(1)
        Sets all states to their start; only while the stage is empty.
    arriving : Out(range(together + 1))
        How many spikes from the layer before are counted in this cycle; each is counted once.
    returning : Out(range(together + 1))
        How many of the layer's own.
    operations : Out(range(most + 1))
        Synaptic operations in this cycle: how many weights are added.
    """
    most = together * layer.connection.lanes * (1 if layer.recurrent is None else 2)
    return {
        "i": In(stream.Signature(unsigned(words.bits))),
        "o": Out(stream.Signature(step_layout(layer))),
        "clear": In(1),
        "arriving": Out(range(together + 1)),
        "returning": Out(range(together + 1)),
        "operations": Out(range(most + 1)),
    }


def dense_operations(layer: Layer, *, arriving: Signal, returning: Signal) -> Value:
    """Return the synaptic operations of spikes that reach all neurons, without a multiplier."""

    def of(spikes: Signal) -> Value:
        return Array(count * layer.neurons for count in range(1 << len(spikes)))[spikes]

    return of(arriving) + (of(returning) if layer.recurrent is not None else 0)
