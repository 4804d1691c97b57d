"""What was given by number: parameters, the time step, units and starts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spikewright_hw.definition.definition import Parameter, State
from spikewright_hw.definition.graph import leaves

from .dimensions import check_dimensions, levels
from .graph import divisors
from .names import INPUT, TIME_STEP
from .parse import close_match
from .place import EquationError
from .statements import Statements
from .units import BARE, Quantity, Scales, Unit, dimension_name

__all__ = ["Quantities"]

_LONGEST_MEANING = 80
#: Lower bound of what something is divided by, and of time steps.
_LEAST = 1e-6


@dataclass(frozen=True)
class Quantities:
    """Numbers with their units, as given.

    Parameters
    ----------
    values : mapping of str to Quantity
        Parameters, ``dt`` the last of them.
    meanings : mapping of str to str
        What was said of parameters and states.
    units : mapping of str to Unit
        Units that were declared.
    starts : mapping of str to Quantity or str
        Starts, or the names of parameters that give them.
    """

    values: Mapping[str, Quantity]
    meanings: Mapping[str, str]
    units: Mapping[str, Unit]
    starts: Mapping[str, Quantity | str]

    @classmethod
    def read(
        cls,
        parameters: Mapping[str, float | str],
        *,
        dt: float | str,
        units: Mapping[str, str],
        start: Mapping[str, float | str],
    ) -> "Quantities":
        """Read them; raises :exc:`EquationError` for what is no number, no unit or no time."""
        values, meanings, starts = {}, {}, {}
        for name, given in {**parameters, TIME_STEP: dt}.items():
            value, _, meaning = str(given).partition(":")
            values[name] = _quantity(name, value)
            meanings[name] = _meaning(name, meaning)
        if values[TIME_STEP].number <= 0:
            raise EquationError(f"dt is {dt}; a time step is longer than zero")
        for name, given in start.items():
            starts[name] = given if given in parameters else _quantity(f"start of {name}", given)
        declared = {}
        for name, given in units.items():
            text, _, meaning = given.partition(":")
            meanings[name] = _meaning(name, meaning)
            try:
                declared[name] = Unit.parse(text)
            except ValueError as error:
                raise EquationError(f"unit of {name}: {error}") from None
        return cls(values, meanings, declared, starts)

    @property
    def has_units(self) -> bool:
        """Whether any unit was given."""
        given = [one for one in self.starts.values() if isinstance(one, Quantity)]
        return bool(self.units) or any(
            one.unit != BARE for one in (*self.values.values(), *given)
        )

    def parameters(self, statements: Statements) -> dict[str, Parameter]:
        """Return the parameters, in coherent units, once the units of all equations match.

        Raises
        ------
        EquationError
            They do not match, or a unit was given for what has none.
        """
        self._check_names(statements)
        units = {name: one.unit for name, one in self.values.items()}
        scales = self._scales(statements)
        if self.has_units:
            units |= {name: self._unit(name) for name in (*statements.states, INPUT)}
            dimensions = {name: unit.dimension for name, unit in units.items()}
            check_dimensions(statements, dimensions, scales)
            self._check_coherent(statements, scales)
            labels = {name: self._label(name, scales) for name in self.values}
        else:
            labels = levels(statements, self.values)
            labels[TIME_STEP] = "1"
        made = {
            name: Parameter(
                scales.number(one), self.meanings[name] or _use(name, statements), labels[name]
            )
            for name, one in self.values.items()
        }
        bounded = {TIME_STEP}.union(*(divisors(one.right) for one in statements.all()))
        for name in bounded & set(made):
            if made[name].default > 0:  # what divides may change, but not to zero
                made[name] = replace(made[name], low=min(_LEAST, made[name].default))
        return made

    def states(
        self, statements: Statements, parameters: Mapping[str, Parameter]
    ) -> dict[str, State]:
        """Return the states; raises :exc:`EquationError` for a start that does not match."""
        scales = self._scales(statements)
        labels = {} if self.has_units else levels(statements, self.values)
        states = {}
        for name in statements.states:
            start = self.starts.get(name, 0.0)
            unit = self._unit(name)
            of = self.values[start].unit if isinstance(start, str) else getattr(start, "unit", unit)
            if of.dimension != unit.dimension:
                raise EquationError(
                    f"{name} is {dimension_name(unit.dimension)}, and its start "
                    f"{dimension_name(of.dimension)}; give them the same unit"
                )
            if isinstance(start, Quantity):
                start = scales.number(start)
            label = scales.unit(unit.dimension) if self.has_units else labels[name]
            meaning = self.meanings.get(name) or ("membrane" if name == "v" else f"state {name}")
            states[name] = State(meaning, label, start)
        return states

    def unit(self, name: str) -> str:
        """Name the unit that was declared for a state or the input; ``"1"`` for none."""
        return self._unit(name).text

    def _unit(self, name: str) -> Unit:
        return self.units.get(name, BARE)

    def _label(self, name: str, scales: Scales) -> str:
        unit = self.values[name].unit
        return unit.text if scales.fits(unit) else scales.unit(unit.dimension)

    def _check_names(self, statements: Statements) -> None:
        wanted = [*statements.states, INPUT]
        for name in self.units:
            if name not in wanted:
                near = close_match(name, wanted)
                what = "give it with its value" if name in self.values else "leave it out"
                raise EquationError(
                    f"unit of {name}: only states and {INPUT} are given a unit so; {what}{near}"
                )
        for name in self.starts:
            if name not in statements.states:
                near = close_match(name, list(statements.states))
                raise EquationError(f"start of {name}: it is no state; leave it out{near}")

    def _scales(self, statements: Statements) -> Scales:
        first = [self.values[TIME_STEP].unit]
        first += [self._unit(name) for name in (INPUT, *statements.states)]
        return Scales.of([*first, *(one.unit for one in self.values.values())])

    def _check_coherent(self, statements: Statements, scales: Scales) -> None:
        for name in (*statements.states, INPUT):
            unit = self._unit(name)
            if not scales.fits(unit):
                wanted = scales.unit(unit.dimension)
                raise EquationError(
                    f"{name} is in {unit.text}, which with the other units would cost a factor in "
                    f'each step; take units={{"{name}": "{wanted}"}}, or change one of the others'
                )


def _quantity(name: str, value: float | str) -> Quantity:
    try:
        return Quantity.parse(value)
    except ValueError as error:
        raise EquationError(f"{name}: {error}") from None


def _meaning(name: str, text: str) -> str:
    meaning = " ".join(text.split())
    if len(meaning) > _LONGEST_MEANING or not meaning.isprintable():
        raise EquationError(
            f"{name}: its meaning has {len(meaning)} letters; "
            f"it has at most {_LONGEST_MEANING}, all printable"
        )
    return meaning or ("time step" if name == TIME_STEP else "")


def _use(name: str, statements: Statements) -> str:
    """Return where a parameter is read."""
    uses = dict.fromkeys(
        one.text.label
        for one in statements.all()
        if name in {leaf.operands[0] for leaf in leaves(one.right)}
    )
    return f"read by {', '.join(uses)}"
