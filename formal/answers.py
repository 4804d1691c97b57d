"""What an engine on a bus owes for each sample: the words of its answer, as the reference says."""

from amaranth import Array, Const, Signal, Value

from spikewright_hw.bus.answer import ANSWER_BITS, answer_names
from spikewright_hw.engine.reference import run
from spikewright_hw.network import Network

__all__ = ["owed_word"]


def owed_word(network: Network, *, bits: Value, at: Value, cycles: Value) -> Signal | Value:
    """Return the word of an answer that is owed.

    ``bits`` are the inputs of all bit planes, the first lowest; ``at`` is the word's number. The
    cycles, which no reference knows, are what is given.
    """
    words = []
    for number, name in enumerate(answer_names(network)):
        if name == "cycles":
            words.append(cycles)
            continue
        values = []
        for sample in range(1 << len(bits)):
            planes = [
                sample >> plane * network.inputs & (1 << network.inputs) - 1
                for plane in range(network.planes)
            ]
            result, _ = run(network, planes)
            all_words = (
                result.prediction, 0, result.input_events, result.synops, *result.spikes,
                *result.outputs,
            )
            values.append(Const(all_words[number] & (1 << ANSWER_BITS) - 1, ANSWER_BITS))
        words.append(Array(values)[bits])
    return Array(words)[at]
