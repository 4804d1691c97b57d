"""Modules of the frameworks, and how each is run in float64 over a sequence."""

# The frameworks and nir have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOperatorIssue=false
# pyright: reportOptionalMemberAccess=false, reportAttributeAccessIssue=false

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # norse compiles with what this torch calls deprecated
    import norse.torch as norse
    import snntorch as snn
    from spikingjelly.activation_based import functional, layer, neuron

__all__ = [
    "CASES", "INPUTS", "NEURONS", "Case", "in_double", "layer", "neuron", "norse", "outputs",
]

INPUTS, NEURONS = 12, 16


@dataclass(frozen=True)
class Case:
    """Neurons of a framework, made anew by each call."""

    name: str
    make: Callable[[], nn.Module]
    spikes: bool = True

    @property
    def sequence(self) -> bool:
        """Whether one call takes all steps."""
        whole = ("norse_LIF", "norse_LI", "norse_IAF", "norse_LIFRecurrent")
        return self.name in whole or "step_mode_m" in self.name

    def network(self, seed: int) -> nn.Module:
        """Return a matrix with biases, and these neurons after it."""
        torch.manual_seed(seed)
        made = self.make()
        if getattr(made, "input_size", None) is not None:
            return norse.SequentialState(made)
        linear = nn.Linear(INPUTS, NEURONS)
        linear.weight.data *= 6
        container = norse.SequentialState if self.name.startswith("norse") else nn.Sequential
        return container(linear, made)


def _snn(kind: str, **given) -> Case:
    words = "_".join(f"{name}_{value}" for name, value in given.items())
    recurrent = {"linear_features": NEURONS} if kind.startswith("R") else {}
    if given.get("all_to_all") is False:
        recurrent = {"V": torch.linspace(-1, 1, NEURONS)}
    own = {"beta": 0.85}
    if kind.endswith("Synaptic") or kind == "Alpha":
        own["alpha"] = 0.9 if kind == "Alpha" else 0.7
    return Case(
        f"snntorch_{kind}_{words}",
        lambda: getattr(snn, kind)(init_hidden=True, **recurrent, **own, **given),
    )


def _vectors() -> nn.Module:
    return snn.Leaky(
        beta=torch.linspace(0.1, 1.2, NEURONS), threshold=torch.linspace(0.5, 2, NEURONS),
        learn_beta=True, learn_threshold=True, init_hidden=True,
    )


def _parametric(**given) -> nn.Module:
    made = neuron.ParametricLIFNode(**given)
    made.w.data += 0.3
    return made


def _jelly(kind: str, **given) -> Case:
    words = "_".join(f"{name}_{value}" for name, value in given.items())
    make = _parametric if kind == "ParametricLIFNode" else getattr(neuron, kind)
    return Case(f"spikingjelly_{kind}_{words}", lambda: make(**given))


_P = {
    "v_leak": torch.tensor(0.1), "tau_mem_inv": torch.tensor(150.0),
    "tau_syn_inv": torch.tensor(300.0),
}
_RESET = _P | {"v_th": torch.tensor(0.4), "v_reset": torch.tensor(-0.2)}
_BOX = {name: one for name, one in _RESET.items() if name != "tau_syn_inv"}


def _subtracting() -> nn.Module:
    from norse.torch.functional.reset import reset_subtract

    return norse.LIFBoxCell(norse.LIFBoxParameters(**_BOX, reset_method=reset_subtract))


CASES = [
    *(_snn(kind, reset_mechanism=reset, reset_delay=delay)
      for kind in ("Leaky", "Synaptic", "RLeaky")
      for reset in ("subtract", "zero", "none") for delay in (True, False)),
    *(_snn(kind, reset_mechanism=reset)
      for kind in ("Lapicque", "Alpha", "RSynaptic") for reset in ("subtract", "zero", "none")),
    _snn("RLeaky", all_to_all=False),
    _snn("Leaky", graded_spikes_factor=0.5),
    Case("snntorch_Leaky_vectors", _vectors),
    *(_jelly("IFNode", v_reset=reset) for reset in (None, 0.0, -0.3)),
    *(_jelly(kind, v_reset=reset, decay_input=decays, **{name: 2.7})
      for kind, name in (("LIFNode", "tau"), ("ParametricLIFNode", "init_tau"))
      for reset in (None, 0.0, -0.3) for decays in (True, False)),
    _jelly("LIFNode", step_mode="m"),
    Case("norse_LIFCell", lambda: norse.LIFCell(norse.LIFParameters(**_RESET))),
    Case("norse_LIF", lambda: norse.LIF(norse.LIFParameters(**_RESET))),
    Case("norse_LIFBoxCell", lambda: norse.LIFBoxCell(norse.LIFBoxParameters(**_BOX))),
    Case("norse_LIFBoxCell_subtract", _subtracting),
    Case("norse_LIFRecurrentCell", lambda: norse.LIFRecurrentCell(
        INPUTS, NEURONS, norse.LIFParameters(**_RESET))),
    Case("norse_LIFRecurrent", lambda: norse.LIFRecurrent(
        INPUTS, NEURONS, norse.LIFParameters(**_RESET), dt=0.002)),
    Case("norse_IAFCell", norse.IAFCell),
    Case("norse_IAF", norse.IAF),
    Case("norse_LICell", lambda: norse.LICell(norse.LIParameters(**_P)), spikes=False),
    Case("norse_LI", norse.LI, spikes=False),
    Case("norse_LIBoxCell", norse.LIBoxCell, spikes=False),
    Case("norse_LILinearCell", lambda: norse.LILinearCell(INPUTS, NEURONS), spikes=False),
]


def in_double(module: nn.Module) -> nn.Module:
    """Return a copy that computes in float64, though frameworks send spikes in float32."""
    made = copy.deepcopy(module).double().eval()
    for part in made.modules():
        part.register_forward_pre_hook(lambda _, given: tuple(
            one.double() if isinstance(one, Tensor) else one for one in given
        ))
    return made


def outputs(module: nn.Module, spikes: np.ndarray, *, sequence: bool) -> np.ndarray:
    """Return what a module sends, ``[samples, steps, outputs]``, from its start.

    ``sequence`` says that it takes all steps at once, the time first.
    """
    given = torch.from_numpy(spikes.swapaxes(0, 1).astype(np.float64))
    functional.reset_net(module)
    stateful = isinstance(module, norse.SequentialState)
    with torch.no_grad():
        if sequence:
            sent = module(given)
            sent = sent[0] if stateful else sent
        else:
            steps, state = [], None
            for step in given:
                one = module(step, state) if stateful else module(step)
                one, state = one if stateful else (one, None)
                steps.append(one[0] if isinstance(one, tuple) else one)
            sent = torch.stack(steps)
    return sent.numpy().swapaxes(0, 1)
