"""A network of LIF neurons in continuous time, whose spike times are learned by exact gradients."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikewright_hw.checks import instance, real, whole, wholes
from spikewright_hw.layer import MOST_NEURONS

from .event_layer import Times, spike_times
from .losses import check_labels
from .real_layer import RealLayer
from .real_network import RealNetwork

__all__ = ["EventNet", "time_loss"]

#: Of the first weights, for a threshold of 1: their mean over all inputs, and their spread.
_MEAN, _SPREAD = 12.0, 4.0


class EventNet(nn.Module):
    """Dense layers of LIF neurons with synaptic currents; spikes have times, and no surrogate.

    ::

        net = spw.EventNet((64, 48, 10), steps=16)
        loss = spw.time_loss(net(net.times_of(spikes)), labels)

    Gradients are those of EventProp (:mod:`~spikewright.network.event_layer`). Time is counted in
    steps of the network that :meth:`real_network` makes.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden layers, outputs.
    steps : int
        How long it runs.
    membrane, synapse : float
        Time constants, in steps; the membrane's is the longer one.
    threshold : float
    most : int
        Spikes of a neuron at most.
    seed : int
        Draws the first weights.

    Attributes
    ----------
    weights : ParameterList of Tensor ``[before, after]``
        Float64.
    spikes : tuple of Tensor ``[samples, neurons, most]``
        When the neurons of each layer spiked in the last call, infinity where they did not.

    Raises
    ------
    ValueError
        An argument is of another kind or out of its range; the message names it.
    """

    spikes: tuple[Tensor, ...]

    def __init__(
        self,
        sizes: tuple[int, ...],
        *,
        steps: int,
        membrane: float = 10.0,
        synapse: float = 5.0,
        threshold: float = 1.0,
        most: int = 4,
        seed: int = 0,
    ):
        super().__init__()
        self.sizes = wholes(1, MOST_NEURONS)("sizes", sizes)
        if len(self.sizes) < 2:
            raise ValueError(f"sizes is {self.sizes}; it needs inputs and outputs")
        for name, value in (("membrane", membrane), ("synapse", synapse), ("threshold", threshold)):
            if real(0)(name, value) == 0:
                raise ValueError(f"{name} is 0; it must be above 0")
        if synapse >= membrane:
            raise ValueError(
                f"synapse is {synapse:g}; it must be below membrane, {membrane:g}"
            )
        self.steps = whole(1)("steps", steps)
        self.constants = Times(membrane, synapse, threshold, float(steps), whole(1)("most", most))
        generator = torch.Generator().manual_seed(whole(0)("seed", seed))
        self.weights = nn.ParameterList(
            _drawn(before, after, self.constants, generator) for before, after in pairwise(sizes)
        )

    def forward(self, times: Tensor) -> Tensor:
        """Return when each output spikes first, ``[samples, outputs]``; ``steps`` if it does not.

        Parameters
        ----------
        times : Tensor ``[samples, inputs]``
            When each input spikes, from 0 on; infinity for none.
        """
        instance(Tensor)("times", times)
        if times.dim() != 2 or times.shape[1] != self.sizes[0]:
            raise ValueError(
                f"times is of shape {list(times.shape)}; it must be [samples, {self.sizes[0]}]"
            )
        if times.isnan().any() or (times < 0).any():
            raise ValueError("times has a time that is no number, or below 0")
        arriving, sources, found = times.to(self.weights[0].dtype), torch.arange(times.shape[1]), []
        most = self.constants.most
        for weights in self.weights:
            found.append(spike_times(arriving, sources, weights, self.constants))
            arriving = found[-1].flatten(1)
            sources = torch.arange(weights.shape[1]).repeat_interleave(most)
        self.spikes = tuple(found)
        return found[-1][..., 0].clamp(max=self.constants.end)

    def wake(self, amount: float = 0.02) -> int:
        """Strengthen what no sample of the last call has made spike; return how many neurons.

        A neuron that never spikes has no gradient. Its weights grow by so large a share of the
        threshold.
        """
        woken = 0
        with torch.no_grad():
            for weights, spikes in zip(self.weights, self.spikes, strict=True):
                silent = spikes[..., 0].isinf().all(dim=0)
                weights += silent * (amount * self.constants.threshold)
                woken += int(silent.sum())
        return woken

    def times_of(self, spikes: Tensor) -> Tensor:
        """Return when each input spikes first, of spikes in steps ``[samples, steps, inputs]``."""
        there = instance(Tensor)("spikes", spikes).bool()
        first = there.int().argmax(dim=1).double()
        return torch.where(there.any(dim=1), first, torch.inf)

    def real_network(self) -> RealNetwork:
        """Return the same network in steps: of ``cuba_lif``, read out by the first spike.

        Between two steps its neurons compute what these ones do; a spike is as late as the step in
        which it falls, and a neuron may spike more often than ``most``. It is quantised as any
        other, by :func:`~spikewright.quantized.from_reals.quantize_on_task`.
        """
        at = self.constants
        # What a weight has added after one step: the kernel of cuba_lif is 1 there.
        added = torch.exp(torch.tensor([-1 / at.membrane, -1 / at.synapse], dtype=torch.float64))
        unit = at.size * float(added[0] - added[1])
        parameters = {
            "tau_mem": at.membrane, "tau_syn": at.synapse, "threshold": at.threshold, "dt": 1.0,
        }
        return RealNetwork(
            layers=tuple(
                RealLayer(
                    weights=(weights.detach() * unit).numpy(), neuron="cuba_lif",
                    parameters=parameters,
                )
                for weights in self.weights
            ),
            steps=self.steps, readout="first",
        )


def time_loss(times: Tensor, labels: Tensor, *, scale: float = 1.0) -> Tensor:
    """Return the cross entropy of how early outputs spike: the label's is to be the first.

    (Z. Göltz et al., Nat. Mach. Intell. 3, 2021, learn so.)

    Parameters
    ----------
    times : Tensor ``[samples, classes]``
        As :class:`EventNet` returns them.
    labels : Tensor ``[samples]``
    scale : float
        Steps that are as much as a factor e, above 0.
    """
    if real(0)("scale", scale) == 0:
        raise ValueError("scale is 0; it must be above 0")
    if not isinstance(times, Tensor) or times.dim() != 2:
        raise ValueError("times must be a tensor [samples, classes]")
    check_labels("times", times[None], labels)
    return functional.cross_entropy(-times / scale, labels)


def _drawn(
    before: int, after: int, times: Times, generator: torch.Generator
) -> nn.Parameter:
    """Return weights with which spikes of a third of the inputs make about half of all spike."""
    drawn = torch.randn(before, after, generator=generator, dtype=torch.float64)
    share = times.threshold / times.size
    return nn.Parameter(share * (_MEAN / before + _SPREAD / before**0.5 * drawn))
