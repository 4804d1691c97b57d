"""Decision 8: from a graph in real numbers to sums of atoms, and a step of it in exact numbers.

An atom is a tuple, its kind and its operands, which are sums. A condition is a sum, too, of one
atom that is 0 or 1, or of a constant. Numbers are exact fractions.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import floor, log2

from .definitions import Definition
from .sizes import numbers_of_tables
from .sums import ONE, REALS, ZERO, Constant, Sum, compute, digits, half_up, level
from .tables import FUNCTIONS, look_up

__all__ = ["Neuron"]


class Neuron:
    """One neuron of a layer: its sums, and a step of it."""

    def __init__(
        self, definition: Definition, parameters: Mapping[str, float],
        *, form: tuple[int, int], rounding: str, saturation: str, most_input: int,
    ):
        self.definition, self.rounding = definition, rounding
        whole, self.fraction = form
        self.bits, self.ends = {}, {}
        for name, one in definition.states.items():
            self.bits[name] = self.fraction + one.guard if one.bits is None else 0
            top = 2 ** ((one.bits or whole + self.bits[name]) - 1)
            low = {"full": -top, "symmetric": 1 - top, "positive": 0 if name == "v" else -top}
            self.ends[name] = low[saturation] if one.bits is None else -top, top - 1
        self.input_ends = -most_input, most_input
        self.finest = max(self.bits.values())
        self.parameters = {
            name: float(half_up(x, self.finest)) if name in definition.levels else float(x)
            for name, x in parameters.items()
        }
        self.start = {}
        for name, one in definition.states.items():
            start = self.parameters[one.start] if isinstance(one.start, str) else one.start
            self.start[name] = self.limited(name, half_up(start, self.bits[name]))
        self.atoms: list[tuple] = []
        self.sums: dict[tuple[int, bool], Sum] = {}
        self.stores: dict[int, str] = {}
        for state in definition.states:
            self._store(definition.outputs[state], state)
        self.tables = numbers_of_tables(self)
        self.outputs = {name: self.sum(node) for name, node in definition.outputs.items()}

    # From the graph to sums ---------------------------------------------------------------------

    def _store(self, node: int, state: str) -> None:
        """Note what a state stores: its next value, and in a choice either side of it."""
        self.stores.setdefault(node, state)
        operation, *operands = self.definition.nodes[node]
        if operation == "where":
            self._store(operands[1], state)
            self._store(operands[2], state)

    def atom(self, *atom) -> Sum:
        """Return an atom as a sum; equal atoms are one."""
        if atom not in self.atoms:
            self.atoms.append(atom)
        return Sum(((self.atoms.index(atom), ONE),))

    def sum(self, node: int, compared: bool = False) -> Sum:
        """Return a node as a sum; in a comparison, what a state stores is an atom."""
        if (node, compared) not in self.sums:
            total = self._sum(node, compared, *self.definition.nodes[node])
            if compared and node in self.stores and total.terms:
                total = self.atom("kept", self.stores[node], self.sum(node))
            self.sums[node, compared] = total
        return self.sums[node, compared]

    def _sum(self, node: int, compared: bool, operation: str, *operands) -> Sum:
        if operation == "constant":
            return Sum(constant=Constant(float(operands[0])))
        if operation == "leaf":
            (name,) = operands
            if name in self.parameters:
                return Sum(constant=Constant(self.parameters[name], True))
            return self.atom("leaf", name)
        compared = compared or operation in ("greater", "at_least")
        parts = [self.sum(one, compared) for one in operands]
        if operation == "subtract":
            return parts[0].plus(parts[1].times(Constant(-1.0)))
        if operation in ("greater", "at_least"):
            parts = [parts[0].plus(parts[1].times(Constant(-1.0)))]
        if not any(one.terms for one in parts):
            return Sum(constant=compute(operation, *(one.constant for one in parts)))
        match operation, parts:
            case "add", (left, right):
                return left.plus(right)
            case "multiply", (left, right):
                return self._product(left, right)
            case "divide", (left, right) if not right.terms:
                return left.times(compute("divide", ONE, right.constant))
            case "divide", (left, right):
                return self._product(left, self.atom("reciprocal", right, node))
            case "where", (condition, yes, no) if not condition.terms:
                return yes.chosen(condition.constant, no)
        return self.atom(operation, *parts, *([node] if operation in FUNCTIONS else []))

    def _product(self, left: Sum, right: Sum) -> Sum:
        if not left.terms:
            return right.times(left.constant)
        if not right.terms:
            return left.times(right.constant)
        factor, sums = ONE, []
        for one in (left, right):
            if len(one.terms) == 1 and one.constant == ZERO:
                ((atom, x),) = one.terms
                factor, one = compute("multiply", factor, x), Sum(((atom, ONE),))
            sums.append(one)
        return self.atom("multiply", *sums).times(factor)

    # A step -------------------------------------------------------------------------------------

    def kept(self, state: str, x: Fraction) -> Fraction:
        """Round a value as a state stores it."""
        if self.rounding == "half_up":
            return half_up(x, self.bits[state])
        return Fraction(floor(x * 2 ** self.bits[state]), 2 ** self.bits[state])

    def limited(self, state: str, x: Fraction) -> int:
        """Saturate a value; the result counts in steps of the state."""
        low, high = self.ends[state]
        return max(low, min(high, int(x * 2 ** self.bits[state])))

    def step(
        self, states: Mapping[str, int], currents: Mapping[str, int]
    ) -> tuple[dict[str, int], bool]:
        """Return the states after a step, and whether it spiked."""
        leaves = {name: Fraction(x, 2 ** self.bits[name]) for name, x in states.items()}
        leaves |= {name: Fraction(x, 2**self.fraction) for name, x in currents.items()}
        step = Step(self, leaves)
        after = {
            name: self.limited(name, self.kept(name, step.value(self.outputs[name])))
            for name in self.definition.states
        }
        return after, "spike" in self.outputs and bool(step.value(self.outputs["spike"]))


class Step:
    """The values of one step."""

    def __init__(self, neuron: Neuron, leaves: Mapping[str, Fraction]):
        self.neuron, self.leaves = neuron, leaves
        self.done: dict[int, Fraction] = {}

    def value(self, one: Sum) -> Fraction:
        """Return the value of a sum: exact but for its coefficients and its constant."""
        total = level(one.constant.value, self.neuron.finest)
        for n, x in one.terms:
            if n not in self.done:
                self.done[n] = Fraction(self.of_atom(*self.neuron.atoms[n]))
            total += digits(x.value) * self.done[n]
        return total

    def bound(self, one: Sum) -> Fraction:
        """Return an operand of min or max; a bound is rounded as docs/tables.md has it."""
        x = Fraction(one.constant.value)
        if one.terms or abs(self.value(one) - x) * 16 <= abs(x):
            return self.value(one)
        return half_up(x, min(40, 4 - floor(log2(abs(x)))))

    def of_atom(self, kind: str, *operands) -> Fraction | bool:
        match kind, operands:
            case "leaf", (name,):
                return self.leaves[name]
            case "kept", (state, one):
                return self.neuron.kept(state, self.value(one))
            case "where", (condition, yes, no):
                return self.value(yes if self.value(condition) else no)
            case "minimum" | "maximum", _:
                return REALS[kind](*(self.bound(one) for one in operands))
            case ("multiply" | "greater" | "at_least" | "both" | "either" | "invert"), _:
                return REALS[kind](*(self.value(one) for one in operands))
        argument, node = operands
        if node not in self.neuron.tables:
            return Fraction(0)  # it reaches no state: a factor of it is zero
        return look_up(kind, self.value(argument), self.neuron.tables[node])
