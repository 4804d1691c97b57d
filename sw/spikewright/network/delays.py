"""Delays that are learned: each synapse has one weight, and one real number of steps.

In real numbers a delay between two steps is spread over the whole steps around it, so that it has a
gradient: linearly over the two next to it, or by a Gaussian over all of them (DCLS: I. Khalfaoui-
Hassani, T. Pellegrini, T. Masquelier, ICLR, 2023; I. Hammouamri et al., ICLR, 2024). On the grid
each is the nearest whole number, and one origin of the layer's, as boards have them.
"""

import torch
from torch import Tensor, nn

from spikewright_hw.checks import instance, one_of, optional, real, whole

from .choices import SPREADS

__all__ = ["DelayLinear", "drawn_delays", "spread_weights"]

#: Width of the Gaussian unless another is given, in steps: narrow enough to be rounded.
SIGMA = 0.5


def spread_weights(
    weights: Tensor, delays: Tensor, *, most: int, spread: str = "linear", sigma: float = SIGMA
) -> Tensor:
    """Return the weights of each whole delay, ``[most + 1, inputs, neurons]``.

    Parameters
    ----------
    weights, delays : Tensor ``[inputs, neurons]``
        Delays beyond 0 or ``most`` are taken as these, and have no gradient there.
    most : int
        Longest delay, in steps.
    spread : str
        ``linear`` or ``gaussian``: how a delay between two steps is shared out. A weight's shares
        sum to 1.
    sigma : float
        Width of the Gaussian, in steps.
    """
    late = torch.arange(most + 1, dtype=weights.dtype, device=weights.device)[:, None, None]
    distance = late - delays.clamp(0, most)
    if spread == "linear":
        return weights * (1 - distance.abs()).clamp(min=0)
    return weights * torch.softmax(-distance.square() / (2 * sigma**2), dim=0)


def drawn_delays(weights: Tensor, *, most: int, generator: torch.Generator | None) -> Tensor:
    """Return a delay for each weight, drawn from 0 to the longest."""
    return torch.rand(weights.shape, generator=generator) * most


class DelayLinear(nn.Module):
    """A linear layer whose synapses have learned delays: spikes in, currents out.

    Parameters
    ----------
    inputs, neurons : int
    most : int
        Longest delay, in steps, at least 1.
    spread : str
        ``linear`` or ``gaussian``; see :func:`spread_weights`.
    sigma : float
        Width of the Gaussian, in steps; it may be lowered while training goes on.
    generator : torch.Generator, optional
        Draws the first weights, and the delays from 0 to ``most``.

    Attributes
    ----------
    weights, delays : Parameter ``[inputs, neurons]``
    """

    def __init__(
        self,
        inputs: int,
        neurons: int,
        *,
        most: int,
        spread: str = "linear",
        sigma: float = SIGMA,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        shape = whole(1)("inputs", inputs), whole(1)("neurons", neurons)
        self.most = whole(1, 65_535)("most", most)
        self.spread = one_of(SPREADS)("spread", spread)
        self.sigma = real(1e-3)("sigma", sigma)
        optional(instance(torch.Generator))("generator", generator)
        self.weights = nn.Parameter(torch.randn(shape, generator=generator) / shape[0] ** 0.5)
        self.delays = nn.Parameter(drawn_delays(self.weights, most=most, generator=generator))

    def forward(self, spikes: Tensor) -> Tensor:
        """Return the currents ``[steps, samples, neurons]`` of ``[steps, samples, inputs]``."""
        inputs = len(self.weights)
        instance(Tensor)("spikes", spikes)
        if spikes.dim() != 3 or spikes.shape[2] != inputs:
            raise ValueError(
                f"spikes is of shape {list(spikes.shape)}; it must be [steps, samples, {inputs}]"
            )
        each = spread_weights(
            self.weights, self.delays, most=self.most, spread=self.spread, sigma=self.sigma
        )
        steps = len(spikes)
        late = [
            torch.cat([torch.zeros_like(spikes[:by]), spikes[: max(0, steps - by)]])
            for by in range(self.most + 1)
        ]
        return torch.cat(late, dim=-1) @ each.flatten(0, 1)

    @torch.no_grad()
    def round(self) -> None:
        """Make each delay the nearest whole number of steps, as it will be on the grid."""
        self.delays.copy_(self.delays.clamp(0, self.most).round())
