"""Modules with convolutions and poolings, drawn at random, and what each of their neurons sends."""

# The frameworks have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportAttributeAccessIssue=false

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import snntorch as snn
import torch
from torch import nn

from spikewright_hw.connection import FeatureMap

from .frameworks import functional, in_double, layer, neuron, norse

__all__ = [
    "FRAMEWORKS", "SAMPLES", "STEPS", "Drawn", "Framework", "channels_first", "drawn",
    "sent_by_neurons",
]

STEPS, SAMPLES = 6, 3


@dataclass(frozen=True)
class Framework:
    """How the parts of a framework are made."""

    neurons: Callable[[], nn.Module]
    container: Callable[..., nn.Module] = nn.Sequential
    package: object = nn
    sequence: bool = False

    def part(self, kind: str, *given, **named) -> nn.Module:
        """Make a module, of the framework's own class where it has one."""
        own = hasattr(self.package, kind)
        made = getattr(self.package if own else nn, kind)(*given, **named)
        if self.sequence:
            return functional.set_step_mode(made, "m") or made if own else (
                layer.SeqToANNContainer(made)
            )
        return made


def _lif() -> nn.Module:
    return neuron.LIFNode(tau=2.5, v_threshold=0.2)


FRAMEWORKS = {
    "snntorch": Framework(lambda: snn.Leaky(beta=0.8, threshold=0.5, init_hidden=True)),
    "spikingjelly": Framework(_lif, package=layer),
    "spikingjelly_sequence": Framework(
        lambda: functional.set_step_mode(made := _lif(), "m") or made, package=layer,
        sequence=True,
    ),
    "norse": Framework(
        lambda: norse.LIFBoxCell(norse.LIFBoxParameters(
            tau_mem_inv=torch.tensor(400.0), v_th=torch.tensor(0.2),
        )),
        container=norse.SequentialState,
    ),
}


@dataclass(frozen=True)
class Drawn:
    """A module, and the axes of what it takes."""

    module: nn.Module
    axes: tuple[int, ...]
    sequence: bool

    @property
    def example(self) -> torch.Tensor:
        """What it takes in one call."""
        return torch.zeros((STEPS, 2, *self.axes) if self.sequence else (2, *self.axes))

    @property
    def steps(self) -> int | None:
        """The steps that its example does not say."""
        return None if self.sequence else STEPS


def drawn(name: str, seed: int) -> Drawn:
    """Draw a module of a framework."""
    framework, rng = FRAMEWORKS[name], random.Random(seed)
    torch.manual_seed(seed)
    axes = rng.choice((1, 2, 2))
    shape = [rng.choice((1, 2, 3)), *(rng.randint(5, 9) for _ in range(axes))]
    view, parts = tuple(shape), []
    for _ in range(rng.randint(1, 2)):
        parts += _pooling(framework, rng, shape) if rng.random() < 0.3 else []
        parts += _normalisation(framework, rng, shape) if rng.random() < 0.2 else []
        parts += _convolution(framework, rng, shape)
        parts += _normalisation(framework, rng, shape) if rng.random() < 0.5 else []
        parts += _pooling(framework, rng, shape) if rng.random() < 0.4 else []
        parts += [framework.part("Dropout", 0.5)] if rng.random() < 0.3 else []
        parts.append(framework.neurons())
    parts += _pooling(framework, rng, shape) if rng.random() < 0.5 else []
    parts += [framework.part("Flatten")]
    linear = framework.part("Linear", int(np.prod(shape)), 5)
    for weight in linear.parameters():
        weight.data *= 4
    parts += [linear, framework.neurons()]
    return Drawn(framework.container(*parts), view, framework.sequence)


def _convolution(framework: Framework, rng: random.Random, shape: list[int]) -> list[nn.Module]:
    axes = len(shape) - 1
    groups = rng.choice([one for one in range(1, shape[0] + 1) if shape[0] % one == 0])
    channels = groups * rng.randint(1, 3)
    kernel = [rng.randint(1, 3) for _ in range(axes)]
    padding = [rng.randint(0, 2) for _ in range(axes)]
    dilation, stride = [1] * axes, [rng.randint(1, 2) for _ in range(axes)]
    for side in range(axes):
        room = shape[1 + side] + 2 * padding[side] - 1
        kernel[side] = min(kernel[side], room + 1)
        dilation[side] = rng.randint(1, max(1, min(2, room // max(1, kernel[side] - 1))))
        reach = (kernel[side] - 1) * dilation[side]
        shape[1 + side] = (room - reach) // stride[side] + 1
    made = framework.part(
        f"Conv{axes}d", shape[0], channels, tuple(kernel), stride=tuple(stride),
        padding=tuple(padding), dilation=tuple(dilation), groups=groups, bias=rng.random() < 0.6,
    )
    for weight in made.parameters():
        weight.data *= 4
    shape[0] = channels
    return [made]


def _normalisation(framework: Framework, rng: random.Random, shape: list[int]) -> list[nn.Module]:
    made = framework.part(f"BatchNorm{len(shape) - 1}d", shape[0])
    (inner,) = (one for one in made.modules() if hasattr(one, "running_mean"))
    inner.running_mean.normal_(0, 0.3)
    inner.running_var.uniform_(0.3, 2)
    inner.weight.data.uniform_(-1.5, 1.5)
    inner.bias.data.normal_(0, 0.3)
    return [made]


def _pooling(framework: Framework, rng: random.Random, shape: list[int]) -> list[nn.Module]:
    """Draw windows that leave no remainder."""
    kind = rng.choice(("AvgPool", "AvgPool", "LPPool", "AdaptiveAvgPool"))
    axes = len(shape) - 1
    if kind == "AdaptiveAvgPool":
        to = [rng.choice([one for one in range(1, size + 1) if size % one == 0])
              for size in shape[1:]]
        shape[1:] = to
        return [framework.part(f"{kind}{axes}d", tuple(to) if axes > 1 else to[0])]
    sizes, strides = [], []
    for size in shape[1:]:
        window = rng.randint(1, min(3, size))
        sizes.append(window)
        strides.append(rng.choice([
            one for one in range(1, size + 1) if (size - window) % one == 0
        ]))
    if kind == "LPPool":  # of torch, it takes one number for one axis
        sizes, strides = [min(sizes)] * axes, [1] * axes
    shape[1:] = [(size - window) // stride + 1
                 for size, window, stride in zip(shape[1:], sizes, strides, strict=True)]
    given = [tuple(one) if axes > 1 else one[0] for one in (sizes, strides)]
    return [framework.part(f"{kind}{axes}d", *([1] if kind == "LPPool" else []), *given)]


def sent_by_neurons(made: Drawn, spikes: np.ndarray) -> list[np.ndarray]:
    """Return what each layer of neurons of a module sends, ``[samples, steps, values]``.

    ``spikes`` is ``[samples, steps, *axes]``.
    """
    module, sent = in_double(made.module), []
    kinds = (snn.Leaky, snn.RLeaky, snn.RSynaptic, neuron.LIFNode, neuron.IFNode, norse.LIFBoxCell)
    found = [one for one in module.modules() if isinstance(one, kinds)]
    heard: dict[nn.Module, list[torch.Tensor]] = {one: [] for one in found}
    for one in found:
        one.register_forward_hook(lambda part, _, result: heard[part].append(
            result[0] if isinstance(result, tuple) else result
        ))
    functional.reset_net(module)
    given = torch.from_numpy(spikes.swapaxes(0, 1).astype(np.float64))
    state = None
    with torch.no_grad():
        if made.sequence:
            module(given)
        else:
            for step in given:
                if isinstance(module, norse.SequentialState):
                    _, state = module(step, state)
                else:
                    module(step)
    for one in (one for one in found if heard[one]):
        whole = heard[one][0] if len(heard[one]) == 1 else torch.stack(heard[one])
        sent.append(whole.flatten(2).numpy().swapaxes(0, 1))
    return sent


def channels_first(spikes: np.ndarray, target: FeatureMap) -> np.ndarray:
    """Return spikes of a map, ``[samples, steps, neurons]``, in the order of PyTorch."""
    lead = spikes.shape[:2]
    map_ = spikes.reshape(*lead, target.height, target.width, target.channels)
    return map_.transpose(0, 1, 4, 2, 3).reshape(*lead, -1)
