"""The same network in other frameworks: a step of training of each, where it is installed.

LIF neurons that halve their membrane in each step, spike from 1 on and are reset by subtraction; no
biases; the outputs are counts of spikes. Gradients are those of the same arc tangent where a
framework has it.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ALPHA", "DECAY", "PEERS", "Step", "installed"]

#: Share of a membrane that is left after a step.
DECAY = 0.5
#: Of the arc tangent, as SpikingJelly and snnTorch have it: the gradient at the threshold is half.
ALPHA = 2.0

#: Runs forwards and backwards; returns the loss and the gradients of the weights.
Step = Callable[[], tuple[float, list[Tensor]]]


def _spikingjelly(weights: Sequence[Tensor], spikes: Tensor, labels: Tensor) -> Step:
    """Multi-step mode: each layer over all steps at once."""
    from spikingjelly.activation_based import functional as of_network
    from spikingjelly.activation_based import layer, neuron, surrogate

    modules: list[nn.Module] = []
    for matrix in weights:
        linear = layer.Linear(*matrix.shape, bias=False, step_mode="m")
        linear.weight.data = matrix.t().clone()
        modules += [linear, neuron.LIFNode(
            tau=1 / (1 - DECAY), decay_input=False, v_reset=None, step_mode="m",
            surrogate_function=surrogate.ATan(alpha=ALPHA),
        )]
    network = nn.Sequential(*modules)

    def step() -> tuple[float, list[Tensor]]:
        of_network.reset_net(network)
        return _stepped(network, network(spikes).sum(0), labels)

    return step


def _snntorch(weights: Sequence[Tensor], spikes: Tensor, labels: Tensor) -> Step:
    """A membrane that is above its threshold still after a reset is reset in the next step, too."""
    import snntorch
    from snntorch import surrogate

    linears = _linears(weights)
    cells = [
        snntorch.Leaky(
            beta=DECAY, reset_mechanism="subtract", spike_grad=surrogate.atan(alpha=ALPHA),
            reset_delay=False,
        )
        for _ in weights
    ]

    def step() -> tuple[float, list[Tensor]]:
        states: list[Any] = [cell.reset_mem() for cell in cells]
        counts: Any = 0
        for now in spikes:
            for index, (linear, cell) in enumerate(zip(linears, cells, strict=True)):
                now, states[index] = cell(linear(now), states[index])
            counts = counts + now
        return _stepped(linears, counts, labels)

    return step


def _norse(weights: Sequence[Tensor], spikes: Tensor, labels: Tensor) -> Step:
    """Its surrogate is another; a current is scaled as the leak is, so weights are larger."""
    from norse.torch import LIFBoxCell, LIFBoxParameters
    from norse.torch.functional.reset import reset_subtract

    linears = _linears([matrix / (1 - DECAY) for matrix in weights])
    parameters = LIFBoxParameters(
        tau_mem_inv=torch.tensor((1 - DECAY) * 1000), reset_method=reset_subtract
    )
    cells = [LIFBoxCell(p=parameters, dt=0.001) for _ in weights]

    def step() -> tuple[float, list[Tensor]]:
        states: list[Any] = [None] * len(cells)
        counts: Any = 0
        for now in spikes:
            for index, (linear, cell) in enumerate(zip(linears, cells, strict=True)):
                now, states[index] = cell(linear(now), states[index])
            counts = counts + now
        return _stepped(linears, counts, labels)

    return step


def _linears(weights: Sequence[Tensor]) -> nn.ModuleList:
    linears = nn.ModuleList(nn.Linear(*matrix.shape, bias=False) for matrix in weights)
    for linear, matrix in zip(linears, weights, strict=True):
        linear.weight.data = matrix.t().clone()
    return linears


def _stepped(network: nn.Module, counts: Tensor, labels: Tensor) -> tuple[float, list[Tensor]]:
    network.zero_grad()
    loss = functional.cross_entropy(counts, labels)
    loss.backward()
    return loss.item(), [one.grad.t() for one in network.parameters() if one.grad is not None]


#: By what a table calls it: the package, and what makes its step.
PEERS: dict[str, tuple[str, Callable[[Sequence[Tensor], Tensor, Tensor], Step]]] = {
    "SpikingJelly, multi-step": ("spikingjelly", _spikingjelly),
    "snnTorch": ("snntorch", _snntorch),
    "Norse": ("norse", _norse),
}


def installed(package: str) -> bool:
    """Return whether a package can be imported."""
    return find_spec(package) is not None
