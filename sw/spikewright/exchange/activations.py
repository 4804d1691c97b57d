"""Activations of networks that do not spike: what conversion makes spiking neurons of."""

from typing import Any

import torch
from torch import Tensor, nn

from spikewright_hw.checks import real, whole
from spikewright_hw.definition.definition import State, neuron
from spikewright_hw.definition.expression import where

from .found import Found, Read

__all__ = ["OWN", "QCFS", "READ", "Outputs", "is_activation"]


class QCFS(nn.Module):
    """An activation of so many levels up to a bound that is learned.

    Of a value z it makes ``bound * clip(floor(z * levels / bound + 1/2) / levels, 0, 1)``: what an
    integrate-and-fire neuron answers in ``levels`` steps to a current z, if its threshold is the
    bound and its membrane starts at half of it (T. Bu et al., "Optimal ANN-SNN conversion for
    high-accuracy and ultra-low-latency spiking neural networks", ICLR 2022). The gradient goes
    straight through the rounding.

    Parameters
    ----------
    levels : int
        At least 1.
    bound : float
        Where the bound starts, above 0.
    """

    def __init__(self, levels: int = 8, *, bound: float = 4.0):
        super().__init__()
        self.levels = whole(1)("levels", levels)
        if real(0)("bound", bound) == 0:
            raise ValueError("bound is 0; it must be above 0")
        self.bound = nn.Parameter(torch.tensor(float(bound)))

    def forward(self, values: Tensor) -> Tensor:
        """Return the activations of values of any shape."""
        share = (values / self.bound).clip(0, 1)
        level = torch.floor(share * self.levels + 0.5) / self.levels
        return self.bound * (share + (level - share).detach())

    def extra_repr(self) -> str:
        """Return what distinguishes it, for the module's text."""
        return f"levels={self.levels}, bound={self.bound.item():.4g}"


class Outputs(nn.Module):
    """The outputs of a network that does not spike, as they are."""

    def forward(self, values: Tensor) -> Tensor:
        """Return the values."""
        return values


@neuron(v=State("what it sends"))
def relu(s, i, p):
    """Send the current, or 0 where it is negative."""
    return {"v": where(i > 0, i, 0)}


@neuron(v=State("what it sends"))
def outputs(s, i, p):
    """Send the current."""
    return {"v": i}


def _relu(module: Any) -> Found:
    return Found(definition=relu)


def _outputs(module: Any) -> Found:
    return Found(definition=outputs)


#: How each class is read: of PyTorch, and of this project.
READ: dict[str, Read] = {"ReLU": _relu}
OWN: dict[str, Read] = {"Outputs": _outputs}


def is_activation(module: nn.Module) -> bool:
    """Whether a module is an activation, or the end of a network that does not spike."""
    return isinstance(module, nn.ReLU | QCFS | Outputs)
