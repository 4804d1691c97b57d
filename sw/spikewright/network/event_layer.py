"""A layer of LIF neurons in continuous time: exact spike times, and their exact gradients.

A spike of source i at s adds the current w[i, j] exp(-(t - s) / tau_synapse) to neuron j, whose
membrane follows tau_membrane dv/dt = -v + current, and loses the threshold when it reaches it.
Between two arriving spikes the membrane is a difference of two exponentials, and when it reaches
the threshold is found by bisection, to the last bit.

Backwards is EventProp (T. Wunderlich, C. Pehle, Sci. Rep. 11:12829, 2021): adjoint variables that
decay between spikes, run back in time from spike to spike. They jump where the neuron has spiked,
by what the loss makes of that spike's time over the slope of the membrane there; and where a spike
arrived, they are read off as the gradients of its weight and of its time. There is no surrogate.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

__all__ = ["Times", "spike_times"]

#: Halvings of an interval, after which a float64 is exact.
_HALVINGS = 60


@dataclass(frozen=True)
class Times:
    """The constants of a layer.

    Parameters
    ----------
    membrane, synapse : float
        Time constants, the membrane's the longer one.
    threshold : float
    end : float
        Spikes from here on are not looked for.
    most : int
        Spikes of a neuron at most.
    """

    membrane: float
    synapse: float
    threshold: float
    end: float
    most: int

    @property
    def size(self) -> float:
        """What a weight adds to each of the two exponentials."""
        return self.synapse / (self.membrane - self.synapse)


def spike_times(arriving: Tensor, sources: Tensor, weights: Tensor, times: Times) -> Tensor:
    """Return when neurons spike, ``[samples, neurons, most]``, infinity where they do not.

    Parameters
    ----------
    arriving : Tensor ``[samples, spikes]``
        When spikes arrive, in any order; infinity for none.
    sources : Tensor ``[spikes]``
        Which row of the weights each of them is of.
    weights : Tensor ``[sources, neurons]``
    times : Times
    """
    return _Layer.apply(arriving, sources, weights, times)


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, arriving: Tensor, sources: Tensor, weights: Tensor, times: Times
    ) -> Tensor:
        order = arriving.argsort(dim=1, stable=True)
        count = int((arriving < times.end).sum(dim=1).max()) if arriving.numel() else 0
        order = order[:, :count]
        at = arriving.gather(1, order).clamp(max=times.end)
        rows = sources[order]
        found = _Spikes(at, rows, weights, times)
        ctx.save_for_backward(at, rows, order, weights, found.times, found.slopes, found.after)
        ctx.times, ctx.shape = times, arriving.shape
        return found.times

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, Tensor, None]:
        at, rows, order, weights, spiked, slopes, after = ctx.saved_tensors
        jumps = _jumps(gradients[0], spiked, slopes, ctx.times)
        of_times, of_weights = _adjoint(at, rows, weights, spiked, after, jumps, ctx.times)
        given = torch.zeros(ctx.shape, dtype=at.dtype, device=at.device)
        return given.scatter(1, order, of_times), None, of_weights, None


class _Spikes:
    """The spikes of a layer, found from arriving spike to arriving spike.

    Attributes
    ----------
    times, slopes : Tensor ``[samples, neurons, most]``
        When neurons spike, and how fast the membrane rises there.
    after : Tensor
        The number of the last spike that had arrived by then.
    """

    def __init__(self, at: Tensor, rows: Tensor, weights: Tensor, times: Times):
        self._constants = times
        samples, neurons = len(at), weights.shape[1]
        shape = (samples, neurons, times.most)
        self.times = at.new_full(shape, torch.inf)
        self.slopes = at.new_ones(shape)
        self.after = torch.full(shape, -1, dtype=torch.int64, device=at.device)
        self._count = torch.zeros(shape[:2], dtype=torch.int64, device=at.device)
        slow, fast = at.new_zeros(shape[:2]), at.new_zeros(shape[:2])
        before = at.new_zeros(samples)
        for number in range(at.shape[1]):
            now = at[:, number]
            slow *= _decay(now - before, times.membrane)
            fast *= _decay(now - before, times.synapse)
            added = weights[rows[:, number]] * (times.size * (now < times.end))[:, None]
            slow += added
            fast += added
            last = number + 1 == at.shape[1]
            until = torch.full_like(now, times.end) if last else at[:, number + 1]
            self._between(number, now, until, slow, fast)
            before = now

    def _between(
        self, number: int, now: Tensor, until: Tensor, slow: Tensor, fast: Tensor
    ) -> None:
        """Find the spikes until the next one arrives; the membrane loses what they cost."""
        times = self._constants
        span = (until - now)[:, None].expand_as(slow)
        since = torch.zeros_like(slow)
        while True:
            peak = _peak(slow, fast, times).minimum(span)
            high = _membrane(slow, fast, peak, times) >= times.threshold
            found = high & (peak > since) & (self._count < times.most)
            where = found.nonzero(as_tuple=True)
            if not len(where[0]):
                return
            of = [one[where] for one in (slow, fast, since, peak)]
            exact = _reached(of[0], of[1], of[2], of[3], times)
            place = (*where, self._count[where])
            self.times[place] = now[where[0]] + exact
            self.slopes[place] = _slope(of[0], of[1], exact, times)
            self.after[place] = number
            self._count[where] += 1
            slow[where] -= times.threshold * torch.exp(exact / times.membrane)
            since[where] = exact


def _decay(span: Tensor, constant: float) -> Tensor:
    return torch.exp(-span / constant)[:, None]


def _membrane(slow: Tensor, fast: Tensor, since: Tensor, times: Times) -> Tensor:
    return slow * torch.exp(-since / times.membrane) - fast * torch.exp(-since / times.synapse)


def _slope(slow: Tensor, fast: Tensor, since: Tensor, times: Times) -> Tensor:
    return (
        fast * torch.exp(-since / times.synapse) / times.synapse
        - slow * torch.exp(-since / times.membrane) / times.membrane
    )


def _peak(slow: Tensor, fast: Tensor, times: Times) -> Tensor:
    """Return after how long the membrane is highest; 0 where it only falls, or never is above 0."""
    rises = (slow > 0) & (fast > 0)
    ratio = torch.where(rises, fast / times.synapse * times.membrane / slow, 1.0)
    return (ratio.log() / (1 / times.synapse - 1 / times.membrane)).clamp(min=0)


def _reached(slow: Tensor, fast: Tensor, low: Tensor, high: Tensor, times: Times) -> Tensor:
    """Return when a membrane that rises from ``low`` to ``high`` reaches the threshold."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = _membrane(slow, fast, middle, times) >= times.threshold
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return high


def _jumps(gradients: Tensor, spiked: Tensor, slopes: Tensor, times: Times) -> Tensor:
    """Return by how much the adjoint membrane jumps at each spike, ``[samples, neurons, most]``.

    A spike that comes later moves those after it, for what it takes from the membrane decays later.
    """
    jumps = torch.zeros_like(spiked)
    is_there = spiked.isfinite()
    for number in reversed(range(spiked.shape[2])):
        each = gradients[..., number].clone()
        for later in range(number + 1, spiked.shape[2]):
            span = torch.where(is_there[..., later], spiked[..., later] - spiked[..., number], 0.0)
            lost = times.threshold / times.membrane * torch.exp(-span / times.membrane)
            each -= jumps[..., later] * lost
        jumps[..., number] = torch.where(is_there[..., number], -each / slopes[..., number], 0.0)
    return jumps


def _adjoint(
    at: Tensor, rows: Tensor, weights: Tensor, spiked: Tensor, after: Tensor, jumps: Tensor,
    times: Times,
) -> tuple[Tensor, Tensor]:
    """Run the adjoint variables back in time; return the gradients of times and of weights."""
    of_times, of_weights = torch.zeros_like(at), torch.zeros_like(weights)
    slow, fast = torch.zeros_like(spiked[..., 0]), torch.zeros_like(spiked[..., 0])
    for number in reversed(range(at.shape[1])):
        now = at[:, number]
        if number + 1 < at.shape[1]:
            slow *= _decay(at[:, number + 1] - now, times.membrane)
            fast *= _decay(at[:, number + 1] - now, times.synapse)
        here = after == number
        span = torch.where(here, spiked - now[:, None, None], 0.0)
        jump = torch.where(here, jumps, 0.0)
        slow += (jump * torch.exp(-span / times.membrane)).sum(dim=2)
        fast += (jump * torch.exp(-span / times.synapse)).sum(dim=2)
        counts = (times.size * (now < times.end))[:, None]
        of_weights.index_add_(0, rows[:, number], counts * (slow - fast))
        of_times[:, number] = (
            weights[rows[:, number]] * counts * (slow / times.membrane - fast / times.synapse)
        ).sum(dim=1)
    return of_times, of_weights
