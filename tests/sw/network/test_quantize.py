"""Which neurons may count their levels in weight steps, and that these fit the membrane."""

from dataclasses import replace

import pytest
import torch

from spikewright.network.draft import draft
from spikewright.network.model import Model
from spikewright.network.model_config import ModelConfig
from spikewright.network.quantize import scalable
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS

#: Neurons with an exponential or a square. Of adex, the states alone tell: at its defaults it does
#: not spike in the run that is tried.
CURVED = {"exp_if", "adex", "izhikevich"}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_what_is_linear_can_be_counted_in_weight_steps(name):
    assert scalable(DEFINITIONS[name]) == (name not in CURVED)


@pytest.mark.filterwarnings("ignore::spikewright.errors.SpikewrightWarning")
@pytest.mark.parametrize("neuron", [name for name, one in DEFINITIONS.items() if one.spikes])
@pytest.mark.parametrize("membrane", [Format(1, 1), Format(3, 4)], ids=str)
def test_whatever_has_a_draft_can_be_quantised(neuron, membrane):
    """However small or large the weights have become; else it is refused before the training."""
    config = replace(
        ModelConfig(), sizes=(3, 2, 2), parameters={}, neuron=neuron, membrane=membrane
    )
    try:
        draft(config, steps=2)
    except ValueError as error:
        assert neuron == "alif" and membrane.width == 2  # whose levels are 1.6 and 0.184
        assert str(error).startswith("a level of 1.6 thresholds does not fit into ")
        return
    for factor in (0.001, 50.0):
        model = Model(config, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            for weights in model.weights:
                weights *= factor
        model.quantize()
        assert model.network(steps=2).layers[0].membrane == membrane
