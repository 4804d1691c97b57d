"""Surrogate gradients: what stands for the derivative of a spike, which is zero almost everywhere.

A spike is 1 where x, the distance from the threshold, has crossed zero. Its derivative is replaced
by ``height * shape(x / width)`` (Neftci, Mostafa, Zenke, IEEE Signal Processing Magazine 36(6),
2019). Each shape is normalised in two ways, so that one can be exchanged for another: it is 1 at
the threshold, and it is half of that at a distance of 1. (The rectangle ends there, and the
straight-through estimator never falls.) A height of 1 keeps gradients from growing through a chain
of neurons (Zenke, Vogels, Neural Computation 33(4), 2021).

Width and height are relative to the neuron: x is given in units of the distance from its rest to
its threshold. A neuron in millivolts and one whose threshold is 1 thus need no different settings.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

__all__ = [
    "SURROGATES",
    "AdaptiveSmoothing",
    "ArcTangent",
    "FastSigmoid",
    "LearnedSlope",
    "MultiGaussian",
    "Rectangle",
    "Sigmoid",
    "StraightThrough",
    "Surrogate",
    "Triangle",
    "highest",
    "spike",
    "surrogate",
]


@dataclass(frozen=True)
class Surrogate:
    """Base of the surrogates.

    Parameters
    ----------
    width : float
        Distance from the threshold at which the gradient is half as high, above 0.
    height : float
        Gradient at the threshold, above 0.
    """

    width: float = 0.5
    height: float = 1.0

    def __post_init__(self):
        for name in ("width", "height"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ValueError(f"the {name} of a surrogate is above 0, not {value}")

    def _shape(self, u: Tensor) -> Tensor:
        """Return the gradient's shape at the distance ``u``; may overwrite ``u``."""
        raise NotImplementedError(f"{type(self).__name__} does not say its shape")

    @property
    def is_fixed(self) -> bool:
        """Whether a spike is 0 or 1 and has the gradient of its distance alone."""
        return True

    def gradient(self, x: Tensor, scale: Tensor | float = 1.0) -> Tensor:
        """Return d spike / d x, where the neuron's rest is ``scale`` away from its threshold."""
        return self._shape(x / (self.width * scale)) * (self.height / scale)


class Rectangle(Surrogate):
    """1 for \\|u\\| <= 1, else 0 (Wu, Deng, Li, Zhu, Shi, Front. Neurosci. 12:331, 2018)."""

    def _shape(self, u: Tensor) -> Tensor:
        return (u.abs_() <= 1).to(u.dtype)


class Triangle(Surrogate):
    """max(0, 1 - \\|u\\| / 2) (Esser et al., PNAS 113(41), 2016; Bellec et al., NeurIPS, 2018)."""

    def _shape(self, u: Tensor) -> Tensor:
        return u.abs_().mul_(-0.5).add_(1).clamp_(min=0)


class Sigmoid(Surrogate):
    """Derivative of the logistic function, 4 s (1 - s) with s = sigmoid(k u).

    k = 2 ln(1 + sqrt 2) (Zenke, Ganguli, Neural Computation 30(6), 2018, discuss it among others;
    Shrestha, Orchard, NeurIPS, 2018).
    """

    def _shape(self, u: Tensor) -> Tensor:
        s = u.mul_(2 * math.log(1 + math.sqrt(2))).sigmoid_()
        return s.mul_(1 - s).mul_(4)


class MultiGaussian(Surrogate):
    """A Gaussian with negative skirts (Yin, Corradi, Bohte, Nature Machine Intelligence 3, 2021).

    (1 + h) N(z; 0, 1) - h N(z; 1, s**2) - h N(z; -1, s**2) with h = 0.15 and s = 6, where N is the
    normal density, z = 1.1425 u, divided by its value at 0. It is negative beyond u = 2.23.
    """

    def _shape(self, u: Tensor) -> Tensor:
        z = u.mul_(_MULTI_GAUSSIAN)
        return _multi_gaussian(z) / _multi_gaussian(torch.zeros((), dtype=u.dtype))


class ArcTangent(Surrogate):
    """Derivative of the arc tangent, 1 / (1 + u**2) (Fang et al., ICCV, 2021)."""

    def _shape(self, u: Tensor) -> Tensor:
        return u.square_().add_(1).reciprocal_()


class FastSigmoid(Surrogate):
    """Derivative of u / (1 + \\|u\\|): 1 / (1 + k \\|u\\|)**2 with k = sqrt 2 - 1.

    The surrogate of SuperSpike (Zenke, Ganguli, Neural Computation 30(6), 2018).
    """

    def _shape(self, u: Tensor) -> Tensor:
        return u.abs_().mul_(math.sqrt(2) - 1).add_(1).square_().reciprocal_()


class StraightThrough(Surrogate):
    """1 everywhere, whatever the width (Bengio, Léonard, Courville, arXiv:1308.3432, 2013)."""

    def _shape(self, u: Tensor) -> Tensor:
        return u.fill_(1)


@dataclass(frozen=True, eq=False)
class AdaptiveSmoothing(Surrogate):
    """ASGL: some spikes are smooth in training, so that the surrogate is the slope of what is run.

    A spike is, with the probability ``noise``, f(x) = 1/2 + height x between 0 and 1 in the place
    of 0 or 1, and its gradient is that of f always (Z. Wang et al., ICML, 2023). So the height has
    a gradient, too, and may be a parameter that is learned; there is no other width than it gives,
    1 / (2 height). Without gradients, spikes are 0 and 1.

    Parameters
    ----------
    height : float or Tensor
        Slope at the threshold.
    noise : float
        Share of the spikes that are smooth, 0 to below 1.
    generator : torch.Generator, optional
        Draws which.
    """

    noise: float = 0.0
    generator: torch.Generator | None = None

    def __post_init__(self):
        super().__post_init__()
        if not 0 <= self.noise < 1:
            raise ValueError(f"the noise of a surrogate is from 0 to below 1, not {self.noise}")

    @property
    def is_fixed(self) -> bool:
        """Whether a spike is 0 or 1 and has the gradient of its distance alone."""
        return self.noise == 0

    def gradient(self, x: Tensor, scale: Tensor | float = 1.0) -> Tensor:
        """Return the slope of f, where the neuron's rest is ``scale`` away from its threshold."""
        slope = abs(self.height) / scale
        return ((x * (2 * slope)).abs_() <= 1).to(x.dtype) * slope

    def drawn(self, x: Tensor, hard: Tensor, scale: Tensor | float) -> Tensor:
        """Return spikes of which some are smooth; ``hard`` are 0 and 1."""
        smooth = (0.5 + x * (abs(self.height) / scale)).clamp(0, 1)
        drawn = torch.rand(x.shape, generator=self.generator, dtype=torch.float32).to(x.device)
        return smooth + ((hard - smooth) * (drawn >= self.noise)).detach()


@dataclass(frozen=True, eq=False)
class LearnedSlope(Surrogate):
    """A surrogate as high and as wide as a slope that is learned.

    A spike stays 0 or 1. Its gradients are those of the smooth step F(slope x) whose derivative the
    shape is: of x, slope F'(slope x), and of the slope, x F'(slope x). There is no other width than
    the slope gives.

    Parameters
    ----------
    height : float or Tensor
        Slope at the threshold; a number once it is learned.
    shape : Surrogate
        F', with a height of 1.
    """

    shape: Surrogate = field(default_factory=ArcTangent)

    @property
    def is_fixed(self) -> bool:
        """Whether a spike is 0 or 1 and has the gradient of its distance alone."""
        return not isinstance(self.height, Tensor)

    def gradient(self, x: Tensor, scale: Tensor | float = 1.0) -> Tensor:
        """Return d spike / d x, where the neuron's rest is ``scale`` away from its threshold."""
        slope = abs(self.height)
        return self.shape.gradient(x * slope, scale) * slope


def _multi_gaussian(z: Tensor) -> Tensor:
    def normal(mean: float, deviation: float) -> Tensor:
        return torch.exp(-0.5 * ((z - mean) / deviation) ** 2) / deviation

    return 1.15 * normal(0, 1) - 0.15 * (normal(1, 6) + normal(-1, 6))


#: The z at which the multi-Gaussian is half as high as at 0.
_MULTI_GAUSSIAN = 1.1424535346470528

#: Every surrogate by name.
SURROGATES: dict[str, type[Surrogate]] = {
    "rectangle": Rectangle,
    "triangle": Triangle,
    "sigmoid": Sigmoid,
    "multi_gaussian": MultiGaussian,
    "arc_tangent": ArcTangent,
    "fast_sigmoid": FastSigmoid,
    "straight_through": StraightThrough,
    "asgl": AdaptiveSmoothing,
}


def surrogate(choice: str | Surrogate) -> Surrogate:
    """Return the surrogate of a name, with its defaults; one that is given stays as it is.

    Raises
    ------
    ValueError
        There is none of that name.
    """
    if isinstance(choice, Surrogate):
        return choice
    if choice not in SURROGATES:
        raise ValueError(f"there is no surrogate {choice!r}; there are {', '.join(SURROGATES)}")
    return SURROGATES[choice]()


#: How many times as large a gradient may become on its way back through the resets of a sample.
_GROWTH = 300


def highest(steps: int | None) -> float:
    """Return the height of a surrogate with which gradients do not explode in so many steps.

    A reset takes the threshold from the membrane, so that a neuron that stays at its threshold
    passes back 1 - height times the gradient that comes to it, in each step: with a height above 2
    more than comes, of the other sign each time. A neuron that spikes in most of many steps then
    learns noise. Of few steps, or where there is no telling, any height that trains well will do.
    """
    return float("inf") if steps is None else 1 + _GROWTH ** (1 / steps)


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, strict: bool, shape: Surrogate, scale: Tensor | float
    ) -> Tensor:
        ctx.save_for_backward(x)
        ctx.shape, ctx.scale = shape, scale
        return (x > 0 if strict else x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (x,) = ctx.saved_tensors
        return ctx.shape.gradient(x, ctx.scale).mul_(gradients[0]), None, None, None


class _SpikeOfSlope(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, strict: bool, shape: Surrogate, scale: Tensor | float, slope: Tensor
    ) -> Tensor:
        ctx.save_for_backward(x, slope)
        ctx.shape, ctx.scale = shape, scale
        return (x > 0 if strict else x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None, Tensor]:
        x, slope = ctx.saved_tensors
        given = ctx.shape.gradient(x * slope, ctx.scale).mul_(gradients[0])
        return given * slope, None, None, None, (x * given).sum()


def spike(
    x: Tensor, *, surrogate: Surrogate, strict: bool = False, scale: Tensor | float = 1.0
) -> Tensor:
    """Return 1 where x >= 0 (x > 0 if ``strict``), else 0, with the surrogate's gradient.

    ``scale`` is the distance from the neuron's rest to its threshold, in the unit of x.
    """
    learns = torch.is_grad_enabled() and not surrogate.is_fixed
    if learns and isinstance(surrogate, AdaptiveSmoothing):
        return surrogate.drawn(x, (x > 0 if strict else x >= 0).to(x.dtype), scale)
    if learns and isinstance(surrogate, LearnedSlope):
        slope = torch.as_tensor(surrogate.height).abs().to(x.dtype)
        out = _SpikeOfSlope.apply(x, strict, surrogate.shape, scale, slope)
    else:
        out = _Spike.apply(x, strict, surrogate, scale)
    assert isinstance(out, Tensor)
    return out
