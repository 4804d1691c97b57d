"""Whole trainings in other frameworks, each in its own idiom, where it is installed.

What its tutorials show: its neuron with its defaults but for the leak, its surrogate gradient, its
loss and its way through the steps. All take the values of a sample, from 0 to 1, as the current of
each step, and train with Adam. The weighted layers are PyTorch's, the same in each framework.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..extras import missing as lacking
from ..task.task import Task
from .peers import installed

__all__ = ["CONVERTED", "FRAMEWORKS", "Fit", "Shape", "ann", "ann_samples", "fitted", "missing"]

_LEARNING_RATE = 2e-3
_BATCH = 128
#: Share of a membrane that is left after a step.
_DECAY = 0.9


@dataclass(frozen=True)
class Shape:
    """A network that every framework builds.

    Parameters
    ----------
    name : str
        Short, as this project has it.
    channels : int
        Of a convolution before the dense layers, with pooling of 2 × 2; 0 for none.
    kernel : int
        Its side.
    hidden : int
        Neurons of the hidden dense layer.
    """

    name: str
    channels: int
    kernel: int
    hidden: int

    def weighted(self, task: Task) -> list[nn.Module]:
        """Return the weighted layers: each is followed by neurons."""
        if not self.channels:
            return [
                nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(task.image)), self.hidden)),
                nn.Linear(self.hidden, task.outputs),
            ]
        height, width = ((side - self.kernel + 1) // 2 for side in task.image[:2])
        deep = task.image[2] if len(task.image) == 3 else 1
        return [
            nn.Conv2d(deep, self.channels, self.kernel),
            nn.Sequential(
                nn.AvgPool2d(2), nn.Flatten(),
                nn.Linear(self.channels * height * width, self.hidden),
            ),
            nn.Linear(self.hidden, task.outputs),
        ]


@dataclass(frozen=True)
class Fit:
    """A training: its accuracy on the test part, 0 to 1, and the CPU seconds that it took."""

    accuracy: float
    seconds: float


#: Trains a network on a task: the shape, the task, steps, epochs, seed.
Training = Callable[[Shape, Task, int, int, int], Fit]


def ann_samples(samples: np.ndarray, task: Task) -> Tensor:
    """Return samples as PyTorch has images: channels × height × width, from 0 to 1."""
    images = torch.from_numpy(samples).float().view(len(samples), *task.image)
    images = (images - task.low) / (task.high - task.low)
    return images.movedim(-1, 1) if images.dim() == 4 else images[:, None]


def ann(shape: Shape, task: Task, activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Return the network of values: an activation after each weighted layer but the last."""
    *hidden, last = shape.weighted(task)
    return nn.Sequential(*(part for one in hidden for part in (one, activation())), last)


def fitted(
    parameters: Sequence[nn.Parameter],
    loss: Callable[[Tensor, Tensor], Tensor],
    predictions: Callable[[Tensor], Tensor],
    task: Task,
    *,
    epochs: int,
    seed: int,
) -> Fit:
    """Train by ``loss`` of samples and labels, with Adam; test by ``predictions``."""
    samples, labels = ann_samples(task.x_train, task), torch.from_numpy(task.y_train)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(parameters, _LEARNING_RATE)
    started = time.process_time()
    for _ in range(epochs):
        for part in torch.randperm(len(labels), generator=generator).split(_BATCH):
            optimizer.zero_grad()
            loss(samples[part], labels[part]).backward()
            optimizer.step()
    seconds = time.process_time() - started
    with torch.no_grad():
        found = torch.cat([predictions(one) for one in ann_samples(task.x_test, task).split(500)])
    return Fit(float((found.numpy() == task.y_test).mean()), seconds)


def _snntorch(shape: Shape, task: Task, steps: int, epochs: int, seed: int) -> Fit:
    """Step by step, the states hidden in the modules; the cross entropy of the rates."""
    import snntorch
    from snntorch import functional as losses
    from snntorch import surrogate, utils

    torch.manual_seed(seed)
    modules: list[nn.Module] = []
    weighted = shape.weighted(task)
    for number, one in enumerate(weighted):
        modules += [one, snntorch.Leaky(
            beta=_DECAY, spike_grad=surrogate.fast_sigmoid(), init_hidden=True,
            output=number == len(weighted) - 1,
        )]
    net, entropy = nn.Sequential(*modules), losses.ce_rate_loss()

    def spikes(samples: Tensor) -> Tensor:
        utils.reset(net)
        return torch.stack([net(samples)[0] for _ in range(steps)])

    return fitted(
        list(net.parameters()), lambda x, y: entropy(spikes(x), y),
        lambda x: spikes(x).sum(dim=0).argmax(dim=1), task, epochs=epochs, seed=seed,
    )


def _spikingjelly(shape: Shape, task: Task, steps: int, epochs: int, seed: int) -> Fit:
    """Multi-step mode: each layer over all steps at once; the cross entropy of the rates."""
    from spikingjelly.activation_based import functional as of_network
    from spikingjelly.activation_based import layer, neuron, surrogate

    torch.manual_seed(seed)
    modules: list[nn.Module] = []
    for one in shape.weighted(task):
        modules += [layer.SeqToANNContainer(one), neuron.LIFNode(
            tau=1 / (1 - _DECAY), decay_input=False, step_mode="m",
            surrogate_function=surrogate.ATan(),
        )]
    net = nn.Sequential(*modules)

    def rates(samples: Tensor) -> Tensor:
        of_network.reset_net(net)
        return net(samples.expand(steps, *samples.shape)).mean(dim=0)

    return fitted(
        list(net.parameters()), lambda x, y: functional.cross_entropy(rates(x), y),
        lambda x: rates(x).argmax(dim=1), task, epochs=epochs, seed=seed,
    )


def _norse(shape: Shape, task: Task, steps: int, epochs: int, seed: int) -> Fit:
    """Cells in a sequence with their states; the highest membrane of a leaky readout."""
    from norse.torch import LICell, LIFCell, LIFParameters, SequentialState

    torch.manual_seed(seed)
    *hidden, last = shape.weighted(task)
    modules: list[nn.Module] = []
    for one in hidden:
        modules += [one, LIFCell(p=LIFParameters(v_th=torch.as_tensor(0.4)))]
    net: Any = SequentialState(*modules, last, LICell())

    def highest(samples: Tensor) -> Tensor:
        state, membranes = None, []
        for _ in range(steps):
            made, state = net(samples, state)
            membranes.append(made)
        return torch.stack(membranes).amax(dim=0)

    return fitted(
        list(net.parameters()), lambda x, y: functional.cross_entropy(highest(x), y),
        lambda x: highest(x).argmax(dim=1), task, epochs=epochs, seed=seed,
    )


def _spikingjelly_converted(
    shape: Shape, task: Task, steps: int, epochs: int, seed: int
) -> Fit:
    """A network of ReLU whose activations are scaled by their 99.9th percentile."""
    from spikingjelly.activation_based import ann2snn
    from spikingjelly.activation_based import functional as of_network
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(seed)
    net = ann(shape, task, nn.ReLU)
    fit = fitted(
        list(net.parameters()), lambda x, y: functional.cross_entropy(net(x), y),
        lambda x: net(x).argmax(dim=1), task, epochs=epochs, seed=seed,
    )
    some = ann_samples(task.x_train[:500], task), torch.from_numpy(task.y_train[:500])
    recipe = ann2snn.RateCodingRecipe(
        dataloader=DataLoader(TensorDataset(*some), _BATCH), mode="99.9%"
    )
    made = ann2snn.Converter(recipe=recipe).convert(net.eval())
    found = []
    with torch.no_grad():
        for one in ann_samples(task.x_test, task).split(500):
            of_network.reset_net(made)
            found.append(sum(made(one) for _ in range(steps)))
    answers = torch.cat(found).argmax(dim=1).numpy()  # pyright: ignore[reportArgumentType]
    return Fit(float((answers == task.y_test).mean()), fit.seconds)


#: What else a training needs.
_NEEDS: dict[Training, tuple[str, ...]] = {_spikingjelly_converted: ("requests",)}
#: By what a table calls it: the package, and its training, or why there is none.
FRAMEWORKS: dict[str, tuple[str, Training | str]] = {
    "snnTorch": ("snntorch", _snntorch),
    "SpikingJelly": ("spikingjelly", _spikingjelly),
    "Norse": ("norse", _norse),
}
CONVERTED: dict[str, tuple[str, Training | str]] = {
    "snnTorch": ("snntorch", "it converts no networks of values"),
    "SpikingJelly": ("spikingjelly", _spikingjelly_converted),
    "Norse": ("norse", "it converts no networks of values"),
}


def missing(package: str, training: Training | str) -> str:
    """Return in words why there is no training and what to do, or nothing if there is one."""
    if isinstance(training, str):
        return training
    for one in (package, *_NEEDS.get(training, ())):
        if not installed(one):
            return str(lacking(ModuleNotFoundError(name=one)) or f"{one} is not installed")
    return ""
