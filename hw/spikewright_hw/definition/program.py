"""From equations to a program: sums in normal form first, then nodes.

Equations are brought into sums of *atoms* (inputs, states, products, choices, tables) with real
coefficients. So ``dt / tau * (rest - v + r * i)`` becomes one coefficient for ``v``, one for ``i``
and a constant, and only these three numbers are rounded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .builder import Builder, Families
from .definition import Value
from .expression import FUNCTIONS, Expression
from .functions import real_function
from .interval import Interval
from .lookup import look_up
from .nodes import Nodes, Number
from .sums import Constant, Sum, of_constants
from .table import Table, tabulate
from .use import Use
from .verdict import Verdicts

__all__ = ["Program"]


class Program:
    """Compiles equations.

    Parameters
    ----------
    update : mapping of str to Expression
        The equations; equal ones are the same expression.
    parameters : mapping of str to float or sequence of float
    leaves : mapping of str to (int, Interval, bool)
        Of each input and state the bits after its point, its range, and whether it is a state.
    digits : int
        Most signed powers of two in a coefficient.
    fraction : int
        Bits after the point of constants: those of the finest state.
    half_up : bool
        Whether a state is rounded half up when it is stored, rather than down.
    uses : mapping of Expression to sequence of Use or None
        Of each function in the equations whose result reaches an output, its use: one, or one for
        each neuron.
    families : mapping, optional
        What an earlier run on the same equations has left in :attr:`families`.

    Attributes
    ----------
    tables : list of Table
        Functions in the program.
    """

    def __init__(
        self,
        *,
        update: Mapping[str, Expression],
        parameters: Mapping[str, Value],
        leaves: Mapping[str, tuple[int, Interval, bool]],
        digits: int,
        fraction: int,
        half_up: bool,
        uses: Mapping[Expression, Sequence[Use | None]],
        families: Families | None = None,
    ):
        self._update = update
        self._parameters = parameters
        self._fraction = fraction
        self._half_up = half_up
        self._uses = uses
        self._nodes = Nodes()
        self._builder = Builder(self._nodes, digits, fraction, families or {})
        self._leaves = {
            name: self._nodes.leaf(name, bits, interval, varies=varies)
            for name, (bits, interval, varies) in leaves.items()
        }
        self._kept = _kept(update, {name: leaves[name][0] for name in update if name != "spike"})
        #: Of numbers that are rounded as a state is: what was rounded, and to how many bits.
        self._rounded: dict[Number, tuple[Sum, int]] = {}
        self._verdicts = Verdicts()
        self._sums: dict[tuple[Expression, bool], Sum] = {}
        self.tables: list[Table] = []

    @property
    def families(self) -> Families:
        """For sums that differ in their constants alone: these constants."""
        return self._builder.families

    @property
    def vectors(self) -> dict[str, tuple[int, ...]]:
        """Constants that differ from neuron to neuron, as leaves of the program."""
        return self._builder.vectors

    # Outputs --------------------------------------------------------------------------------------

    def output(self, name: str) -> Expression:
        """Return the program of a state's next value, rounded as it is stored, or of the spike."""
        if name == "spike":
            return self._condition(self._verdicts.check(self._sum(self._update[name]))).node
        fraction = self._leaves[name].fraction
        return self._stored(self._update[name], fraction).node

    def _stored(self, equation: Expression, fraction: int) -> Number:
        if equation.operation == "where":  # each branch rounds for itself, and may share its sums
            chosen, yes, no = equation.operands
            condition = self._sum(chosen)
            if condition.is_constant and isinstance(condition.constant.value, int | float):
                return self._stored(yes if condition.constant.value else no, fraction)
            yes, no = (self._stored(branch, fraction) for branch in (yes, no))
            return self._nodes.choose(self._condition(condition), yes, no)
        return self._builder.rounded(self._sum(equation), fraction, half_up=self._half_up)

    # Equations to sums ----------------------------------------------------------------------------

    def _sum(self, equation: Expression, *, compared: bool = False) -> Sum:
        """Bring an equation into a sum.

        Within a comparison, what a state stores stands as it is rounded for that state.
        """
        key = equation, compared
        if key not in self._sums:
            total = self._make_sum(equation, compared)
            if compared and equation in self._kept and not total.is_constant:
                total = self._as_kept(equation)
            self._sums[key] = total
        return self._sums[key]

    def _as_kept(self, equation: Expression) -> Sum:
        fraction = self._kept[equation]
        number = self._stored(equation, fraction)
        if equation.operation != "where":
            self._rounded[number] = self._sum(equation), fraction
        return Sum.of(number)

    def _make_sum(self, equation: Expression, compared: bool) -> Sum:
        operation, operands = equation.operation, equation.operands
        if operation == "constant":
            return Sum(constant=Constant(float(operands[0])))
        if operation == "leaf":
            (name,) = operands
            if name in self._parameters:
                value = self._parameters[name]
                value = value if isinstance(value, int | float) else tuple(value)
                return Sum(constant=Constant(value, frozenset({name})))
            return Sum.of(self._leaves[name])
        compared = compared or operation in ("greater", "at_least")
        sums = [self._sum(operand, compared=compared) for operand in operands]
        if all(one.is_constant for one in sums):
            function = real_function(operation) if operation in FUNCTIONS else operation
            return Sum(constant=of_constants(function, *(one.constant for one in sums)))
        function = operation in FUNCTIONS or (operation == "divide" and not sums[1].is_constant)
        if function and equation not in self._uses:  # it reaches no output: a factor of it is zero
            return Sum.of(self._nodes.constant(0))
        if operation in FUNCTIONS:
            return Sum.of(self._table(equation, self._builder.number(sums[0])))
        if function:
            over = Sum.of(self._table(equation, self._builder.number(sums[1])))
            return self._multiply(sums[0], over)
        return getattr(self, f"_{operation}")(*sums)

    def _add(self, a: Sum, b: Sum) -> Sum:
        return a.plus(b)

    def _subtract(self, a: Sum, b: Sum) -> Sum:
        return a.plus(b.scaled(Constant(-1.0)))

    def _multiply(self, a: Sum, b: Sum) -> Sum:
        if a.is_constant:
            return b.scaled(a.constant)
        if b.is_constant:
            return a.scaled(b.constant)
        for one, other in ((a, b), (b, a)):  # a condition chooses; it needs no multiplier
            if len(one.terms) == 1 and next(iter(one.terms)).is_condition:
                ((condition, value),) = one.terms.items()
                yes = other.scaled(of_constants("add", one.constant, value))
                return self._choose(condition, yes, other.scaled(one.constant))
        scale = Constant(1.0)
        factors = []
        for one in (a, b):  # a coefficient of either one is one of the product
            atom, value = one.atom
            if atom is None:
                factors.append(self._builder.number(one))
            else:
                factors.append(atom)
                scale = of_constants("multiply", scale, value)
        x, y = factors
        return Sum({self._nodes.product(x, y): scale})

    def _divide(self, a: Sum, b: Sum) -> Sum:
        return a.scaled(of_constants("divide", Constant(1.0), b.constant))

    def _greater(self, a: Sum, b: Sum) -> Sum:
        return self._compare("greater", self._subtract(a, b))

    def _at_least(self, a: Sum, b: Sum) -> Sum:
        return self._compare("at_least", self._subtract(a, b))

    def _compare(self, operation: str, difference: Sum) -> Sum:
        if difference.is_constant:
            verdict = of_constants(operation, difference.constant, Constant(0.0))
            return Sum(constant=verdict)
        number = self._difference(difference)
        return Sum.of(self._nodes.make(operation, number, self._nodes.constant(0)))

    def _difference(self, difference: Sum) -> Number:
        """Make the node of a difference; what is rounded shares the adders of what is stored."""
        if difference.bare not in self._rounded:
            return self._builder.number(difference)
        exact, fraction = self._rounded[difference.bare]
        if not self._builder.on_grid(difference.constant, fraction):
            return self._builder.number(difference)
        # Rounding a sum and then adding a round number is rounding the sum of both.
        return self._builder.rounded(
            exact, fraction, half_up=self._half_up, plus=difference.constant
        )

    def _both(self, a: Sum, b: Sum) -> Sum:
        return self._join("both", a, b)

    def _either(self, a: Sum, b: Sum) -> Sum:
        return self._join("either", a, b)

    def _join(self, operation: str, a: Sum, b: Sum) -> Sum:
        for one, other in ((a, b), (b, a)):
            if one.is_constant and isinstance(one.constant.value, int | float):
                if bool(one.constant.value) == (operation == "both"):
                    return Sum.of(self._condition(other))
                return Sum(constant=Constant(float(operation == "either"), one.constant.names))
        made = self._nodes.make(operation, *(self._condition(one) for one in (a, b)))
        self._verdicts.join(made, operation, a, b)
        return Sum.of(made)

    def _invert(self, a: Sum) -> Sum:
        made = self._nodes.make("invert", self._condition(a))
        self._verdicts.invert(made, a)
        return Sum.of(made)

    def _where(self, condition: Sum, yes: Sum, no: Sum) -> Sum:
        if condition.is_constant:
            return yes.chosen(condition.constant, no)
        return self._choose(self._condition(condition), yes, no)

    def _choose(self, condition: Number, yes: Sum, no: Sum) -> Sum:
        numbers = map(self._builder.number, (yes, no))
        return Sum.of(self._nodes.choose(condition, *numbers))

    def _minimum(self, a: Sum, b: Sum) -> Sum:
        return Sum.of(self._nodes.binary("minimum", *map(self._builder.bound, (a, b))))

    def _maximum(self, a: Sum, b: Sum) -> Sum:
        x, y = map(self._builder.bound, (a, b))
        if self._builder.opposite(a, b) and x.fraction == y.fraction:
            return Sum.of(self._nodes.distance(x, y))
        return Sum.of(self._nodes.binary("maximum", x, y))

    # Sums to numbers ------------------------------------------------------------------------------

    def _condition(self, one: Sum) -> Number:
        """Make a sum a condition, which holds if it is more than zero.

        One that is joined with others may be constant, if it differs from neuron to neuron.
        """
        if one.bare is not None and one.bare.is_condition and one.constant.always(0.0):
            return one.bare
        if one.is_constant and isinstance(one.constant.value, int | float):
            self._verdicts.check(one)
        zero = self._nodes.constant(0)
        return self._nodes.make("greater", self._builder.number(one), zero)

    def _table(self, equation: Expression, x: Number) -> Number:
        """Look a function up; neurons whose uses differ look it up in tables of their own."""
        function = "reciprocal" if equation.operation == "divide" else equation.operation
        kinds = sorted({use for use in self._uses[equation] if use is not None})
        of_neurons = [use or kinds[0] for use in self._uses[equation]]
        found = [self._looked_up(function, x, use) for use in kinds]
        if len(kinds) == 1:
            return found[0]
        kind = self._builder.vector([kinds.index(use) for use in of_neurons])
        chosen = found[0]
        for n, one in enumerate(found[1:], start=1):
            there = self._nodes.make("at_least", kind, self._nodes.constant(n))
            chosen = self._nodes.choose(there, one, chosen)
        return chosen

    def _looked_up(self, function: str, x: Number, use: Use) -> Number:
        table = tabulate(
            function,
            fraction=x.fraction,
            interval=x.interval,
            argument=use.argument,
            result=use.result,
            limit=use.limit,
        )
        table = replace(table, state=use.state, steps=use.off(table.error))
        if table not in self.tables:
            self.tables.append(table)
        return look_up(self._nodes, table, x)


def _kept(
    update: Mapping[str, Expression], fractions: Mapping[str, int]
) -> dict[Expression, int]:
    """Find the values that states store, in one case or another, with their bits after the point.

    Of several states that store the same value it is rounded for the first.
    """
    found: dict[Expression, int] = {}

    def visit(node: Expression, fraction: int) -> None:
        found.setdefault(node, fraction)
        if node.operation == "where":
            _, yes, no = node.operands
            visit(yes, fraction)
            visit(no, fraction)

    for name, fraction in fractions.items():
        visit(update[name], fraction)
    return found
