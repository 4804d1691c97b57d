"""The functions of a training out of sums and products alone, one rounding each.

Libraries compute exponentials, cosines and drawn normal numbers in ways of their own, which differ
with the processor, and fuse the sums of an optimiser. Here each is written in operations whose
result IEEE 754 fixes, in float64 where it matters, so that it is the same everywhere.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.optim.lr_scheduler import LambdaLR

from .augmentation import Augmentation
from .exact_sums import exact_sum

__all__ = ["PlainAdamW", "augment", "bell", "cosine_and_sine", "cosine_schedule", "cross_entropy",
           "exponential"]

#: Uniform numbers whose sum is a drawn normal one, with a variance of 1.
_DRAWS = 12
#: Terms of the series of cosine and sine, for angles up to 2 pi; and of the exponential.
_TERMS = 20
#: By how many bits the argument of an exponential is made smaller, and the least that counts.
_HALVINGS, _LEAST = 10, -80.0
#: Steps of the shares of a softmax, of which 2^13 are summed exactly.
_SHARES = 2.0**40


def exponential(x: Tensor) -> Tensor:
    """Return exp(x) of float64 numbers of at most 0; below -80 as of -80."""
    small = x.clamp(min=_LEAST) * 0.5**_HALVINGS
    result = torch.ones_like(small)
    for n in range(_TERMS, 0, -1):
        result = result * small / n + 1
    for _ in range(_HALVINGS):
        result = result * result
    return result


def cosine_and_sine(angle: Tensor) -> tuple[Tensor, Tensor]:
    """Return both of float64 angles from -2 pi to 2 pi."""
    square = angle * angle
    cosine, sine = torch.ones_like(angle), torch.ones_like(angle)
    for n in range(2 * _TERMS, 0, -2):
        cosine = 1 - cosine * square / (n * (n - 1))
        sine = 1 - sine * square / (n * (n + 1))
    return cosine, sine * angle


def bell(*shape: int, generator: torch.Generator) -> Tensor:
    """Return drawn numbers, nearly normal: sums of twelve uniform ones, whose steps are 2^-24."""
    drawn = torch.zeros(shape, dtype=torch.float64)
    for _ in range(_DRAWS):
        drawn += torch.rand(shape, generator=generator)
    return (drawn - _DRAWS / 2).float()


def cross_entropy(logits: Tensor, labels: Tensor, *, smoothing: float) -> Tensor:
    """Return the mean cross entropy; its gradient is the same everywhere, its value to rounding.

    Parameters
    ----------
    logits : Tensor ``[samples, classes]``
    labels : Tensor ``[samples]``
    smoothing : float
        Share of a label that is spread over all classes.
    """
    made = _CrossEntropy.apply(logits, labels, smoothing)
    assert isinstance(made, Tensor)
    return made


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
        given = logits.double()
        shares = (exponential(given - given.amax(1, keepdim=True)) * _SHARES).round()
        shares = shares / shares.sum(1, keepdim=True)
        wanted = torch.full_like(given, smoothing / given.shape[1])
        wanted.scatter_(1, labels[:, None], 1 - smoothing + smoothing / given.shape[1])
        ctx.save_for_backward((shares - wanted) / len(given))
        ctx.dtype = logits.dtype
        each = wanted * shares.clamp(min=1 / _SHARES).log()
        return torch.tensor(-exact_sum(each) / len(given), dtype=logits.dtype)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, gradient: Tensor
    ) -> tuple[Tensor, None, None]:
        (slopes,) = ctx.saved_tensors
        return (slopes * gradient.double()).to(ctx.dtype), None, None


def augment(
    images: Tensor, augmentation: Augmentation, *, high: float, generator: torch.Generator
) -> Tensor:
    """Change images as :func:`.augment.augment` does, drawn otherwise."""
    count, height, width = images.shape

    def draw(span: float) -> Tensor:
        return span * (2 * torch.rand(count, 1, 1, generator=generator).double() - 1)

    cosine, sine = cosine_and_sine(draw(math.radians(augmentation.rotation) % (2 * math.pi)))
    size, shear = 1 + draw(augmentation.scale), draw(augmentation.shear)
    right, down = draw(augmentation.shift), draw(augmentation.shift)
    cosine, sine = size * cosine, size * sine
    # Pixels from the centre, each side as long as 2, as affine_grid has them.
    y = ((torch.arange(height, dtype=torch.float64) * 2 + 1) / height - 1)[None, :, None]
    x = ((torch.arange(width, dtype=torch.float64) * 2 + 1) / width - 1)[None, None, :]
    column = (cosine * x + (shear - sine) * y + 1) * (width / 2) + right - 0.5
    row = (sine * x + cosine * y + 1) * (height / 2) + down - 0.5
    moved = _between(images.double(), row, column)
    noise = augmentation.noise * bell(*images.shape, generator=generator).double()
    return (moved + noise * (moved > 0)).clamp(0, high).float()


def _between(images: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Return images at places between pixels, bilinearly; beyond the borders they are 0."""
    count, height, width = images.shape
    flat = images.reshape(count, -1)
    top, left = row.floor(), column.floor()
    total = torch.zeros_like(images)
    for down in (0, 1):
        for right in (0, 1):
            y, x = top + down, left + right
            share = (1 - (row - y).abs()) * (1 - (column - x).abs())
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            place = (y.clamp(0, height - 1) * width + x.clamp(0, width - 1)).long()
            total = total + share * inside * flat.gather(1, place.flatten(1)).view_as(images)
    return total


def cosine_schedule(optimizer: torch.optim.Optimizer, steps: int) -> LambdaLR:
    """Return a schedule that falls to 0 by half a cosine."""
    def share(step: int) -> float:
        angle = torch.tensor(math.pi * min(1.0, step / max(1, steps)), dtype=torch.float64)
        return float((1 + cosine_and_sine(angle)[0]) / 2)

    return LambdaLR(optimizer, share)


class PlainAdamW(torch.optim.Optimizer):
    """AdamW, one operation after the other (I. Loshchilov, F. Hutter, ICLR, 2019)."""

    def __init__(self, parameters: Any, *, lr: float, weight_decay: float):
        super().__init__(parameters, {
            "lr": lr, "weight_decay": weight_decay, "betas": (0.9, 0.999), "eps": 1e-8,
        })

    @torch.no_grad()
    def step(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, closure: Callable[[], float] | None = None
    ) -> None:
        """Take a step by the gradients of the parameters."""
        for group in self.param_groups:
            for one in group["params"]:
                if one.grad is not None:
                    self._step(one, group)

    def _step(self, one: Tensor, group: dict[str, Any]) -> None:
        state, (first, second) = self.state[one], group["betas"]
        if not state:
            state |= {"mean": torch.zeros_like(one), "square": torch.zeros_like(one),
                      "left": [1.0, 1.0]}
        state["left"] = [state["left"][0] * first, state["left"][1] * second]
        gradient = one.grad
        assert gradient is not None
        state["mean"] = state["mean"] * first + gradient * (1 - first)
        state["square"] = state["square"] * second + gradient * gradient * (1 - second)
        mean = state["mean"] / (1 - state["left"][0])
        root = (state["square"] / (1 - state["left"][1])).sqrt() + group["eps"]
        one.copy_(one * (1 - group["lr"] * group["weight_decay"]) - mean / root * group["lr"])
