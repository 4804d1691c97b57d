"""Modules as networks: what is folded, which calls are understood, and what is refused."""

# The frameworks and nir have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOperatorIssue=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false

import re

import numpy as np
import pytest
import snntorch as snn
import torch
from torch import nn

from spikewright.errors import DataError
from spikewright.exchange.from_torch import from_torch
from spikewright.network.real_run import run_real

from .frameworks import in_double, layer, neuron, norse, outputs


def leaky(**given):
    return snn.Leaky(beta=0.8, **{"init_hidden": True} | given)


def loud(inputs: int, neurons: int) -> nn.Linear:
    made = nn.Linear(inputs, neurons)
    made.weight.data *= 5
    return made


def load(module, shape=(2, 6), **given):
    return from_torch(module, torch.zeros(shape), **{"readout": "count", "steps": 20} | given)


class Looping(nn.Module):
    """A module as tutorials have it: all steps in one call, with the states in its hands."""

    def __init__(self, between=lambda x: x, before=lambda x: x):
        super().__init__()
        self.fc1, self.lif1 = loud(6, 8), leaky(init_hidden=False)
        self.fc2, self.lif2 = loud(8, 3), leaky(init_hidden=False)
        self.between, self.before = between, before

    def forward(self, x):
        mem1, mem2 = self.lif1.reset_mem(), self.lif2.reset_mem()
        sent = []
        for step in self.before(x):
            spk1, mem1 = self.lif1(self.fc1(step), mem1)
            spk2, mem2 = self.lif2(self.fc2(self.between(spk1)), mem2)
            sent.append(spk2)
        return torch.stack(sent), mem2


def test_a_loop_over_steps_gives_their_number():
    torch.manual_seed(0)
    module = Looping()
    network = load(module, (20, 2, 6), steps=None)
    assert network.steps == 20
    spikes = np.random.default_rng(0).random((4, 20, 6)) < 0.4
    given = torch.from_numpy(spikes.swapaxes(0, 1).astype(np.float64))
    with torch.no_grad():
        sent = in_double(module)(given)[0].numpy().swapaxes(0, 1)
    np.testing.assert_array_equal(run_real(network, spikes).spikes[-1], sent)
    assert 0.05 < sent.mean() < 0.95


def test_what_does_nothing_at_inference_is_left_out_and_normalisation_is_folded():
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Flatten(), nn.BatchNorm1d(6), loud(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), leaky(),
        nn.Identity(), loud(8, 3), leaky(), nn.Identity(),
    )
    for _ in range(5):
        module(torch.rand(32, 2, 3))  # learns what is normal
    network = load(module, (2, 2, 3))
    assert len(network.layers) == 2
    spikes = np.random.default_rng(0).random((4, 20, 6)) < 0.4
    for part in module:
        if hasattr(part, "reset_mem"):
            part.mem = torch.zeros(0)
    sent = outputs(in_double(module), spikes, sequence=False)
    np.testing.assert_array_equal(run_real(network, spikes).spikes[-1], sent)
    assert 0.02 < sent.mean() < 0.98


def test_a_whole_sequence_of_spikingjelly():
    torch.manual_seed(0)
    module = nn.Sequential(
        layer.Linear(6, 8, step_mode="m"), neuron.LIFNode(step_mode="m"),
        layer.SeqToANNContainer(loud(8, 3)), neuron.IFNode(step_mode="m"),
    )
    module[0].weight.data *= 8
    network = load(module, (20, 2, 6), steps=None)
    spikes = np.random.default_rng(0).random((4, 20, 6)) < 0.4
    sent = outputs(in_double(module), spikes, sequence=True)
    np.testing.assert_array_equal(run_real(network, spikes).spikes[-1], sent)
    assert 0.02 < sent.mean() < 0.98


def test_a_readout_of_a_membrane_that_is_reset():
    torch.manual_seed(0)
    module = nn.Sequential(loud(6, 3), leaky(output=True))
    network = load(module, readout="maximum")
    assert network.layers[0].definition.name == "snntorch_leaky_subtract_late_membrane"
    spiking = load(module)
    spikes = np.random.default_rng(0).random((4, 20, 6)) < 0.4
    membranes = run_real(network, spikes).states[0]["v"]
    np.testing.assert_array_equal(membranes, run_real(spiking, spikes).states[0]["v"])


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_what_a_spike_is_multiplied_by_is_in_the_next_weights(factor):
    torch.manual_seed(0)
    module = nn.Sequential(loud(6, 8), leaky(graded_spikes_factor=factor), loud(8, 3), leaky())
    network = load(module)
    np.testing.assert_allclose(
        network.layers[1].weights, factor * module[2].weight.detach().numpy().T, rtol=1e-6
    )


def test_the_module_is_not_changed():
    module = nn.Sequential(loud(6, 3), leaky()).train()
    module(torch.ones(2, 6))
    before = module[1].mem.clone()
    load(module)
    assert module.training and module[0].weight.dtype == torch.float32
    assert torch.equal(module[1].mem, before)


def sequential(*parts):
    return lambda: nn.Sequential(*parts)


REFUSED = {
    "another layer": (
        sequential(loud(6, 3), nn.ReLU(), leaky()), {},
        "1 is a ReLU, which sends values and no spikes; convert() makes spiking neurons of it",
    ),
    "another neuron": (
        sequential(loud(6, 3), snn.LeakyParallel(3, 3)), {"shape": (4, 2, 6), "steps": None},
        "1 is a LeakyParallel, which is not imported; docs/import.md lists what is",
    ),
    "a quantised state": (
        sequential(loud(6, 3), leaky(state_quant=lambda x: x)), {},
        ("1, a Leaky, has state_quant, which rounds its state in a way of its own; import it "
        "without"),
    ),
    "a normalisation of batches": (
        sequential(loud(6, 3), nn.BatchNorm1d(3, track_running_stats=False), leaky()), {},
        ("1, a BatchNorm1d, normalises by each batch (track_running_stats=False), which cannot be "
        "folded into weights; train it with running statistics"),
    ),
    "no neurons": (
        sequential(loud(6, 3), leaky(), loud(3, 3)), {},
        ("2 is followed by no neurons, so nothing says what becomes of its values; add neurons, or "
        "one that only integrates"),
    ),
    "no readout": (
        sequential(loud(6, 3), leaky()), {"readout": None},
        ("the network does not say how its answer is read; pass readout='count' (most spikes), "
         "readout='first' (earliest spike), readout='last' (highest membrane after the last step) "
         "or readout='maximum' (highest membrane of all steps)"),
    ),
    "no steps": (
        sequential(loud(6, 3), leaky()), {"steps": None},
        "the example is one step; pass steps=, the time steps of an inference",
    ),
    "other steps": (
        Looping, {"shape": (7, 2, 6)},
        "steps is 20, and the example has 7; leave steps= out",
    ),
    "something in between": (
        lambda: Looping(between=lambda x: 1 - x), {"shape": (20, 2, 6), "steps": None},
        ("fc2 takes something else than lif1 sends (rsub on the way); what parts send may be added "
         "(+), and only modules that are imported do anything else to it"),
    ),
    "something before": (
        lambda: Looping(before=lambda x: x.flip(2)), {"shape": (20, 2, 6), "steps": None},
        ("fc1 takes something else than what the module is given, [2, 6] in each of 20 steps "
         "(flip, unbind on the way); encode samples before they reach the module, and do nothing "
         "to them there but by modules"),
    ),
    "something done to values alone": (
        lambda: Looping(before=lambda x: x.clamp(0, 1)), {"shape": (20, 2, 6), "steps": None},
        ("fc1 takes something else than what the module is given, [2, 6] in each of 20 steps "
         "(clamp, unbind on the way); encode samples before they reach the module, and do nothing "
         "to them there but by modules"),
    ),
    "a recurrent layer that is read by its membrane": (
        sequential(loud(6, 3), snn.RLeaky(beta=0.8, linear_features=3, init_hidden=True)),
        {"readout": "last"},
        ("1 takes its own spikes, and a last layer that is read by its membrane sends none; pass "
        "readout='count' or 'first', or add a layer without recurrence"),
    ),
    "a module with a state to pass": (
        sequential(loud(6, 3), leaky(init_hidden=False), loud(3, 3), leaky()), {},
        ("Sequential cannot be called with the example alone: linear(): argument 'input' (position "
        "1) must be Tensor, not tuple; pass an example as the module takes it, or a module that "
        "keeps its states itself (init_hidden=True in snnTorch)"),
    ),
    "spikes at random": (
        lambda: norse.SequentialState(
            loud(6, 3), norse.LIFCell(norse.LIFParameters(method="logistic"))), {},
        ("SequentialState cannot be called with the example alone: Attempted to apply threshold "
        "function logistic, but no such function exist. We currently support heaviside, super, "
        "tanh, triangle, circ, and heavi_erfc.; pass an example as the module takes it, or a "
        "module that keeps its states itself (init_hidden=True in snnTorch)"),
    ),
    "membranes sent on": (
        lambda: norse.SequentialState(loud(6, 3), norse.LICell(), loud(3, 3), norse.IAFCell()), {},
        "1 never spikes, and sends its membrane on; only spikes are sent from layer to layer",
    ),
}


@pytest.mark.filterwarnings("ignore:Inhibition:UserWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, given, message = REFUSED[case]
    torch.manual_seed(0)
    with pytest.raises(DataError) as error:
        load(make(), **given)
    assert str(error.value) == message


@pytest.mark.parametrize("given, message", [
    ({"module": 7, "example": torch.zeros(1)}, "module is 7; it must be of the class Module"),
    ({"module": nn.Linear(1, 1), "example": [0]}, "example is [0]; it must be of the class Tensor"),
    ({"module": nn.Linear(1, 1), "example": torch.zeros(1), "steps": 0},
     "steps is 0; it must be a whole number of at least 1"),
])
def test_arguments_of_another_kind(given, message):
    with pytest.raises(ValueError) as error:
        from_torch(**given)
    assert str(error.value) == message


class QuietSkip(nn.Module):
    """A module with a weak skip around a layer that does not spike on what it is tried on."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6)
        self.near, self.quiet = (
            snn.Leaky(beta=0.9, threshold=threshold, init_hidden=True)
            for threshold in (1.0, 1000.0)
        )

    def forward(self, x):
        near = self.near(self.first(x))
        return self.quiet(self.second(near) + 0.2 * near)


def test_a_skip_that_shows_in_no_spike_is_refused():
    message = (
        "quiet takes something else than near and second send (mul on the way); what parts send "
        "may be added (+), and only modules that are imported do anything else to it"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        from_torch(QuietSkip(), torch.zeros(1, 6), steps=4, readout="count")
