"""Which parts of a module the values come from that each part takes: sums are followed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.overrides import TorchFunctionMode

from spikewright.errors import DataError

__all__ = ["Heard", "Part", "Trace", "class_of"]

#: Operations that add two tensors.
_SUMS = {"add", "add_", "radd", "iadd"}
#: Operations that keep values as they are: no sentence names them.
_KEEPS = {"__get__", "clone", "contiguous", "detach", "double", "float", "to", "type"}
#: Operations that only move values, by what a sentence calls them.
_MOVES = {
    "__getitem__": "indexing", "__setitem__": "indexing",
    **{name: name for name in (
        "chunk", "flatten", "permute", "reshape", "select", "split", "squeeze", "stack",
        "swapaxes", "t", "transpose", "unbind", "unflatten", "unsqueeze", "view",
    )},
}


class Heard(NamedTuple):
    """What a tensor holds.

    Parameters
    ----------
    terms : tuple of int
        Parts whose values were added, by number, in order, or :data:`~.layers.INPUTS`.
    through : tuple of str
        What else was done to them.
    mixed : bool
        Whether that made something of several parts that is no sum.
    """

    terms: tuple[int, ...]
    through: tuple[str, ...] = ()
    mixed: bool = False


def class_of(module: nn.Module) -> tuple[str, str]:
    """Return the package and the name of a module's class, without its parametrisations."""
    kind = type(module)
    if parametrize.is_parametrized(module):
        kind, *_ = kind.__bases__
    return kind.__module__.partition(".")[0], kind.__name__


@dataclass
class Part:
    """A part of a module, what it hears, and what went through it in each of its calls.

    Where a module is called on values of different parts, each is a part of its own.
    """

    name: str
    module: nn.Module
    heard: Heard
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


class Trace(TorchFunctionMode):
    """Follows tensors while a module runs.

    ``parts`` are those that were called, in the order of their first calls.
    """

    def __init__(self):
        super().__init__()
        self.parts: list[Part] = []
        self._known: dict[int, tuple[Tensor, Heard]] = {}  # the tensor keeps its id taken
        self._numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        # What a part was given last, and what it sent.
        self._last: dict[int, tuple[Tensor | None, Tensor]] = {}
        self._given: Tensor | None = None  # what a part is given, before that is made float64
        self._inside = 0  # whether a part is running

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operation; what it returns holds what its operands hold."""
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", str(func))
        if self._inside or name.endswith("_like") or name.startswith("new_"):
            return result
        operands = [*_tensors([*args, *(kwargs or {}).values()])]
        heard = self.of_all(operands)
        if not heard:
            return result
        made = _combined(name, heard, args, kwargs or {})
        for one in _tensors(args[:1] if name == "__setitem__" else result):
            self.hold(one, made)
        return result

    def of(self, tensor: Any) -> Heard | None:
        """Return what a tensor holds; None if that comes from neither the inputs nor a part."""
        _, heard = self._known.get(id(tensor), (None, None))
        return heard

    def of_all(self, values: Any) -> list[Heard]:
        """Return what those of the tensors hold that come from the inputs or a part."""
        return [one for one in map(self.of, _tensors(values)) if one is not None]

    def hold(self, tensor: Tensor, heard: Heard) -> None:
        """Note what a tensor holds."""
        self._known[id(tensor)] = tensor, heard

    def watch(
        self, name: str, module: nn.Module, *, is_read: bool, keeps_state: bool
    ) -> None:
        """Note the calls of a part; of one that is not read, unless it only moves and adds.

        One that keeps no state is seen once where it is called on the same values again.
        """
        def given_to(_: nn.Module, given: tuple, named: Mapping[str, Any]) -> None:
            self._given = next(_tensors([*given, *named.values()]), None)

        def enter(*_: Any) -> None:
            self._inside += is_read

        def leave(_: nn.Module, given: tuple, named: Mapping[str, Any], result: Any) -> Any:
            operands = [*_tensors([*given, *named.values()])]
            if is_read or not self._is_sum(operands, result):
                result = self._noted(name, module, operands, result, keeps_state)
            self._inside -= is_read
            return result

        module.register_forward_pre_hook(given_to, with_kwargs=True, prepend=True)
        module.register_forward_pre_hook(enter)
        module.register_forward_hook(leave, with_kwargs=True)

    def _is_sum(self, operands: Sequence[Tensor], result: Any) -> bool:
        """Whether a result holds operands, moved and added."""
        known = {*_MOVES.values(), *(
            one for heard in self.of_all(operands) for one in heard.through
        )}
        made = [self.of(one) for one in _tensors(result)]
        return all(one and not one.mixed and known >= set(one.through) for one in made)

    def _noted(
        self, name: str, module: nn.Module, operands: Sequence[Tensor], result: Any,
        keeps_state: bool,
    ) -> Any:
        """Note a call of a part; return its result, or that of the same call before."""
        sends = [*_tensors(result)]
        if not operands or not sends:
            raise DataError(
                f"{name} takes or returns no tensor; each part takes what parts before it send"
            )
        (took, *_), (sent, *others) = operands, sends
        heard = self.of(took) or Heard(())
        number = self._numbers.setdefault((id(module), heard.terms), len(self.parts))
        if number == len(self.parts):
            self.parts.append(Part(name, module, heard))
        part = self.parts[number]
        if number in self._last and not keeps_state:
            given, before = self._last[number]
            same = given is self._given and torch.equal(part.takes[-1], took)
            if same and torch.equal(before, sent):
                return before
        self._last[number] = self._given, sent
        self.hold(sent, Heard((number,)))
        # Copies, for a module may add to a tensor in its place.
        part.takes.append(took.detach().clone())
        part.sends.append(sent.detach().clone())
        for state in others:
            self.hold(state, Heard((number,), (f"the state of {name}",)))
        return result


def _combined(
    name: str, heard: list[Heard], args: tuple, named: Mapping[str, Any]
) -> Heard:
    """Return what an operation on such operands makes."""
    through = tuple(dict.fromkeys(one for each in heard for one in each.through))
    mixed = any(one.mixed for one in heard)
    if name in _SUMS and named.get("alpha", 1) == 1:
        if len(heard) == 2:
            return Heard(tuple(sorted(heard[0].terms + heard[1].terms)), through, mixed)
        if any(isinstance(one, int | float) and one == 0 for one in args):
            return Heard(heard[0].terms, through, mixed)  # as sum() starts
    if any(one.terms != heard[0].terms for one in heard):
        terms = tuple(sorted({term for one in heard for term in one.terms}))
        return Heard(terms, (*through, name.strip("_")), mixed=True)
    own = () if name in _KEEPS else (_MOVES.get(name, name.strip("_")),)
    return Heard(heard[0].terms, tuple(dict.fromkeys(through + own)), mixed)


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors of what a function takes or returns."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _tensors(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _tensors(one)
