"""Conditions that parameters decide: refused for a neuron among others as for one alone."""

import pytest

from spikewright_hw.definition.definition import Parameter, neuron
from spikewright_hw.definition.expression import where
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format

CONDITIONS = {
    "alone": lambda v, p: p.gain > p.level,
    "both": lambda v, p: (p.gain > p.level) & (v > 1),
    "either": lambda v, p: (v > 1) | (p.gain > p.level),
    "inverted": lambda v, p: ~((p.gain > p.level) & (v > 1)),
    "nested": lambda v, p: (v > 2) & ~((p.gain <= p.level) | (v < 1)),
    "chosen": lambda v, p: where(p.gain > p.level, v > 1, v > 2),
}


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("gain", [(0.0, 2.0), (2.0, 0.0), (0.0, 0.0), (2.0, 2.0)])
def test_a_neuron_among_others_is_refused_as_it_is_alone(name, gain):
    @neuron(gain=Parameter(1.0, ""), level=Parameter(1.0, ""))
    def some(s, i, p):
        v = 0.5 * s.v + i
        return {"v": v, "spike": CONDITIONS[name](v, p)}

    def refusal(value: float | tuple[float, ...]) -> str:
        try:
            FixedNeuron.of(some, Arithmetic(format=Format(8, 8)), {"gain": value})
        except ValueError as error:
            return str(error)
        return ""

    alone = [refusal(value) for value in gain]
    first = next((n for n, words in enumerate(alone) if words), None)
    expected = "" if first is None else alone[first].replace(",", f" for neuron {first},")
    assert refusal(gain) == expected
