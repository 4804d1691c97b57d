"""The same network in other frameworks: a step of training of each, where it is installed.

LIF neurons that halve their membrane in each step, spike from 1 on and are reset by subtraction; no
biases; the outputs are counts of spikes. Gradients are those of the same arc tangent where a
framework has it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from spikewright_hw.connection import Connection, Convolution, Dense, Pooled

from ..network.torch_product import kernel_of
from .speed_networks import ALPHA, DECAY, OURS, Drawn, Step, lif_of, own_step

__all__ = ["PEERS", "SPIKINGJELLY", "installed", "makers"]

#: The package that others are compared with.
SPIKINGJELLY = "spikingjelly"


def _lif(mode: str) -> nn.Module:
    """Return SpikingJelly's LIF: of one step, ``s``, or of all at once, ``m``."""
    from spikingjelly.activation_based import neuron, surrogate

    return neuron.LIFNode(
        tau=1 / (1 - DECAY), decay_input=False, v_reset=None, step_mode=mode,
        surrogate_function=surrogate.ATan(alpha=ALPHA),
    )


def _spikingjelly(drawn: Drawn) -> Step:
    """Multi-step mode: each layer over all steps at once."""
    from spikingjelly.activation_based import functional as of_network

    modules: list[nn.Module] = []
    for connection, rows in zip(drawn.connections, drawn.weights, strict=True):
        modules += [*_modules(connection, rows), _lif("m")]
    network = nn.Sequential(*modules)
    source = drawn.network.inputs
    given = drawn.spikes
    if drawn.network.kind == "convolution":
        given = given.view(*given.shape[:2], source.height, source.width, source.channels)
        given = given.permute(0, 1, 4, 2, 3).contiguous()

    def step() -> tuple[float, list[Tensor]]:
        of_network.reset_net(network)
        loss, gradients = _stepped(network, network(given).sum(0).flatten(1), drawn)
        return loss, [
            _as_rows(*one) for one in zip(drawn.connections, drawn.weights, gradients, strict=True)
        ]

    return step


def _spikingjelly_recurrent(drawn: Drawn) -> Step:
    """The best loop: the input's product of all steps at once, then steps one by one.

    ``LinearRecurrentContainer`` takes some eighty times as long in so many steps.
    """
    from spikingjelly.activation_based import functional as of_network

    linear, own = linears = _linears(drawn.weights)
    node = _lif("s")

    def step() -> tuple[float, list[Tensor]]:
        of_network.reset_net(node)
        spike = counts = drawn.spikes.new_zeros(drawn.network.batch, len(drawn.weights[1]))
        for now in linear(drawn.spikes).unbind(0):
            spike = node(now + own(spike))
            counts = counts + spike
        loss, gradients = _stepped(linears, counts, drawn)
        return loss, [one.t() for one in gradients]

    return step


def _modules(connection: Connection, rows: Tensor) -> list[nn.Module]:
    """Return SpikingJelly's modules of a connection: poolings, and what has the weights."""
    from spikingjelly.activation_based import layer

    modules: list[nn.Module] = []
    weights = _as_modules(connection, rows)
    while isinstance(connection, Pooled):
        modules.append(layer.AvgPool2d(
            connection.window, connection.stride, divisor_override=1, step_mode="m"
        ))
        connection = connection.then
    if isinstance(connection, Convolution):
        made = layer.Conv2d(
            connection.source.channels, connection.channels, connection.kernel, bias=False,
            step_mode="m",
        )
    else:
        if len(connection.source) > connection.source.channels:
            modules.append(nn.Flatten(start_dim=2))
        made = layer.Linear(len(connection.source), rows.shape[1], bias=False, step_mode="m")
    made.weight.data = weights.clone()
    return [*modules, made]


def _as_modules(connection: Connection, rows: Tensor) -> Tensor:
    """Return rows of weights in the order in which modules of PyTorch have them."""
    while isinstance(connection, Pooled):
        connection = connection.then
    if isinstance(connection, Convolution):
        return kernel_of(connection, rows)
    assert isinstance(connection, Dense)
    here = connection.source
    each = rows.view(here.height, here.width, here.channels, -1)
    return each.permute(3, 2, 0, 1).flatten(1)


def _as_rows(connection: Connection, rows: Tensor, gradient: Tensor) -> Tensor:
    """Return a gradient of modules in the order of the rows of weights."""
    places = _as_modules(connection, torch.arange(rows.numel()).view(rows.shape))
    made = torch.empty(rows.numel())
    made[places.flatten()] = gradient.flatten()
    return made.view(rows.shape)


def _snntorch(drawn: Drawn) -> Step:
    """A membrane that is above its threshold still after a reset is reset in the next step, too."""
    import snntorch
    from snntorch import surrogate

    cells = [
        snntorch.Leaky(
            beta=DECAY, reset_mechanism="subtract", spike_grad=surrogate.atan(alpha=ALPHA),
            reset_delay=False,
        )
        for _ in drawn.weights
    ]
    return _looped(drawn, _linears(drawn.weights), cells, lambda cell: cell.reset_mem())


def _norse(drawn: Drawn) -> Step:
    """Its surrogate is another; a current is scaled as the leak is, so weights are larger."""
    from norse.torch import LIFBoxCell, LIFBoxParameters
    from norse.torch.functional.reset import reset_subtract

    linears = _linears([matrix / (1 - DECAY) for matrix in drawn.weights])
    parameters = LIFBoxParameters(
        tau_mem_inv=torch.tensor((1 - DECAY) * 1000), reset_method=reset_subtract
    )
    cells = [LIFBoxCell(p=parameters, dt=0.001) for _ in drawn.weights]
    return _looped(drawn, linears, cells, lambda _: None)


def _looped(
    drawn: Drawn, linears: nn.ModuleList, cells: Sequence[Any], start: Callable[[Any], Any]
) -> Step:
    """Return a step that runs dense layers one time step after the other."""
    def step() -> tuple[float, list[Tensor]]:
        states = [start(cell) for cell in cells]
        counts: Any = 0
        for now in drawn.spikes:
            for index, (linear, cell) in enumerate(zip(linears, cells, strict=True)):
                now, states[index] = cell(linear(now), states[index])
            counts = counts + now
        loss, gradients = _stepped(linears, counts, drawn)
        return loss, [one.t() for one in gradients]

    return step


def _linears(weights: Sequence[Tensor]) -> nn.ModuleList:
    linears = nn.ModuleList(nn.Linear(*matrix.shape, bias=False) for matrix in weights)
    for linear, matrix in zip(linears, weights, strict=True):
        linear.weight.data = matrix.t().clone()
    return linears


def _stepped(network: nn.Module, counts: Tensor, drawn: Drawn) -> tuple[float, list[Tensor]]:
    network.zero_grad()
    loss = drawn.loss(counts)
    loss.backward()
    return loss.item(), [one.grad for one in network.parameters() if one.grad is not None]


#: By the kind of a network, and what a table calls it: the package, and what makes its step.
PEERS: dict[str, dict[str, tuple[str, Callable[[Drawn], Step]]]] = {
    "dense": {
        "SpikingJelly, multi-step": (SPIKINGJELLY, _spikingjelly),
        "snnTorch": ("snntorch", _snntorch),
        "Norse": ("norse", _norse),
    },
    "convolution": {"SpikingJelly, multi-step": (SPIKINGJELLY, _spikingjelly)},
    "recurrent": {"SpikingJelly, best loop": (SPIKINGJELLY, _spikingjelly_recurrent)},
}


def makers(drawn: Drawn) -> dict[str, Callable[[], Step]]:
    """Return what makes the steps of this project and of the frameworks that are installed.

    They are by what a table calls them.
    """
    neurons = lif_of(drawn.network, len(drawn.connections))
    return {
        title: partial(own_step, drawn, neurons, **how) for title, how in OURS.items()
    } | {
        title: partial(make, drawn) for title, (package, make) in PEERS[drawn.network.kind].items()
        if installed(package)
    }


def installed(package: str) -> bool:
    """Return whether a package can be imported."""
    return find_spec(package) is not None
