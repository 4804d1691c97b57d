"""The whole step of a neuron: the definition's graph, and the same as lines of Python.

A step is a list of lines, each a name and an expression of the names before it. All right sides
read the states before the step; the threshold and the reset read them after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from spikewright_hw.definition.expression import Expression, where
from spikewright_hw.definition.graph import leaves

from .discretise import Linear, forward_euler, linear, scaled
from .graph import substitute
from .names import INPUT
from .place import EquationError
from .statements import Statements

__all__ = ["EXPONENTIAL", "FORWARD", "METHODS", "Line", "Method", "Step"]

#: How an equation may be asked to be discretised; None takes exponential where it can.
Method = Literal["euler", "exponential"] | None

METHODS = get_args(get_args(Method)[0])

FORWARD = "forward Euler"
EXPONENTIAL = "exponential Euler"


@dataclass(frozen=True)
class Line:
    """One name of a step.

    Parameters
    ----------
    name : str
        Of the local variable.
    right : Expression
        Its value; leaves are states, parameters, the input, and names of lines before.
    after : bool
        Whether a state's name in it means the state after the step.
    """

    name: str
    right: Expression
    after: bool


@dataclass
class Step:
    """A step.

    Parameters
    ----------
    statements : Statements
    parameters : tuple of str
        All of them.
    lines : list of Line
        In order; a state's next value, before any reset, has the name of the state.
    methods : dict of str to str
        How each state's equation was discretised.
    result : dict of str to Expression
        Next value of each state, and ``spike``; leaves are names of lines, and what lines read.
    """

    statements: Statements
    parameters: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    methods: dict[str, str] = field(default_factory=dict)
    result: dict[str, Expression] = field(default_factory=dict)

    @classmethod
    def of(
        cls, statements: Statements, parameters: Mapping[str, float], *, method: Method
    ) -> "Step":
        """Discretise the equations of a neuron.

        Raises
        ------
        EquationError
            An equation has no exponential step where one is asked for, or is unstable.
        """
        self = cls(statements, tuple(parameters))
        rights = {
            name: self._inlined(name, equation.right)
            for name, equation in statements.states.items()
        }
        parts: dict[str, Linear | None] = {}
        for name, right in rights.items():
            part = linear(name, right, parameters=parameters)
            if part is None and method == "exponential":
                raise EquationError(
                    f"this is not linear in {name} with a coefficient that is constant and not "
                    "zero, so it has no exponential step; leave method= out to take one where "
                    "there is one",
                    statements.states[name].place,
                )
            parts[name] = None if method == "euler" else part
        self._add_definitions()
        for name, one in parts.items():
            self.methods[name] = EXPONENTIAL if one else FORWARD
        self._add_states(parts)
        self._add_spike()
        return self

    # Analysis -------------------------------------------------------------------------------------

    def _inlined(self, state: str, right: Expression) -> Expression:
        """Put in those definitions that read a state, or parameters alone."""
        names: dict[str, Expression] = {}
        for name, equation in self.statements.definitions.items():
            reads = self.statements.reads(equation)
            variables = {INPUT, *self.statements.states} & set(reads)
            if state in reads or not variables:
                names[name] = substitute(equation.right, names)
        return substitute(right, names)

    # Lines ----------------------------------------------------------------------------------------

    def _add_definitions(self) -> None:
        for name, equation in self.statements.definitions.items():
            if any(name in self._reads_directly(state) for state in self.statements.states):
                self.lines.append(Line(name, equation.right, after=False))

    def _reads_directly(self, state: str) -> set[str]:
        return set(self.statements.reads(self.statements.states[state]))

    def _add_states(self, parts: Mapping[str, Linear | None]) -> None:
        several = sum(one is not None for one in parts.values()) > 1
        steps: list[Line] = []
        for name, one in parts.items():
            if one is None:
                right = forward_euler(name, self.statements.states[name].right)
                steps.append(Line(name, right, after=False))
                continue
            suffix = f"_{name}" if several else ""
            keep = self._fresh(f"keep{suffix}")
            self.lines.append(Line(keep, one.keep, after=False))
            right = Expression.leaf(keep) * Expression.leaf(name)
            if one.drive is not None:
                gain = 1 - Expression.leaf(keep)
                if one.rate is not None:
                    rate = self._fresh(f"rate{suffix}")
                    self.lines.append(Line(rate, one.rate, after=False))
                    gain = gain / Expression.leaf(rate)
                right = right + scaled(gain, one.drive)
            steps.append(Line(name, right, after=False))
        self.lines += steps
        self._drop_unread()

    def _drop_unread(self) -> None:
        """Leave definitions out that went into a coefficient."""
        for line in reversed(self.lines[:]):
            read = {leaf.operands[0] for one in self.lines for leaf in leaves(one.right)}
            if line.name not in self.statements.states and line.name not in read:
                self.lines.remove(line)

    def _add_spike(self) -> None:
        states, threshold = self.statements.states, self.statements.threshold
        self.result = {name: Expression.leaf(name) for name in states}
        if threshold is None:
            return
        after = self._definitions_after()
        resets = {
            name: substitute(one.right, after) for name, one in self.statements.resets.items()
        }
        self.lines.append(Line("spike", substitute(threshold.right, after), after=True))
        spike = Expression.leaf("spike")
        for name, value in resets.items():
            self.result[name] = where(spike, value, Expression.leaf(name))
        self.result["spike"] = spike

    def _definitions_after(self) -> dict[str, Expression]:
        """Add the definitions that the threshold and the reset read, of the states by then."""
        wanted = [self.statements.threshold, *self.statements.resets.values()]
        read = {name for one in wanted if one for name in self.statements.reads(one)}
        names: dict[str, Expression] = {}
        there = {line.name for line in self.lines}
        for name, equation in self.statements.definitions.items():
            if name not in read:
                continue
            moves = set(self.statements.reads(equation)) & set(self.statements.states)
            fresh = name
            if moves or name not in there:
                fresh = self._fresh(f"{name}_after") if name in there else name
                self.lines.append(Line(fresh, substitute(equation.right, names), after=True))
            names[name] = Expression.leaf(fresh)
        return names

    def _fresh(self, name: str) -> str:
        taken = {
            *self.parameters, *self.statements.states, *self.statements.definitions,
            *(line.name for line in self.lines),
        }
        while name in taken:
            name += "_"
        return name

    # The graph ------------------------------------------------------------------------------------

    def update(self) -> dict[str, Expression]:
        """Return the update of the definition: next values, and ``spike``."""
        before = {
            name: Expression.leaf(name)
            for name in (*self.statements.states, INPUT, *self.parameters)
        }
        after = dict(before)
        for line in self.lines:
            value = substitute(line.right, after if line.after else before)
            after[line.name] = value
            if line.name not in self.statements.states:
                before[line.name] = value
        return {name: substitute(one, after) for name, one in self.result.items()}
