"""Networks of LIF neurons that a step of training is timed of: drawn weights, spikes and labels.

Each with a step of this project; those of other frameworks are in :mod:`.peers`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from spikewright_hw.connection import Connection, FeatureMap
from spikewright_hw.definition.definition import Definition
from spikewright_hw.network_name import named_layers
from spikewright_hw.neuron import DEFINITIONS

from ..network.activity import activity
from ..network.cell import Cell
from ..network.drive import drive
from ..network.losses import LOGIT
from ..network.recomputed import recomputed_activity
from ..network.surrogate import ArcTangent
from ..network.wiring import Wired

__all__ = [
    "ALPHA", "DECAY", "NETWORKS", "OURS", "Drawn", "SpeedNetwork", "Step", "drawn_network",
    "lif_of", "own_step",
]

#: Share of a membrane that is left after a step.
DECAY = 0.5
#: Of the arc tangent, as SpikingJelly and snnTorch have it: the gradient at the threshold is half.
ALPHA = 2.0
#: Share of the inputs that spike in a step.
_SHARE = 0.15

#: Runs forwards and backwards; returns the loss and the gradients of the weights.
Step = Callable[[], tuple[float, list[Tensor]]]


@dataclass(frozen=True)
class SpeedNetwork:
    """A network, and what it is given.

    Parameters
    ----------
    inputs : FeatureMap
    layers : str
        Short name of its layers.
    kind : str
        ``dense``, ``convolution``, or ``recurrent``: a layer that hears its own spikes.
    steps, batch : int
    rounds : int
        Turns that each framework takes at most.
    """

    inputs: FeatureMap
    layers: str
    kind: str = "dense"
    steps: int = 25
    batch: int = 128
    rounds: int = 15


#: By what a table calls them.
NETWORKS: dict[str, SpeedNetwork] = {
    "64-128-10": SpeedNetwork(FeatureMap(channels=64), "128-10"),
    "784-128-128-10": SpeedNetwork(FeatureMap(channels=784), "128-128-10"),
    "1-128, recurrent": SpeedNetwork(
        FeatureMap(channels=1), "128", kind="recurrent", steps=784, batch=256, rounds=5
    ),
    "32C5-P2-64C5-P2-128-10": SpeedNetwork(
        FeatureMap(channels=1, height=28, width=28), "32C5-P2-64C5-P2-128-10", kind="convolution",
        steps=4, batch=64, rounds=7,
    ),
}


#: By what a table calls them: whether neurons are compiled, products are sums over events, and
#: steps are run again for their gradients.
OURS: dict[str, dict[str, bool]] = {
    "Spikewright": {"compiled": True},
    "Spikewright, event products": {"compiled": True, "event_products": True},
    "Spikewright, recomputing": {"compiled": True, "recompute": True},
    "Spikewright, PyTorch alone": {"compiled": False},
}


@dataclass(frozen=True)
class Drawn:
    """A network with its first weights, spikes ``[steps, samples, inputs]`` and labels.

    Parameters
    ----------
    network : SpeedNetwork
    connections : list of Connection
    weights : list of Tensor
        Of the connections, then recurrent ones ``[before, after]``.
    spikes, labels : Tensor
    """

    network: SpeedNetwork
    connections: list[Connection]
    weights: list[Tensor]
    spikes: Tensor
    labels: Tensor

    def loss(self, outputs: Tensor) -> Tensor:
        """Return the cross entropy of outputs, of whatever number of steps."""
        return functional.cross_entropy(outputs * (LOGIT / len(self.spikes)), self.labels)


def drawn_network(network: SpeedNetwork) -> Drawn:
    """Draw weights, spikes and labels, the same ones each time."""
    generator = torch.Generator().manual_seed(0)
    connections = [one.connection for one in named_layers(network.layers, network.inputs)]
    inputs, outputs = len(network.inputs), len(connections[-1].target)
    spikes = torch.rand(network.steps, network.batch, inputs, generator=generator) < _SHARE
    weights = [
        torch.randn(one.rows, one.lanes, generator=generator) * (2 / math.sqrt(one.fan_in))
        for one in connections
    ]
    if network.kind == "recurrent":
        own = torch.randn(outputs, outputs, generator=generator)
        weights.append(own * (0.5 / math.sqrt(outputs)))
    labels = torch.randint(0, outputs, (network.batch,), generator=generator)
    return Drawn(network, connections, weights, spikes.float(), labels)


def lif_of(network: SpeedNetwork, layers: int) -> list[Definition]:
    """Return LIF for each layer, one that hears itself where the network does."""
    return [DEFINITIONS["recurrent_lif" if network.kind == "recurrent" else "lif"]] * layers


def own_step(
    drawn: Drawn, neurons: Sequence[Definition], *, compiled: bool, event_products: bool = False,
    recompute: bool = False,
) -> Step:
    """Return a step of this project; other neurons than LIF have weights of their own size."""
    cells = [
        Cell(
            one, learn=(), surrogate=ArcTangent(width=2 / (math.pi * ALPHA), height=ALPHA / 2),
            **given,  # pyright: ignore[reportArgumentType]
        )
        for one in neurons
        for given in [{"decay": DECAY} if one.name in ("lif", "recurrent_lif") else {}]
    ]
    of_others = drawn.weights[: len(cells)]
    weights = [
        (matrix * (1 if cell.definition.name == "lif" else drive(cell.definition, cell.values())))
        .requires_grad_()
        for cell, matrix in zip(cells, of_others, strict=True)
    ]
    own = [matrix.clone().requires_grad_() for matrix in drawn.weights[len(cells) :]]
    back = own or [
        torch.zeros(matrix.shape[1], matrix.shape[1]) if cell.definition.hears_itself else None
        for cell, matrix in zip(cells, weights, strict=True)
    ]

    run = partial(recomputed_activity, whole=False) if recompute else activity

    def step() -> tuple[float, list[Tensor]]:
        layers = [
            Wired(
                cell, matrix, own_weights, connection=connection, compiled=compiled,
                event_products=event_products,
            )
            for cell, matrix, own_weights, connection in zip(
                cells, weights, back, drawn.connections, strict=True
            )
        ]
        readout = "count" if neurons[-1].spikes else "last"
        outputs = run(drawn.spikes.transpose(0, 1), layers, readout=readout).outputs
        loss = drawn.loss(outputs)
        return loss.item(), list(torch.autograd.grad(loss, [*weights, *own]))

    return step
