"""The answer of an engine as words of 32 bits: what a bus carries of an inference."""

from amaranth import Value
from amaranth.lib import data

from ..network import Network

__all__ = ["ANSWER_BITS", "answer_names", "answer_words", "is_signed"]

#: Bits of a word of an answer.
ANSWER_BITS = 32


def answer_names(network: Network) -> tuple[str, ...]:
    """Return what each word of an answer is; the prediction is the first.

    The fields are those of :func:`~spikewright_hw.engine.result_layout.result_layout`.
    """
    return (
        "prediction", "cycles", "input_events", "synops",
        *(f"spikes_{layer}" for layer in range(len(network.layers))),
        *(f"output_{neuron}" for neuron in range(network.outputs)),
    )


def is_signed(name: str) -> bool:
    """Return whether a word of an answer is a signed number: an output."""
    return name.startswith("output_")


def answer_words(result: data.View) -> list[Value]:
    """Return the words of a result, in the order of :func:`answer_names`."""
    words = [result.prediction, result.cycles, result.input_events, result.synops]
    return [*words, *result.spikes, *result.outputs]
