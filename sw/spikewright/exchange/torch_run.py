"""A module of PyTorch, run on random inputs: which of its parts are called, and on what."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from spikewright.errors import DataError

from . import activations, norse, snntorch, spikingjelly, torch_modules
from .activations import is_activation
from .found import Read
from .layers import INPUTS
from .step import View
from .torch_trace import Heard, Part, Trace, class_of

__all__ = ["READ", "SPIKES", "VALUES", "Inputs", "Ran", "as_started", "axes_of",
           "axes_of_inputs", "ran"]

#: How a class of a package is read, by the first part of its module's name.
READ: dict[str, dict[str, Read]] = {
    "torch": torch_modules.READ | activations.READ,
    "spikewright": activations.OWN,
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
    torchs = kind in READ["torch"] or is_activation(part.module)
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


def axes_of_inputs(parts: Sequence[Part], *, lead: tuple[int, ...]) -> View:
    """Return the axes of what the first part takes that hears the inputs, also if it takes any."""
    first = next((part for part in parts if INPUTS in part.heard.terms), parts[0])
    known = axes_of(first, lead=lead)
    if known is not None:
        return known
    shape = tuple(first.takes[0].shape)
    whole_sequence = len(first.takes) < lead[0] and shape[:2] == lead
    return shape[2:] if whole_sequence else shape[min(1, len(shape) - 1) :]


class Ran(NamedTuple):
    """What was seen of a module that ran: the inputs of its calls, its parts, what it returned."""

    calls: list[Tensor]
    parts: list[Part]
    returned: list[Heard]


def as_started(module: nn.Module) -> nn.Module:
    """Return a copy in float64, at inference, with the states that it starts from."""
    for name, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule) or class_of(part)[1] == "OptimizedModule":
            raise DataError(
                f"{name or 'the module'} is compiled, and does not show what it does; pass the "
                "module that it was compiled from"
            )
    grown = {id(one): one.detach().clone() for one in _states(module) if not one.is_leaf}
    running = copy.deepcopy(module, grown).double().eval()
    for part in running.modules():
        # Frameworks send spikes in float32, whatever they compute in.
        part.register_forward_pre_hook(_in_double, with_kwargs=True)
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


def _in_double(_: nn.Module, given: tuple, named: Mapping[str, Any]) -> tuple:
    def doubled(one: Any) -> Any:
        return one.double() if isinstance(one, Tensor) and one.is_floating_point() else one

    return tuple(map(doubled, given)), {name: doubled(one) for name, one in named.items()}


def _watch(trace: Trace, module: nn.Module, name: str = "") -> None:
    """Let a trace note the calls of the parts that are read each as a whole."""
    package, kind = class_of(module)
    children = list(module.named_children())
    known = package in ("snntorch", "norse", "spikingjelly") and kind not in _CONTAINERS
    if kind in _CONTAINERS and not children:
        return
    if known or not children or kind in READ.get(package, {}):
        stateless = kind in READ["torch"] or is_activation(module)
        trace.watch(name or kind, module, is_read=package in READ, keeps_state=not stateless)
        return
    for child, inner in children:
        _watch(trace, inner, f"{name}.{child}" if name else child)


def ran(module: nn.Module, example: Tensor, steps: int | None, inputs: Inputs) -> Ran:
    """Run a module on random inputs; return what was seen of it."""
    calls: list[Tensor] = []
    trace = Trace()
    _watch(trace, module)
    generator = torch.Generator().manual_seed(0)
    state: Any = None

    def call() -> Any:
        given = inputs.draw(example.shape, generator)
        calls.append(given)
        trace.hold(given, Heard((INPUTS,)))
        with trace:
            return module(given) if state is None else module(given, state)

    with torch.no_grad():
        try:
            given = call()
            # A module that takes one step is called for each; Norse's containers return a state.
            for _ in range((steps or 1) - 1 if _steps_of(trace.parts) == 1 else 0):
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
    if not trace.parts:
        raise DataError(f"{type(module).__name__} has no parts that were called")
    returned = given[:1] if _returns_state(module, given) else given
    return Ran(calls, trace.parts, trace.of_all(returned))


def _returns_state(module: nn.Module, given: Any) -> bool:
    return class_of(module)[0] == "norse" and isinstance(given, tuple)


def _steps_of(order: Sequence[Part]) -> int:
    """Return the steps that the neurons took in one call of the module."""
    return max(
        (len(part.takes[0]) if part.takes_sequence else len(part.takes) for part in order),
        default=1,
    )
