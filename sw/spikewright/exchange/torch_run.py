"""A module of PyTorch, run on random inputs: which of its parts are called, and on what."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from spikewright.errors import DataError

from . import norse, snntorch, spikingjelly, torch_modules
from .found import Read
from .step import View

__all__ = [
    "READ", "SPIKES", "VALUES", "Inputs", "Part", "as_started", "axes_of", "axes_of_inputs",
    "class_of", "ran",
]

#: How a class of a package is read, by the first part of its module's name.
READ: dict[str, dict[str, Read]] = {
    "torch": torch_modules.READ,
    "snntorch": snntorch.READ,
    "spikingjelly": spikingjelly.READ | torch_modules.READ,
    "norse": norse.READ,
}
#: Classes whose parts are called one by one.
_CONTAINERS = {
    "Sequential", "ModuleList", "SequentialState", "Lift", "MultiStepContainer",
    "SeqToANNContainer", "StepModeContainer",
}
#: Axes of what a class takes, without steps and samples; of others they follow from their steps.
_AXES = {
    "Linear": 1,
    **dict.fromkeys(("Conv1d", "AvgPool1d", "LPPool1d", "AdaptiveAvgPool1d"), 2),
    **dict.fromkeys(("Conv2d", "AvgPool2d", "LPPool2d", "AdaptiveAvgPool2d", "BatchNorm2d"), 3),
}
#: Share of ones among the spikes that a module is tried on.
_RATE = 0.3
#: Standard deviation of the values that it is tried on.
_SPREAD = 2.0


class Inputs(NamedTuple):
    """What a module is tried on: its name, and how it is drawn."""

    name: str
    draw: Callable[[torch.Size, torch.Generator], Tensor]


SPIKES = Inputs("spikes", lambda shape, generator: (
    torch.rand(shape, generator=generator) < _RATE
).double())
VALUES = Inputs("values", lambda shape, generator: _SPREAD * torch.randn(
    shape, generator=generator, dtype=torch.float64
))


def class_of(module: nn.Module) -> tuple[str, str]:
    """Return the package and the name of a module's class."""
    return type(module).__module__.partition(".")[0], type(module).__name__


@dataclass
class Part:
    """A part of a module, and what went through it in each of its calls."""

    name: str
    module: nn.Module
    takes: list[Tensor] = field(default_factory=list)
    sends: list[Tensor] = field(default_factory=list)

    @property
    def takes_sequence(self) -> bool:
        """Whether neurons take all steps at once, time first."""
        package, kind = class_of(self.module)
        if package == "spikingjelly":
            return getattr(self.module, "step_mode", "s") == "m"
        return package == "norse" and not kind.endswith("Cell")

    @property
    def sent(self) -> np.ndarray:
        """What it sent, ``[steps, samples, values]``."""
        if self.takes_sequence:
            (one,) = self.sends
            return one.reshape(*one.shape[:2], -1).numpy()
        return torch.stack([one.reshape(one.shape[0] if one.dim() > 1 else 1, -1)
                            for one in self.sends]).numpy()


def axes_of(part: Part, *, lead: tuple[int, ...]) -> View | None:
    """Return the axes of the values that a part took; None where it takes any.

    Parameters
    ----------
    part : Part
    lead : tuple of int
        Steps and samples. Modules without a state may take all steps at once, too.

    Raises
    ------
    DataError
        It takes one of several axes alone, or a map without samples.
    """
    shape = tuple(part.takes[0].shape)
    _, kind = class_of(part.module)
    torchs = kind in READ["torch"]
    axes = _AXES.get(kind) if torchs else None
    if axes is None:
        if torchs and kind != "BatchNorm1d":
            return None
        return shape[2:] if part.takes_sequence else shape[min(1, len(shape) - 1) :]
    steps, samples = lead
    before = shape[:-axes]
    if not before and axes > 1:
        raise DataError(
            f"{part.name} takes {list(shape)}, a map without samples; pass an example of one "
            f"sample, of shape {[1, *shape]}"
        )
    if before and prod(before) not in (samples, steps * samples):
        raise DataError(
            f"{part.name} is a {kind} along the last of the axes {list(shape)} alone; flatten the "
            "map before it"
        )
    return shape[-axes:]


def axes_of_inputs(first: Part, *, lead: tuple[int, ...]) -> View:
    """Return the axes of what the first part took, also where it takes any."""
    known = axes_of(first, lead=lead)
    if known is not None:
        return known
    shape = tuple(first.takes[0].shape)
    whole_sequence = len(first.takes) < lead[0] and shape[:2] == lead
    return shape[2:] if whole_sequence else shape[min(1, len(shape) - 1) :]


def as_started(module: nn.Module) -> nn.Module:
    """Return a copy in float64, at inference, with the states that it starts from."""
    grown = {id(one): one.detach().clone() for one in _states(module) if not one.is_leaf}
    running = copy.deepcopy(module, grown).double().eval()
    for part in running.modules():
        # Frameworks send spikes in float32, whatever they compute in.
        part.register_forward_pre_hook(_in_double)
        package, _ = class_of(part)
        reset = {"snntorch": "reset_mem", "spikingjelly": "reset"}.get(package, "")
        if callable(getattr(part, reset, None)):
            getattr(part, reset)()
    return running


def _states(module: nn.Module) -> Iterator[Tensor]:
    """Yield what parts remember of the last run, which a gradient may still hang on."""
    for part in module.modules():
        memories = getattr(part, "_memories", {})
        for one in (*vars(part).values(), *part._buffers.values(), *memories.values()):
            if isinstance(one, Tensor):
                yield one


def _in_double(_: nn.Module, given: tuple) -> tuple:
    return tuple(
        one.double() if isinstance(one, Tensor) and one.is_floating_point() else one
        for one in given
    )


def _parts(module: nn.Module, name: str = "") -> list[Part]:
    """Return the parts that are read each as a whole."""
    package, kind = class_of(module)
    children = list(module.named_children())
    known = package in ("snntorch", "norse", "spikingjelly") and kind not in _CONTAINERS
    if name and (known or not children or kind in READ.get(package, {})):
        return [Part(name, module)]
    if not name and not children:
        return [Part(kind, module)]
    return [
        part
        for child, inner in children
        for part in _parts(inner, f"{name}.{child}" if name else child)
    ]


def ran(
    module: nn.Module, example: Tensor, steps: int | None, inputs: Inputs
) -> tuple[list[Tensor], list[Part]]:
    """Run a module on random inputs; return these, and the parts in the order of their calls."""
    calls: list[Tensor] = []
    order: list[Part] = []
    for part in _parts(module):
        part.module.register_forward_hook(_recorder(part, order))
    generator = torch.Generator().manual_seed(0)
    state: Any = None

    def call() -> Any:
        given = inputs.draw(example.shape, generator)
        calls.append(given)
        return module(given) if state is None else module(given, state)

    with torch.no_grad():
        try:
            given = call()
            # A module that takes one step is called for each; Norse's containers return a state.
            for _ in range((steps or 1) - 1 if _steps_of(order) == 1 else 0):
                state = given[1] if _returns_state(module, given) else None
                given = call()
        except DataError:
            raise
        except Exception as error:
            raise DataError(
                f"{type(module).__name__} cannot be called with the example alone: "
                f"{' '.join(str(error).split())}; pass an example as the module takes it, or a "
                "module that keeps its states itself (init_hidden=True in snnTorch)"
            ) from error
    if not order:
        raise DataError(f"{type(module).__name__} has no parts that were called")
    return calls, order


def _recorder(part: Part, order: list[Part]):
    def record(module: nn.Module, given: tuple, result: Any) -> None:
        if not part.takes:
            order.append(part)
        part.takes.append(given[0])
        part.sends.append(result[0] if isinstance(result, tuple | list) else result)

    return record


def _returns_state(module: nn.Module, given: Any) -> bool:
    return class_of(module)[0] == "norse" and isinstance(given, tuple)


def _steps_of(order: Sequence[Part]) -> int:
    """Return the steps that the neurons took in one call of the module."""
    return max(
        (len(part.takes[0]) if part.takes_sequence else len(part.takes) for part in order),
        default=1,
    )
