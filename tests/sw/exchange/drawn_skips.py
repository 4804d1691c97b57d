"""Modules whose layers hear several others, drawn at random."""

# The frameworks have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportAttributeAccessIssue=false

import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from .drawn_modules import FRAMEWORKS, Drawn, Framework
from .frameworks import norse

__all__ = ["drawn_with_skips"]


def _in_place(values: list[Tensor]) -> Tensor:
    first, *others = values
    first = first.clone()
    for one in others:
        first += one
    return first


#: Ways in which modules add.
_SUMS: tuple[Callable[[list[Tensor]], Tensor], ...] = (
    lambda values: sum(values[1:], values[0]), _in_place,
    lambda values: values[0] if len(values) == 1 else torch.add(
        values[0], sum(values[2:], values[1])),
)


class Residual(nn.Module):
    """Neurons that take sums of what several layers send.

    ``terms`` has, for each current, the layers whose spikes are added, and the modules after them.
    """

    def __init__(self, terms: Sequence[tuple[Sequence[int], nn.Module]], after: nn.Module,
                 neurons: nn.Module, add: Callable[[list[Tensor]], Tensor]):
        super().__init__()
        self.heard = [heard for heard, _ in terms]
        self.weights = nn.ModuleList(module for _, module in terms)
        self.after, self.neurons, self.add = after, neurons, add

    def forward(self, values: list[Tensor], states: dict[nn.Module, object]) -> Tensor:
        currents = [
            weights(self.add([values[at] for at in heard]))
            for heard, weights in zip(self.heard, self.weights, strict=True)
        ]
        current = self.after(self.add(currents))
        if not isinstance(self.neurons, norse.LIFBoxCell):
            return self.neurons(current)
        spikes, states[self.neurons] = self.neurons(current, states.get(self.neurons))
        return spikes


class Residuals(nn.Module):
    """Such layers, one after the other; with ``loops``, all steps in one call."""

    def __init__(self, layers: Sequence[Residual], *, loops: bool):
        super().__init__()
        self.layers, self.loops = nn.ModuleList(layers), loops

    def _step(self, x: Tensor, states: dict[nn.Module, object]) -> Tensor:
        values = [x]
        for layer in self.layers:
            values.append(layer(values, states))
        return values[-1]

    def forward(self, x: Tensor) -> Tensor:
        states: dict[nn.Module, object] = {}
        if self.loops:
            return torch.stack([self._step(step, states) for step in x])
        return self._step(x, states)


def drawn_with_skips(name: str, seed: int) -> Drawn:
    """Draw a module of a framework."""
    framework, rng = FRAMEWORKS[name], random.Random(seed)
    torch.manual_seed(seed)
    axes = rng.choice((0, 1, 2, 2))
    shapes = [(rng.randint(1, 3), *(rng.choice((4, 6)) for _ in range(axes)))]
    if not axes:
        shapes = [(rng.randint(4, 7),)]
    layers = [_layer(framework, rng, shapes) for _ in range(rng.randint(2, 4))]
    loops = name == "norse"
    return Drawn(Residuals(layers, loops=loops), shapes[0], framework.sequence or loops)


def _layer(framework: Framework, rng: random.Random, shapes: list[tuple[int, ...]]) -> Residual:
    """Draw a layer that hears the one before and perhaps others; add its shape to ``shapes``."""
    channels = rng.choice((shapes[-1][0], rng.randint(2, 4)))
    stride = rng.choice((1, 1, 2)) if min(shapes[-1][1:], default=0) > 2 else 1
    before = shapes[-1]
    shape = (channels, *(-(-size // stride) for size in before[1:]))
    terms = [_term(framework, rng, shapes, len(shapes) - 1, shape, stride)]
    for at in range(len(shapes)):
        if rng.random() < 0.4 and (at < len(shapes) - 1 or shapes[at] == shape):
            terms += _skip(framework, rng, shapes, at, shape)
    rng.shuffle(terms)
    after = nn.Identity()
    if rng.random() < 0.3 and len(shape) > 1:
        after = framework.part(f"BatchNorm{len(shape) - 1}d", channels)
        (inner,) = (one for one in after.modules() if hasattr(one, "running_mean"))
        inner.running_mean.normal_(0, 0.2)
        inner.bias.data.normal_(0, 0.2)
    shapes.append(shape)
    return Residual(terms, after, framework.neurons(), rng.choice(_SUMS))


def _term(
    framework: Framework, rng: random.Random, shapes: list[tuple[int, ...]], at: int,
    shape: tuple[int, ...], stride: int,
) -> tuple[list[int], nn.Module]:
    """Draw weights from a layer, or from the sum of the spikes of all that are of its shape."""
    before, axes = shapes[at], len(shape) - 1
    heard = [at]
    if rng.random() < 0.4:
        heard = [one for one, its in enumerate(shapes[: at + 1]) if its == before]
    bias = rng.random() < 0.5
    if not axes:
        made = framework.part("Linear", before[0], shape[0], bias=bias)
    else:
        of_both = [one for one in (1, 2, 3) if before[0] % one == shape[0] % one == 0]
        kernel = rng.choice((1, 3))
        made = framework.part(
            f"Conv{axes}d", before[0], shape[0], kernel, stride=stride, padding=kernel // 2,
            groups=rng.choice(of_both), bias=bias,
        )
    for weight in made.parameters():
        weight.data *= 4 if weight.dim() > 1 else 1
    return heard, made


def _skip(
    framework: Framework, rng: random.Random, shapes: list[tuple[int, ...]], at: int,
    shape: tuple[int, ...],
) -> list[tuple[list[int], nn.Module]]:
    """Draw a skip from a layer: of the same shape, as it is, or through weights, or a pooling."""
    before = shapes[at]
    if before == shape:
        return [([at], nn.Identity())]
    ratios = {old / new for old, new in zip(before[1:], shape[1:], strict=True)}
    if ratios == {2.0} and before[0] == shape[0] and rng.random() < 0.5:
        return [([at], framework.part(f"AvgPool{len(shape) - 1}d", 2))]
    strides = {-(-old // new) for old, new in zip(before[1:], shape[1:], strict=True)} or {1}
    stride = min(strides)
    fits = all(-(-old // stride) == new for old, new in zip(before[1:], shape[1:], strict=True))
    return [_term(framework, rng, shapes, at, shape, stride)] if fits else []
