"""C++ of a tape: a step of a neuron in floating point, and the gradients of it.

A tape is what a definition, or its integer program, comes to in PyTorch (:mod:`.tape`). Here the
same calls are written as lines, and backwards as what autograd would do with each of them, in the
order in which it would; so that results are PyTorch's to the last bit wherever PyTorch's own
functions are (sums, products, comparisons), and to a few units in the last place where not (exp).

What is written is the shape of the tape alone: its numbers and tables are arguments.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from . import lowering, operations, tape
from .surrogate import spike
from .tape import TapeProgram
from .traced import Traced, Untraceable

__all__ = ["StepSource", "step_source"]


@dataclass(frozen=True)
class _Rule:
    """What a call is in C++.

    Parameters
    ----------
    value : str
        ``{0}`` and so on are the operands, words those of the call.
    slopes : tuple of str or None
        What each operand gets of the gradient ``{g}``; ``{r}`` is the result.
    conditions : tuple of int
        Operands that are conditions.
    is_condition : bool
        Whether the result is one.
    """

    value: str
    slopes: tuple[str | None, ...] = ()
    conditions: tuple[int, ...] = ()
    is_condition: bool = False


def _slope(value: str, slope: str) -> _Rule:
    return _Rule(value, (slope,))


#: A rule for each function of a tape, and the words that it is called with.
_RULES: dict[tuple[Any, ...], _Rule] = {
    (operator.add,): _Rule("{0} + {1}", ("{g}", "{g}")),
    (operator.sub,): _Rule("{0} - {1}", ("{g}", "-{g}")),
    (operator.mul,): _Rule("{0} * {1}", ("{g} * {1}", "{g} * {0}")),
    (operator.mod,): _Rule("{0} - {1} * floor_of({0} / {1})", ("{g}",)),
    (torch.add, "alpha"): _Rule("fused({1}, {alpha}, {0})", ("{g}", "{g} * {alpha}")),
    (torch.addcmul, "value"): _Rule(
        "fused({value} * {1}, {2}, {0})", ("{g}", "{g} * ({2} * {value})", "{g} * ({1} * {value})")
    ),
    (torch.clamp, "min"): _Rule("larger({0}, {min})", ("choose({0} >= {min}, {g}, 0)",)),
    (torch.clamp, "max"): _Rule("smaller({0}, {max})", ("choose({0} <= {max}, {g}, 0)",)),
    (torch.maximum,): _Rule("larger({0}, {1})", (
        "choose({0} == {1}, {g} / 2, choose({0} < {1}, 0, {g}))",
        "choose({0} == {1}, {g} / 2, choose({1} < {0}, 0, {g}))",
    )),
    (torch.minimum,): _Rule("smaller({0}, {1})", (
        "choose({0} == {1}, {g} / 2, choose({0} > {1}, 0, {g}))",
        "choose({0} == {1}, {g} / 2, choose({1} > {0}, 0, {g}))",
    )),
    (torch.reciprocal,): _slope("1 / {0}", "-{g} * ({r} * {r})"),
    (torch.exp,): _slope("exp_of({0})", "{g} * {r}"),
    (torch.expm1,): _slope("expm1_of({0})", "{g} * ({r} + 1)"),
    (torch.tanh,): _slope("tanh_of({0})", "{g} * (1 - {r} * {r})"),
    (torch.sigmoid,): _slope("sigmoid_of({0})", "{g} * (1 - {r}) * {r}"),
    (torch.log,): _slope("log_of({0})", "{g} / {0}"),
    (torch.sqrt,): _slope("root_of({0})", "{g} / (2 * {r})"),
    (operations.exprel_of,): _slope("exprel_of({0})", "{g} * exprel_slope({0})"),
    (operations.floored,): _slope("floor_of({0})", "{g}"),
    (operations.complement,): _slope("1 - {0}", "-{g}"),
    (lowering.filled,): _Rule("{0}", ("{g}",)),
    (operations.copied,): _slope("{0}", "{g}"),
    (operations.hold, "most"): _Rule("{0}"),
    (operations.place,): _Rule("{0}"),
    (operations.entry,): _Rule("{1}[int({0})]"),
    (torch.Tensor.detach,): _Rule("{0}"),
    (operator.gt,): _Rule("{0} > {1}", is_condition=True),
    (operator.ge,): _Rule("{0} >= {1}", is_condition=True),
    (operator.and_,): _Rule("{0} & {1}", conditions=(0, 1), is_condition=True),
    (operator.or_,): _Rule("{0} | {1}", conditions=(0, 1), is_condition=True),
    (operations.inverted,): _Rule("!{0}", conditions=(0,), is_condition=True),
    (torch.Tensor.bool,): _Rule("{0} != 0", is_condition=True),
    (torch.where,): _Rule(
        "choose({0}, {1}, {2})", (None, "choose({0}, {g}, 0)", "choose({0}, 0, {g})"),
        conditions=(0,),
    ),
    (tape.one_of_two, "yes", "no", "whole"): _Rule("choose({0}, {yes}, {no})", conditions=(0,)),
    (tape.lerped,): _Rule(
        "choose({2} != 0, {1}, {0})", ("{g} * (1 - {2})", "{g} * {2}", "{g} * ({1} - {0})")
    ),
}


@dataclass
class StepSource:
    """A step as text.

    Parameters
    ----------
    forward : list of str
        Lines that compute the results of a step.
    ends : list of str
        Names of the results.
    backward : list of str
        Lines that follow those of ``forward``: the gradients of all leaves, from those of the ends,
        which are ``e0`` and so on.
    gradients : list of str
        Names of the leaves' gradients.
    numbers, tables : list
        What the text calls ``k0`` and ``t0`` and so on.
    """

    forward: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    backward: list[str] = field(default_factory=list)
    gradients: list[str] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    tables: list[Tensor] = field(default_factory=list)

    def number(self, value: float) -> str:
        """Return the name of a number, which is an argument."""
        self.numbers.append(float(value))
        return f"k{len(self.numbers) - 1}"


def step_source(
    program: TapeProgram, leaves: Sequence[str], *, starts: Mapping[int, str],
    clamped: Mapping[int, tuple[float, float]],
) -> StepSource:
    """Return a step of a tape as text.

    Parameters
    ----------
    program : TapeProgram
    leaves : sequence of str
        What each leaf is called; a leaf that ends in ``?`` is a condition.
    starts : mapping of int to str
        By the number of a leaf, what its gradient starts with: that of the loss.
    clamped : mapping of int to (least, greatest)
        Ends that are limited.

    Raises
    ------
    Untraceable
        It calls what has no line here.
    """
    writer = _Writer(program, leaves)
    for function, slots in program.calls:
        writer.call(function, slots)
    for index, slot in enumerate(program.ends):
        writer.end(slot, clamped.get(index))
    writer.back(starts)
    return writer.source


class _Writer:
    def __init__(self, program: TapeProgram, leaves: Sequence[str]):
        self.source = StepSource()
        self._program = program
        self._first = len(program.known)
        self._names: list[str] = []
        self._conditions: set[int] = set()
        self._rules: list[tuple[_Rule, tuple[int, ...], dict[str, str]]] = []
        self._shapes: dict[int, dict[str, Any]] = {}
        self._held: dict[int, list[tuple[int, str]]] = {}
        self._leaves = len(leaves)
        for value in program.known:
            self._know(value)
        for name in leaves:
            if name.endswith("?"):
                self._conditions.add(len(self._names))
            self._names.append(name.rstrip("?"))
        self._gradients: dict[int, str] = {}
        self._ends: list[tuple[int, tuple[str, str] | None]] = []

    def _know(self, value: Any) -> None:
        if isinstance(value, Tensor) and value.dim():
            self.source.tables.append(value)
            self._names.append(f"t{len(self.source.tables) - 1}")
        else:
            self._names.append(self.source.number(float(value)))

    # Forward --------------------------------------------------------------------------------------

    def call(self, function: Callable, slots: tuple[int, ...]) -> None:
        words: dict[str, Any] = {}
        if isinstance(function, partial):
            function, words = function.func, function.keywords
        slot, given = len(self._names), {}
        if function is spike:
            if not words["surrogate"].is_fixed:
                raise Untraceable("spikes are drawn, or their slope is learned")
            rule = _Rule("real({0} > 0)" if words["strict"] else "real({0} >= 0)", ("{g}",))
            self._shapes[slot] = words
        else:
            rule = _RULES.get((function, *words))
            if rule is None:
                raise Untraceable(f"{function} has no line in C++")
            given = {name: self.source.number(value) for name, value in words.items()}
        if function is operations.hold:
            self._held.setdefault(slots[1], []).append((slots[0], given["most"]))
        text = rule.value.format(*self._operands(rule, slots), **given)
        name = f"x{slot}"
        kind = "bool" if rule.is_condition else "R"
        self.source.forward.append(f"const {kind} {name} = {text};")
        if rule.is_condition:
            self._conditions.add(slot)
        self._names.append(name)
        self._rules.append((rule, slots, given))

    def _operands(self, rule: _Rule, slots: tuple[int, ...]) -> list[str]:
        return [self._operand(slot, index in rule.conditions) for index, slot in enumerate(slots)]

    def _operand(self, slot: int, as_condition: bool) -> str:
        name = self._names[slot]
        if as_condition == (slot in self._conditions):
            return name
        return f"({name} != 0)" if as_condition else f"real({name})"

    def end(self, slot: int, ends: tuple[float, float] | None) -> None:
        name = self._operand(slot, False)
        if ends is None:
            self._ends.append((slot, None))
        else:
            low, high = (self.source.number(one) for one in ends)
            self._ends.append((slot, (low, high)))
            name = f"smaller(larger({name}, {low}), {high})"
        self.source.ends.append(name)

    # Backward -------------------------------------------------------------------------------------

    def back(self, starts: Mapping[int, str]) -> None:
        for leaf, name in starts.items():
            self._gradients[self._first + leaf] = name
        for index, (slot, ends) in enumerate(self._ends):
            gradient = f"e{index}"
            if ends is not None:
                name = self._operand(slot, False)
                within = f"({name} >= {ends[0]}) & ({name} <= {ends[1]})"
                gradient = f"choose({within}, {gradient}, 0)"
            self._add(slot, gradient)
        first = self._first + self._leaves
        for number in reversed(range(len(self._rules))):
            self._call_back(first + number, *self._rules[number])
        self.source.gradients = [
            self._gradients.get(self._first + leaf, "R(0)") for leaf in range(self._leaves)
        ]

    def _call_back(
        self, slot: int, rule: _Rule, slots: tuple[int, ...], given: Mapping[str, str]
    ) -> None:
        gradient = self._gradients.get(slot)
        if gradient is None:
            return
        for x, most in self._held.get(slot, ()):
            if x in self._gradients:
                bound = self._line(f"abs_of({self._gradients[x]}) * {most}")
                gradient = self._line(f"smaller(larger({gradient}, -{bound}), {bound})")
        if slot in self._shapes:
            words = self._shapes[slot]
            distance = Traced(self.source.number, self._line, self._names[slots[0]])
            slope = words["surrogate"].gradient(distance, words["scale"])
            self._add(slots[0], f"{slope.name} * {gradient}")
            return
        operands = self._operands(rule, slots)
        for to, slope in zip(slots, rule.slopes, strict=False):
            if slope is not None and to >= self._first and to not in self._conditions:
                self._add(to, slope.format(*operands, g=gradient, r=self._names[slot], **given))

    def _add(self, slot: int, gradient: str) -> None:
        if slot in self._conditions:
            return
        known = self._gradients.get(slot)
        self._gradients[slot] = self._line(gradient if known is None else f"{known} + ({gradient})")

    def _line(self, text: str) -> str:
        name = f"y{len(self.source.backward)}"
        self.source.backward.append(f"const R {name} = {text};")
        return name
