"""A coding as a module of PyTorch, for a training loop of one's own."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from spikewright_hw.checks import flag

from .coding import Coding, coding_rule
from .rate import Rate

__all__ = ["Encoder"]


class Encoder(nn.Module):
    """Samples in, spikes out: a coding where a network in PyTorch expects a module.

    Parameters
    ----------
    coding : Coding
        Any: time to first spike, logarithmic latency, rate, population, delta, direct, events.
    redraw : bool
        Of :class:`~spikewright.coding.rate.Rate`: whether each call in training draws other spikes
        of the same samples. The first call of a training, and every one in evaluation, has the
        coding's own seed.

    Raises
    ------
    ValueError
        The coding is none, or draws nothing that could be drawn again.
    """

    def __init__(self, coding: Coding, *, redraw: bool = False):
        super().__init__()
        self.coding = coding_rule("coding", coding)
        self._redraw = flag("redraw", redraw)
        self._calls = 0
        if redraw and not isinstance(coding, Rate):
            raise ValueError(f"redraw is True, but {coding.name} draws nothing; leave it out")

    def forward(self, samples: Any) -> Tensor:
        """Return the spikes of samples, or their graded inputs, as floats.

        Parameters
        ----------
        samples : Tensor or array ``[samples, ...]``
            As the coding takes them.

        Returns
        -------
        Tensor ``[samples, steps, inputs]``, where the samples were.
        """
        given = samples.detach().cpu().numpy() if isinstance(samples, Tensor) else samples
        coding = self.coding
        if self._redraw and self.training and isinstance(coding, Rate):
            coding = replace(coding, seed=(coding.seed + self._calls) % (1 << 64))
            self._calls += 1
        spikes = torch.from_numpy(coding.encode(given)).float()
        return spikes.to(samples.device) if isinstance(samples, Tensor) else spikes

    def extra_repr(self) -> str:
        """Return the coding in a few words."""
        return self.coding.describe()
