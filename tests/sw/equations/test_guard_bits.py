"""Guard bits of the neurons written by hand, by the rule that chooses those of equations.

A membrane has none, whoever writes it: layers add weights to it, and compare it, as its format is.
"""

from dataclasses import replace

import pytest

from spikewright.equations.agreement import Agreement
from spikewright.equations.movement import movements
from spikewright.equations.trial import Trial
from spikewright_hw.cores import CORES
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.neuron.component import NeuronCore

PRESETS = [(name, preset) for name in DEFINITIONS for preset in CORES[name].presets]

#: Bits that the rule asks for and a state lacks, beside the membrane.
MISSING = {
    ("alpha", "q8_8"): {"x_exc": 2, "i_exc": 2, "x_inh": 2, "i_inh": 2},
    ("alpha", "q8_4"): {"x_exc": 4, "i_exc": 3, "x_inh": 3, "i_inh": 3},
    ("second_order_lif", "q8_8"): {"rise": 1, "current": 1},
    ("second_order_lif", "q8_4"): {"rise": 4, "current": 4},
    ("clif", "q8_8"): {"m": 2},
    ("clif", "q6_4"): {"m": 3},
    ("tc_lif", "q8_4"): {"dendrite": 1},
    ("adex", "q8_8"): {"w": 1},
}
#: Of these, what spikes otherwise than real numbers: theirs and the integers' in 2,000 steps.
OFF = {("alpha", "q8_4"): (569, 498), ("second_order_lif", "q8_4"): (664, 617)}


def of(name: str, preset: str) -> tuple[Definition, FixedNeuron]:
    """Return a definition whose parameters are, by default, those of a preset; and its integers."""
    core = CORES[name].build(preset)
    assert isinstance(core, NeuronCore)
    fixed = core.fixed
    parameters = {
        word: replace(one, default=value if isinstance(value, int | float) else value[0])
        for (word, one), value in zip(
            DEFINITIONS[name].parameters.items(), fixed.parameters.values(), strict=True
        )
    }
    return replace(DEFINITIONS[name], parameters=parameters), fixed


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_what_the_rule_asks_for(name, preset):
    definition, fixed = of(name, preset)
    missing = {
        state: one.guard - definition.states[state].guard
        for state, one in movements(Trial.of(definition, fixed.format)).items()
        if state != "v" and one.guard > definition.states[state].guard
    }
    assert missing == MISSING.get((name, preset), {})


@pytest.mark.parametrize(("name", "preset"), MISSING)
def test_what_missing_bits_cost(name, preset):
    definition, fixed = of(name, preset)
    current = Trial.of(definition, fixed.format).driving
    seen = Agreement.of(definition, fixed.arithmetic, current=current)
    if (name, preset) in OFF:
        assert not seen.close and (seen.real, seen.integer) == OFF[name, preset]
    else:
        assert seen.close
