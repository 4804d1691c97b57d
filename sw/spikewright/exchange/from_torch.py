"""Networks of snnTorch, SpikingJelly and Norse, read from a module of PyTorch.

A module is run on random spikes and on random values of the example's shape. The order in which its
parts are called is the order of the layers, and each layer must compute what its part computed: so
a module that does something between its parts, or is of a version that computes otherwise, is
refused.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from spikewright.errors import DataError
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_layer
from spikewright_hw.checks import instance, optional, whole

from . import norse, snntorch, spikingjelly, torch_modules
from .affine import Affine
from .chain import Link, Stage, chained, network_of
from .found import Found, Read

__all__ = ["from_torch"]

#: How a class of a package is read, by the first part of its module's name.
_READ: dict[str, dict[str, Read]] = {
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
#: A layer may differ from its module in one spike train of so many: floats round.
_TRAINS = 100
#: The same for membranes, as a share of the largest.
_NEAR = 1e-4
#: Share of ones among the spikes that a module is tried on.
_RATE = 0.3
#: Standard deviation of the values that it is tried on.
_SPREAD = 2.0


class _Inputs(NamedTuple):
    """What a module is tried on: its name, and how it is drawn."""

    name: str
    draw: Callable[[torch.Size, torch.Generator], Tensor]


_SPIKES = _Inputs("spikes", lambda shape, generator: (
    torch.rand(shape, generator=generator) < _RATE
).double())
_VALUES = _Inputs("values", lambda shape, generator: _SPREAD * torch.randn(
    shape, generator=generator, dtype=torch.float64
))


@dataclass
class _Part:
    """A part of a module, and what went through it."""

    name: str
    module: nn.Module
    takes: list[Tensor] = field(default_factory=list)
    sends: list[Tensor] = field(default_factory=list)


def from_torch(
    module: nn.Module, example: Tensor, *, readout: str | None = None, steps: int | None = None
) -> RealNetwork:
    """Return the network in real numbers that a module of a framework computes.

    ``docs/import.md`` has the table of what is imported. Modules in between that do nothing at
    inference, such as dropout, are left out, and a batch normalisation is folded into the weights.
    All states start as the framework starts them, whatever the module has run on before; the module
    itself is not changed.

    Parameters
    ----------
    module : torch.nn.Module
    example : Tensor
        What the module takes in one call: one step of a batch, or all steps of it. Only its shape
        and type count.
    readout : str
        How the answer is read, as :class:`~spikewright.network.real_network.RealNetwork` has it;
        no module says so.
    steps : int, optional
        Time steps of an inference; those of the example, unless it is one step.

    Raises
    ------
    DataError
        A part of the module is not imported, or does what cannot be kept; the sentence names it.
    ValueError
        An argument is of another kind.
    """
    instance(nn.Module)("module", module)
    instance(Tensor)("example", example)
    steps = optional(whole(1))("steps", steps)
    stages, found = _stages(module, example, steps, _SPIKES)
    # What a module does to values, such as clipping them, spikes do not show.
    _stages(module, example, steps, _VALUES)
    if steps is not None and found not in (1, steps):
        raise DataError(f"steps is {steps}, and the example has {found}; leave steps out")
    if found == 1 and steps is None:
        raise DataError(
            "the example is one step; pass steps=, the time steps of an inference"
        )
    return network_of(stages, steps=steps or found, readout=readout)


def _stages(
    module: nn.Module, example: Tensor, steps: int | None, inputs: _Inputs
) -> tuple[list[Stage], int]:
    """Return the layers, each seen to compute on such inputs what its parts do; and the steps."""
    calls, parts = _ran(_fresh(module), example, steps, inputs)
    links = [Link(name=part.name, what=_read(part)) for part in parts]
    by_name = {part.name: part for part in parts}
    sequence = any(_takes_sequence(part.module) for part in parts)
    took = _arrived(calls, parts[0], whole_sequence=sequence)
    stages = chained(links, width=took.shape[2])
    for stage in stages:
        took = _check(stage, by_name, took, on=inputs.name)
    return stages, len(took)


def _fresh(module: nn.Module) -> nn.Module:
    """Return a copy in float64, at inference, with the states that it starts from."""
    grown = {id(one): one.detach().clone() for one in _states(module) if not one.is_leaf}
    running = copy.deepcopy(module, grown).double().eval()
    for part in running.modules():
        # Frameworks send spikes in float32, whatever they compute in.
        part.register_forward_pre_hook(_in_double)
        package = type(part).__module__.partition(".")[0]
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


def _parts(module: nn.Module, name: str = "") -> list[_Part]:
    """Return the parts that are read each as a whole."""
    package, kind = type(module).__module__.partition(".")[0], type(module).__name__
    children = list(module.named_children())
    known = package in ("snntorch", "norse", "spikingjelly") and kind not in _CONTAINERS
    if name and (known or not children or kind in _READ.get(package, {})):
        return [_Part(name, module)]
    if not name and not children:
        return [_Part(kind, module)]
    return [
        part
        for child, inner in children
        for part in _parts(inner, f"{name}.{child}" if name else child)
    ]


def _ran(
    module: nn.Module, example: Tensor, steps: int | None, inputs: _Inputs
) -> tuple[list[Tensor], list[_Part]]:
    """Run a module on random inputs; return these, and the parts in the order of their calls."""
    calls: list[Tensor] = []
    order: list[_Part] = []
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


def _recorder(part: _Part, order: list[_Part]):
    def record(module: nn.Module, given: tuple, result: Any) -> None:
        if not part.takes:
            order.append(part)
        part.takes.append(given[0])
        part.sends.append(result[0] if isinstance(result, tuple | list) else result)

    return record


def _returns_state(module: nn.Module, given: Any) -> bool:
    return type(module).__module__.partition(".")[0] == "norse" and isinstance(given, tuple)


def _read(part: _Part) -> Found | Affine:
    package, kind = type(part.module).__module__.partition(".")[0], type(part.module).__name__
    read = _READ.get(package, {}).get(kind)
    if read is None:
        raise DataError(
            f"{part.name} is a {kind}, which is not imported"
            + (" yet" if kind in torch_modules.NOT_YET else "; docs/import.md lists what is")
        )
    try:
        return read(part.module)
    except DataError as error:
        raise DataError(f"{part.name}, a {kind}, {error}") from error


def _sequence(tensors: Sequence[Tensor], *, whole_sequence: bool) -> np.ndarray:
    """Return what went through a part as ``[steps, samples, values]``."""
    if whole_sequence:
        (one,) = tensors
        return one.reshape(*one.shape[:2], -1).numpy()
    return torch.stack([one.reshape(one.shape[0] if one.dim() > 1 else 1, -1)
                        for one in tensors]).numpy()


def _takes_sequence(module: nn.Module) -> bool:
    """Whether neurons take all steps at once, time first."""
    package = type(module).__module__.partition(".")[0]
    if package == "spikingjelly":
        return getattr(module, "step_mode", "s") == "m"
    return package == "norse" and not type(module).__name__.endswith("Cell")


def _steps_of(order: Sequence[_Part]) -> int:
    """Return the steps that the neurons took in one call of the module."""
    return max(
        (len(part.takes[0]) if _takes_sequence(part.module) else len(part.takes)
         for part in order),
        default=1,
    )


def _check(
    stage: Stage, parts: dict[str, _Part], took: np.ndarray, *, on: str
) -> np.ndarray:
    """Refuse a layer that computes something else than its parts did; return what these sent.

    ``took`` is what the layer before sent, ``[steps, samples, values]``.
    """
    neurons = parts[stage.names[-1]]
    sent = _sequence(neurons.sends, whole_sequence=_takes_sequence(neurons.module))
    if took.shape[:2] != sent.shape[:2] or took.shape[2] != stage.layer.inputs:
        raise DataError(
            f"{stage} takes {list(took.shape)} and sends {list(sent.shape)}, steps × samples × "
            "values; only a chain of modules is imported, each called once a step"
        )
    spikes, states, _ = run_layer(stage.layer, took.swapaxes(0, 1))
    made = (spikes if stage.layer.definition.spikes else states["v"]).swapaxes(0, 1)
    computed = made * np.broadcast_to(stage.after.weights, sent.shape[-1:])
    differs = np.abs(computed - sent) > _NEAR * max(1.0, float(np.abs(sent).max()))
    trains = differs.any(axis=0)
    if trains.sum() * _TRAINS > trains.size:
        step = int(differs.any(axis=(1, 2)).argmax())
        raise DataError(
            f"{stage} computes something else than its modules say: on random {on}, "
            f"{int(trains.sum())} of {trains.size} outputs differ, first in step {step}; only a "
            "chain of modules is imported, with nothing done between them"
        )
    # What the neurons make of a spike is in the weights of the next layer already.
    return made if stage.layer.definition.spikes else sent


def _arrived(calls: Sequence[Tensor], first: _Part, *, whole_sequence: bool) -> np.ndarray:
    """Return what the first part took; refuse it unless that is what the module was given."""
    took = _sequence(first.takes, whole_sequence=whole_sequence)
    steps, samples, _ = took.shape
    given = torch.stack(list(calls))
    ways = [given]
    if len(calls) == 1:
        (one,) = calls  # all steps, with the time or the samples first, or the same in all steps
        ways = [one, one.transpose(0, 1) if one.dim() > 1 else one, one.expand(steps, *one.shape)]
    for way in ways:
        if way.shape[:2] == took.shape[:2] and np.array_equal(
            way.reshape(steps, samples, -1).numpy(), took
        ):
            return took
    raise DataError(
        f"{first.name} takes something else than what the module is given, "
        f"{list(took.shape[1:])} in each of {steps} steps; encode samples before they reach the "
        "module, and do nothing to them there"
    )
