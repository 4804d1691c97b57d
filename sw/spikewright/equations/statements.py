"""The equations, the threshold and the reset of a neuron, each name accounted for."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from spikewright_hw.definition.expression import CONDITIONS, Expression
from spikewright_hw.definition.graph import leaves

from .graph import size, substitute
from .names import INPUT, NAME, TIME_STEP, check_name, check_parameter, unknown
from .parse import Places, close_match, parse
from .place import EquationError, Place, Text

__all__ = ["Equation", "Statements"]

_LARGEST = 1000
#: The first = that is not part of a comparison, with what may stand before it.
_EQUALS = re.compile(r"(?<![<>=!])([-+*/]?)=(?!=)")


@dataclass(frozen=True)
class Equation:
    """One name and what it is made equal to, or the threshold's condition.

    Parameters
    ----------
    text : Text
        The statement as given.
    name : str
        State, definition or assigned state; empty for a condition.
    right : Expression
        Its right side.
    start : int
        Column at which the right side starts.
    """

    text: Text
    name: str
    right: Expression
    start: int

    @property
    def place(self) -> Place:
        """Where the right side stands."""
        return self.text.place(self.start)

    @property
    def left(self) -> Place:
        """Where the left side stands."""
        end = len(self.text.text[: self.start].rstrip(" =+-"))
        return self.text.place(0, end)


@dataclass
class Statements:
    """A neuron as it was written.

    Parameters
    ----------
    states : dict of str to Equation
        Right sides of ``d.../dt``.
    definitions : dict of str to Equation
        Auxiliary definitions, each after those that it reads.
    threshold : Equation or None
        The condition; None for a neuron that never spikes.
    resets : dict of str to Equation
        What a spike sets each state to.
    places : dict of Expression to Place
        Where each node of all these stands.
    """

    states: dict[str, Equation] = field(default_factory=dict)
    definitions: dict[str, Equation] = field(default_factory=dict)
    threshold: Equation | None = None
    resets: dict[str, Equation] = field(default_factory=dict)
    places: Places = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        equations: Sequence[str],
        *,
        threshold: str | None,
        reset: str | None,
        parameters: Collection[str],
    ) -> "Statements":
        """Read all statements; ``parameters`` are the names given besides ``dt``.

        Raises
        ------
        EquationError
            A statement cannot be read, or a name in it is unknown, reserved or there twice.
        """
        self = cls()
        for text in _split(equations):
            self._read_equation(text)
        if not self.states:
            raise EquationError(
                "there is no differential equation; write one such as dv/dt = (i - v)/tau"
            )
        if threshold is not None:
            self.threshold = self._read_threshold(threshold)
        for text in _split([reset] if reset else []):
            self._read_reset(text)
        for name in parameters:
            check_parameter(name)
            for kind, known in (("state", self.states), ("definition", self.definitions)):
                if name in known:
                    raise EquationError(
                        f"there are a parameter and a {kind} that are both called {name}; "
                        "rename one of them",
                        known[name].left,
                    )
        self._resolve({*parameters, TIME_STEP})
        self._order_definitions()
        self._check_sizes()
        self._check_driven()
        return self

    def all(self) -> list[Equation]:
        """Return every statement."""
        threshold = [self.threshold] if self.threshold else []
        groups = self.states, self.definitions, self.resets
        return [one for group in groups for one in group.values()] + threshold

    @property
    def written(self) -> list[str]:
        """The definitions and the differential equations, as given."""
        equations = *self.definitions.values(), *self.states.values()
        return [one.text.text for one in equations]

    def reads(self, equation: Equation) -> dict[str, Expression]:
        """Return the leaves of a right side by name, with those of definitions that it reads."""
        found: dict[str, Expression] = {}
        for leaf in leaves(equation.right):
            name = leaf.operands[0]
            if name not in found and name in self.definitions:
                found |= self.reads(self.definitions[name])
            found[name] = leaf
        return found

    def whole(self, equation: Equation) -> Expression:
        """Return a right side with all definitions put in."""
        names: dict[str, Expression] = {}
        for name, one in self.definitions.items():
            names[name] = substitute(one.right, names)
        return substitute(equation.right, names)

    # Reading --------------------------------------------------------------------------------------

    def _read_equation(self, text: str) -> None:
        left, operation, start = _sides(Text("equations", text))
        derivative = re.fullmatch(rf"d({NAME})\s*/\s*dt", left)
        name = derivative[1] if derivative else left
        labelled = Text(f"d{name}/dt" if derivative else name, text)
        if operation or not re.fullmatch(NAME, name):
            raise EquationError(
                f"the left side is {left or 'missing'}; write dv/dt = ... for a state v, or "
                "g = ... for a definition",
                Text("equations", text).place(0, max(1, len(left))),
            )
        end = len(left)
        check_name(name, name, labelled.place(0, end))
        if name in self.states or name in self.definitions:
            raise EquationError(
                f"{name} has an equation already; rename one of them", labelled.place(0, end)
            )
        right = parse(labelled, start=start, places=self.places)
        if right.operation in CONDITIONS:
            raise EquationError(
                f"{name} is a condition, and a number is wanted; write `1 if ... else 0`",
                self.places[right],
            )
        kind = self.states if derivative else self.definitions
        kind[name] = Equation(labelled, name, right, start)

    def _read_threshold(self, text: str) -> Equation:
        labelled = Text("threshold", " ".join(text.split()))
        found = _EQUALS.search(labelled.text)
        if found:
            raise EquationError(
                "a threshold is a comparison such as v > v_th, and = is none",
                labelled.place(*found.span()),
            )
        right = parse(labelled, places=self.places)
        if right.operation not in CONDITIONS:
            raise EquationError(
                "the threshold is a number, and a comparison is wanted, such as v > v_th",
                labelled.place(),
            )
        return Equation(labelled, "", right, 0)

    def _read_reset(self, text: str) -> None:
        labelled = Text("reset", text)
        name, operation, start = _sides(labelled)
        left = labelled.place(0, max(1, len(name)))
        if operation not in ("", "+", "-") or not re.fullmatch(NAME, name):
            raise EquationError(
                f"the left side is {name or 'missing'}; write v = ..., v += ... or v -= ...", left
            )
        if name not in self.states:
            near = close_match(name, list(self.states))
            raise EquationError(
                f"{name} has no equation, so it is no state that could be reset; "
                f"there are {', '.join(self.states)}{near}",
                left,
            )
        if name in self.resets:
            raise EquationError(f"{name} is assigned twice; keep one of the two", left)
        right = parse(labelled, start=start, places=self.places)
        for leaf in leaves(right):
            if leaf.operands[0] in self.resets:
                raise EquationError(
                    f"{leaf.operands[0]} is read after it was reset; assign {name} before it to "
                    "read the value before the reset, or write the reset value itself",
                    self.places[leaf],
                )
        place = self.places[right]
        if right.operation in CONDITIONS:
            raise EquationError("this is a condition, and a number is wanted", place)
        if operation:
            before = Expression.leaf(name)
            self.places[before] = left
            right = before + right if operation == "+" else before - right
            self.places[right] = labelled.place()
        self.resets[name] = Equation(labelled, name, right, start)

    # Names ----------------------------------------------------------------------------------------

    def _resolve(self, parameters: Collection[str]) -> None:
        known = {*self.states, *self.definitions, *parameters, INPUT}
        read: set[str] = {TIME_STEP}
        for equation in self.all():
            for leaf in leaves(equation.right):
                name = leaf.operands[0]
                read.add(name)
                if name not in known:
                    raise EquationError(unknown(name, known), self.places[leaf])
        for name in parameters:
            if name not in read:
                raise EquationError(f"the parameter {name} is read by no equation; leave it out")
        for name, equation in self.definitions.items():
            if name not in read:
                raise EquationError(f"{name} is read by nothing; leave it out", equation.left)

    def _check_driven(self) -> None:
        """Raise :exc:`EquationError` unless the current reaches the membrane."""
        if not any(INPUT in self.reads(one) for one in self.states.values()):
            raise EquationError(
                f"no differential equation reads {INPUT}, the current that arrives, so nothing "
                "could move the neuron; add it to one"
            )
        driven = {INPUT}
        while True:
            more = {name for name, one in self.states.items() if driven & set(self.reads(one))}
            more |= {name for name, one in self.resets.items() if driven & set(self.reads(one))}
            if self.threshold and driven & set(self.reads(self.threshold)):
                more |= set(self.resets)
            if more <= driven:
                break
            driven |= more
        if "v" in self.states and "v" not in driven:
            raise EquationError(
                f"the current {INPUT} does not reach v, only {', '.join(sorted(driven - {INPUT}))};"
                f" let dv/dt read {INPUT} or a state that it reaches",
                self.states["v"].place,
            )

    def _check_sizes(self) -> None:
        for equation in self.all():
            count = size(self.whole(equation))
            if count > _LARGEST:
                raise EquationError(
                    f"with all powers and definitions written out this has {count} operations, and "
                    f"an equation has at most {_LARGEST}; make it smaller",
                    equation.place,
                )

    def _order_definitions(self) -> None:
        ordered: dict[str, Equation] = {}

        def add(name: str, above: tuple[str, ...]) -> None:
            equation = self.definitions[name]
            if name in above:
                circle = " reads ".join((*above[above.index(name) :], name))
                raise EquationError(
                    f"{circle}, which goes in a circle; make one of them a state", equation.left
                )
            for leaf in leaves(equation.right):
                if leaf.operands[0] in self.definitions and leaf.operands[0] not in ordered:
                    add(leaf.operands[0], (*above, name))
            ordered[name] = equation

        for name in self.definitions:
            if name not in ordered:
                add(name, ())
        self.definitions = ordered


def _split(statements: Iterable[str]) -> list[str]:
    return [
        " ".join(part.split())
        for statement in statements
        for part in re.split(r"[;\n]", statement)
        if part.strip()
    ]


def _sides(text: Text) -> tuple[str, str, int]:
    """Return the left side, the operator before ``=`` and the column at which the right starts."""
    found = _EQUALS.search(text.text)
    if found is None:
        raise EquationError("there is no = in this; write name = expression", text.place())
    start = len(text.text) - len(text.text[found.end() :].lstrip())
    return text.text[: found.start()].strip(), found[1], start

