"""Parameters as modules: learned ones stay within their bounds whatever the optimiser does."""

import torch
from torch import Tensor, nn

__all__ = ["Bounded", "Constant", "Values"]

#: A start at a bound is moved inside by this share of the range, or of one unit: at the bound
#: itself the gradient is zero.
_INSIDE = 1e-3


class Bounded(nn.Module):
    """A learned value, one number or one for each neuron, as a smooth function of a free one.

    Between two bounds it is low + (high - low) sigmoid(raw), above one low + exp(raw), below one
    high - exp(raw), so that a step of the optimiser changes it by a share of itself. Without bounds
    it is the free value, in units of its start (of 1 for a start at zero).

    Parameters
    ----------
    start : Tensor
    low, high : float, optional
    """

    def __init__(self, start: Tensor, *, low: float | None = None, high: float | None = None):
        super().__init__()
        self.low, self.high = low, high
        size = float(start.abs().max())
        self.unit = size if size > 0 else 1.0
        self.raw = nn.Parameter(self._raw(start))

    def forward(self) -> Tensor:
        """Return the value."""
        low, high, raw = self.low, self.high, self.raw
        if low is not None and high is not None:
            return low + (high - low) * torch.sigmoid(raw)
        if low is not None:
            return low + torch.exp(raw)
        if high is not None:
            return high - torch.exp(raw)
        return self.unit * raw

    def _raw(self, start: Tensor) -> Tensor:
        low, high = self.low, self.high
        if low is not None and high is not None:
            share = ((start - low) / (high - low)).clamp(_INSIDE, 1 - _INSIDE)
            return torch.log(share / (1 - share))
        if low is not None:
            return torch.log((start - low).clamp(min=_INSIDE))
        if high is not None:
            return torch.log((high - start).clamp(min=_INSIDE))
        return start / self.unit

    def extra_repr(self) -> str:
        """Return the bounds for ``repr``."""
        ends = [("-inf", "inf")[side] if end is None else f"{end:g}"
                for side, end in enumerate((self.low, self.high))]
        return f"{ends[0]} to {ends[1]}"


class Constant(nn.Module):
    """A value that is not learned; it goes where its module goes, and is saved with it."""

    value: Tensor

    def __init__(self, value: Tensor):
        super().__init__()
        self.register_buffer("value", value)

    def forward(self) -> Tensor:
        """Return the value."""
        return self.value


class Values(nn.ModuleDict):
    """Parameters by name, whatever the name; of a plain ``ModuleDict`` no key is ``"keys"``."""

    def __setitem__(self, key: str, module: nn.Module) -> None:
        self._modules[key] = module
