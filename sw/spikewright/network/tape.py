"""A tape: the calls on PyTorch tensors that a graph comes to, written once and run in each step.

Walking a graph costs about as much as the small tensors that it computes with, so that is done once
(:mod:`~spikewright.network.lowering`). What depends on learned parameters alone stands on a tape of
its own, that is run once a sequence; what is known already is computed while writing. Sums of
products become one call.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

__all__ = ["Tape", "TapeProgram", "Term", "lerped", "one_of_two"]


@dataclass(frozen=True, eq=False)
class Term:
    """A value that a tape speaks of.

    Parameters
    ----------
    stage : int
        When it is known: 0 while writing, 1 once a sequence, 2 in each step.
    value : number, bool or Tensor
        What it is, if that is known while writing.
    soft : bool
        Whether it is a condition as a float, 0 or 1, with a gradient.
    """

    stage: int = 0
    value: Any = None
    soft: bool = False

    @property
    def is_number(self) -> bool:
        """Whether this is known, and one number."""
        return self.stage == 0 and not isinstance(self.value, Tensor)


@dataclass(frozen=True)
class TapeProgram:
    """A tape that is ready to run.

    Parameters
    ----------
    known : tuple
        Values that stand in front of the leaves.
    calls : tuple of (function, slots)
        Each appends one value, computed from those in its slots.
    ends : tuple of int
        Slots of the outputs.
    """

    known: tuple[Any, ...]
    calls: tuple[tuple[Callable[..., Any], tuple[int, ...]], ...]
    ends: tuple[int, ...]

    def to(self, device: torch.device) -> "TapeProgram":
        """Return the same program with its known tensors on a device."""
        known = (one.to(device) if isinstance(one, Tensor) else one for one in self.known)
        return TapeProgram(tuple(known), self.calls, self.ends)

    def __call__(self, leaves: Sequence[Any]) -> list[Any]:
        """Return the outputs for these leaves."""
        values = [*self.known, *leaves]
        for function, slots in self.calls:
            values.append(function(*[values[slot] for slot in slots]))
        return [values[slot] for slot in self.ends]


class Tape:
    """Takes calls down; equal calls are one.

    Parameters
    ----------
    fused : bool
        Whether a product and the sum it goes into are rounded once, where the processor can.
    """

    def __init__(self, *, fused: bool = True):
        self._fused = fused
        self._leaves: list[Term] = []
        self._kept: list[Term] = []
        self._known: dict[tuple[type, Any], Term] = {}
        self._calls: dict[tuple[Any, ...], Term] = {}
        self._products: dict[Term, tuple[Term, Term]] = {}  # factor, value
        self._changes: dict[Term, tuple[Term, Term, int]] = {}  # value, what was added, its sign

    def leaf(self, stage: int) -> Term:
        """Make another leaf."""
        self._leaves.append(Term(stage))
        return self._leaves[-1]

    def known(self, value: Any) -> Term:
        """Return the term of a number or tensor."""
        key = (type(value), id(value) if isinstance(value, Tensor) else value)
        return self._known.setdefault(key, Term(0, value))

    def call(self, function: Callable, *terms: Term, soft: bool = False, **keywords: Any) -> Term:
        """Return the result of a call: now if that is known, else when the tape runs."""
        key = (function, tuple(keywords.items()), *terms)
        if key not in self._calls:
            stage = max(term.stage for term in terms)
            value = None
            if stage == 0:
                value = function(*(term.value for term in terms), **keywords)
            self._calls[key] = self.known(value) if stage == 0 else Term(stage, soft=soft)
        return self._calls[key]

    def keep(self, term: Term) -> None:
        """Run a call for what it does, whether its result is needed or not."""
        self._kept.append(term)

    # Sums, products and choices -------------------------------------------------------------------

    def product(self, a: Term, b: Term) -> Term:
        """Multiply."""
        for one, other in ((a, b), (b, a)):
            if one.is_number and one.value == 1:
                return other
            if one.is_number and one.value == 0:
                return one
        result = self.call(operator.mul, a, b)
        first, second = sorted((a, b), key=lambda term: (not term.is_number, term.stage))
        self._products[result] = first, second  # only the first can be a number
        return result

    def sum(self, a: Term, b: Term, sign: int = 1) -> Term:
        """Return a + sign * b."""
        for one, other, flip in ((b, a, 1), (a, b, sign)):
            if one.is_number and one.value == 0 and flip == 1:
                return other
        result = self._sum(a, b, sign)
        self._changes[result] = (a, b, sign)
        return result

    def _sum(self, a: Term, b: Term, sign: int) -> Term:
        apart = a.is_number or b.is_number or not self._fused
        if b in self._products and not apart:
            return self._add_product(a, *self._products[b], sign)
        if a in self._products and not apart and sign == 1:
            return self._add_product(b, *self._products[a], 1)
        return self.call(operator.add if sign == 1 else operator.sub, a, b)

    def _add_product(self, value: Term, factor: Term, other: Term, sign: int) -> Term:
        if factor.is_number:
            return self.call(torch.add, value, other, alpha=sign * factor.value)
        return self.call(torch.addcmul, value, factor, other, value=sign)

    def choice(self, condition: Term, yes: Term, no: Term, *, detach: bool) -> Term:
        """Choose ``yes`` where the condition holds, else ``no``.

        A soft condition gets its gradient, unless ``detach``. It is 0 or 1, so that the result is
        one of the two exactly.
        """
        if condition.is_number:
            return yes if condition.value else no
        if yes is no:
            return yes
        if condition.soft and detach:
            condition = self.call(torch.Tensor.detach, condition, soft=True)
        value, change, sign = self._changes.get(yes, (None, no, 1))
        if condition.soft and value is no:  # such as u - spike * threshold
            return self._sum(no, self.product(change, condition), sign)
        if yes.is_number and no.is_number:
            if not condition.soft:
                like = [leaf for leaf in self._leaves if leaf.stage == 2][:1]
                numbers = {"yes": yes.value, "no": no.value}
                whole = condition.stage == 2
                return self.call(one_of_two, condition, *like, **numbers, whole=whole)
            return self.sum(no, self.product(self.known(yes.value - no.value), condition))
        if condition.soft and not detach:
            return self.call(lerped, no, yes, condition)
        if condition.soft:
            condition = self.call(torch.Tensor.bool, condition)
        return self.call(torch.where, condition, yes, no)

    # Reading --------------------------------------------------------------------------------------

    def programs(self, ends: Sequence[Term]) -> tuple[TapeProgram, TapeProgram]:
        """Return the finished tapes, without what nothing needs.

        The first takes the leaves of stage 1; what it gives, followed by the leaves of stage 2, is
        what the second takes.
        """
        needed = {*ends, *self._kept}
        calls = []
        for key, term in reversed(self._calls.items()):
            if term in needed and term.stage:
                calls.append((key, term))
                needed.update(key[2:])
        calls.reverse()
        late = {operand for key, term in calls if term.stage == 2 for operand in key[2:]}
        late.update(ends)
        leaves = {stage: [leaf for leaf in self._leaves if leaf.stage == stage] for stage in (1, 2)}
        early = [*leaves[1], *(term for _, term in calls if term.stage == 1)]
        passed = [term for term in early if term in late]
        return (
            _program(leaves[1], [call for call in calls if call[1].stage == 1], passed),
            _program([*passed, *leaves[2]], [call for call in calls if call[1].stage == 2], ends),
        )


def _program(leaves: list[Term], calls: list[Any], ends: Sequence[Term]) -> TapeProgram:
    operands = [operand for key, _ in calls for operand in key[2:]]
    known = list(dict.fromkeys(term for term in (*operands, *ends) if term.stage == 0))
    slots = {term: slot for slot, term in enumerate([*known, *leaves])}
    lines = []
    for (function, keywords, *operands), term in calls:
        slots[term] = len(slots)
        function = partial(function, **dict(keywords)) if keywords else function
        lines.append((function, tuple(slots[operand] for operand in operands)))
    values, outputs = (term.value for term in known), (slots[end] for end in ends)
    return TapeProgram(tuple(values), tuple(lines), tuple(outputs))


def one_of_two(condition: Tensor, *like: Tensor, yes: float, no: float, whole: bool) -> Tensor:
    """Return one of two numbers, by a condition."""
    dtype = like[0].dtype if like else torch.float64
    if like and not whole:
        condition = condition.expand_as(like[0])
    return torch.full((), no, dtype=dtype).where(~condition, torch.full((), yes, dtype=dtype))


def lerped(no: Any, yes: Any, condition: Tensor) -> Tensor:
    """Return one of two values, by a condition that is 0 or 1 and gets a gradient."""
    tensors = [torch.as_tensor(one, device=condition.device) for one in (no, yes)]
    dtype = condition.dtype
    for given, one in zip((no, yes), tensors, strict=True):
        if isinstance(given, Tensor):
            dtype = torch.promote_types(dtype, one.dtype)
    return torch.lerp(*(one.to(dtype) for one in (*tensors, condition)))
