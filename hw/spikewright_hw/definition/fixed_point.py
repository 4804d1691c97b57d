"""A definition at a number format: its equations as a program of integers.

Nothing rounds and nothing wraps but where this says so:

- a *level*, such as a threshold, is rounded half up to the finest state's step;
- a *coefficient*, such as a decay, is rounded to a few signed powers of two, so that multiplying
  by it takes shifts and adders; one that is a power of two is a shift;
- a *constant* of a sum is rounded half up to the finest state's step;
- a *function* of a variable is a table with a stated error (:mod:`~.table`);
- every sum and product is exact, and as wide as it needs to be;
- each *state* is rounded, and saturated, once: when it is stored;
- in a *comparison*, whatever a state stores stands as it is rounded for that state, before it is
  saturated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from ..checks import instance, settle, whole
from ..fixed import Format
from .definition import Definition, Value
from .expression import Expression, Operations
from .graph import evaluate, merged
from .interval import Interval, IntervalOperations
from .precision import warn_of_tables
from .program import Program
from .table import Table
from .use import uses

__all__ = ["Arithmetic", "FixedNeuron"]


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """How a neuron computes.

    Parameters
    ----------
    format : Format
        Of the membrane, of the inputs, and of each state but for its guard bits.
    rounding : "half_up" or "floor"
        Of a state, when it is stored.
    saturation : "full", "symmetric" or "positive"
        Where the states end: at the format's ends; at ± its highest value; or, for ``v`` alone, at
        zero and the highest value.
    digits : int
        Most signed powers of two in a coefficient.
    """

    format: Format
    rounding: Literal["half_up", "floor"] = "half_up"
    saturation: Literal["full", "symmetric", "positive"] = "full"
    digits: int = 4

    def __post_init__(self):
        settle(self, format=instance(Format), digits=whole(1, 24))
        if self.rounding not in ("half_up", "floor"):
            raise ValueError(f"rounding is {self.rounding!r}; it is half_up or floor")
        if self.saturation not in ("full", "symmetric", "positive"):
            raise ValueError(
                f"saturation is {self.saturation!r}; it is full, symmetric or positive"
            )


@dataclass(frozen=True, eq=False)
class FixedNeuron:
    """A definition in integers: what every exact lowering runs. Made by :meth:`of`.

    Parameters
    ----------
    definition : Definition
    arithmetic : Arithmetic
    parameters : mapping of str to float or sequence of float
        All of them, in real numbers.
    formats : mapping of str to Format
        Of each state.
    bounds : mapping of str to (int, int)
        Least and greatest stored value of each state.
    update : mapping of str to Expression
        A program: next stored value of each state, rounded but not yet saturated, and ``spike``
        unless the neuron never spikes. Leaves are the inputs, the states and the vectors.
    vectors : mapping of str to tuple of int
        Constants that differ from neuron to neuron.
    tables : tuple of Table
        The functions in the program.
    """

    definition: Definition
    arithmetic: Arithmetic
    parameters: Mapping[str, Value]
    formats: Mapping[str, Format]
    bounds: Mapping[str, tuple[int, int]]
    update: Mapping[str, Expression]
    vectors: Mapping[str, tuple[int, ...]]
    tables: tuple[Table, ...]

    @classmethod
    def of(
        cls,
        definition: Definition,
        arithmetic: Arithmetic,
        parameters: Mapping[str, Value] | None = None,
        *,
        inputs: Mapping[str, Interval] | None = None,
    ) -> "FixedNeuron":
        """Compile a definition; parameters that are not given take their defaults.

        Tables hold whatever follows from inputs that lie in the format, or in ``inputs``: stored
        intervals that may reach further, as the sums of a layer's weights do.

        Raises
        ------
        ValueError
            A parameter is unknown or out of its range, a level does not fit the format, or a
            function of the equations is undefined where its argument can lie.
        """
        format = arithmetic.format
        values = definition.values(parameters)
        equations = merged(definition.update)
        formats = {name: _format_of(state, format) for name, state in definition.states.items()}
        given = values | _levels(definition, values, format, _finest(format, formats))
        bounds = {
            name: _bounds(name, form, arithmetic, counts=definition.states[name].bits is not None)
            for name, form in formats.items()
        }
        full = Interval(format.min, format.max)
        reach = {name: full.hull((inputs or {}).get(name, full)) for name in definition.inputs}
        leaves = {name: (format.fraction, one, False) for name, one in reach.items()}
        leaves |= {
            name: (form.fraction, Interval(*bounds[name]), True) for name, form in formats.items()
        }
        compiler = partial(
            Program,
            update=equations,
            parameters=given,
            leaves=leaves,
            digits=arithmetic.digits,
            fraction=_finest(format, formats).fraction,
            half_up=arithmetic.rounding == "half_up",
            uses=uses(
                replace(definition, update=equations), given, formats, bounds, reach, format
            ),
        )
        first = compiler()  # finds which sums differ in a constant alone
        _compile(first, definition)
        program = compiler(families=first.families)
        update = _compile(program, definition)
        warn_of_tables(definition.name, format, formats, program.tables)
        return cls(
            definition=definition,
            arithmetic=arithmetic,
            parameters=values,
            formats=formats,
            bounds=bounds,
            update=update,
            vectors=program.vectors,
            tables=tuple(program.tables),
        )

    @property
    def format(self) -> Format:
        """Format of the membrane and of the inputs."""
        return self.arithmetic.format

    def start(self, name: str, *, neuron: int = 0) -> int:
        """Return the stored value of a state before the first step."""
        start = self.definition.states[name].start
        value = self.parameters[start] if isinstance(start, str) else start
        if not isinstance(value, int | float):
            value = value[neuron]
        if isinstance(start, str) and self.definition.parameters[start].unit == "level":
            finest = _finest(self.format, self.formats)
            value = finest.real(finest.quantize(value))
        return self.saturate(name, self.formats[name].quantize(value))

    def saturate(self, name: str, stored: int) -> int:
        """Limit a stored value to the bounds of a state."""
        low, high = self.bounds[name]
        return max(low, min(high, stored))

    def ranges(self, inputs: Mapping[str, Interval] | None = None) -> dict[str, Interval]:
        """Return the interval of each next state before saturation, from any states.

        ``inputs`` are stored intervals; those not given span the format. The result is sound, not
        always tight: a value that is used twice counts as two.
        """
        return evaluate(self.update, self.leaf_ranges(inputs), IntervalOperations())

    def widest(self, inputs: Mapping[str, Interval] | None = None) -> int:
        """Return the width in bits of the widest value in the program."""
        seen = _Widths()
        leaves = self.leaf_ranges(inputs)
        evaluate(self.update, leaves, seen)
        return max(seen.widest, *(interval.width for interval in leaves.values()))

    def leaf_ranges(self, inputs: Mapping[str, Interval] | None = None) -> dict[str, Interval]:
        """Return the interval of every leaf of the program."""
        full = Interval(self.format.min, self.format.max)
        leaves = dict.fromkeys(self.definition.inputs, full) | dict(inputs or {})
        leaves |= {name: Interval(*bounds) for name, bounds in self.bounds.items()}
        return leaves | {name: Interval.of(*values) for name, values in self.vectors.items()}


class _Widths(IntervalOperations):
    """Intervals that remember the widest of them."""

    def __init__(self):
        self.widest = 1

    def __getattribute__(self, name: str):
        attribute = object.__getattribute__(self, name)
        if name.startswith("_") or not hasattr(Operations, name):
            return attribute

        def noted(*operands):
            interval = attribute(*operands)
            self.widest = max(self.widest, interval.width)
            return interval

        return noted


def _compile(program: Program, definition: Definition) -> dict[str, Expression]:
    update = {}
    for name in definition.update:
        try:
            update[name] = program.output(name)
        except ValueError as error:
            raise ValueError(f"{definition.name}.{name}: {error}") from error
    return update


def _format_of(state, format: Format) -> Format:
    if state.bits is not None:
        return Format(state.bits, 0)
    return Format(format.integer, format.fraction + state.guard)


def _bounds(name: str, form: Format, arithmetic: Arithmetic, *, counts: bool) -> tuple[int, int]:
    if arithmetic.saturation == "full" or counts:
        return form.min, form.max
    if arithmetic.saturation == "symmetric":
        return -form.max, form.max
    return (0 if name == "v" else form.min), form.max


def _finest(format: Format, formats: Mapping[str, Format]) -> Format:
    """Return the membrane's format with as many bits after the point as the finest state has."""
    return Format(format.integer, max(form.fraction for form in (format, *formats.values())))


def _levels(
    definition: Definition, values: Mapping[str, Value], format: Format, finest: Format
) -> dict[str, Value]:
    """Round the parameters that are levels half up to the finest state's step.

    They lie in the range of the membrane's format, but may be finer: a slow state with guard bits
    keeps a drift that is less than a step of the membrane.
    """
    levels: dict[str, Value] = {}
    low, high = format.real(format.min), format.real(format.max)
    for name, value in values.items():
        parameter = definition.parameters[name]
        if parameter.unit != "level":
            continue
        for one in (value,) if isinstance(value, int | float) else value:
            if not low <= one <= high:
                raise ValueError(
                    f"{definition.name}.{name} is {one:g}; a {format} level lies in "
                    f"{low:g} to {high:g}"
                )
            parameter.check(
                f"{definition.name}.{name} is {one:g}, and in {finest} it",
                finest.real(finest.quantize(one)),
            )
        levels[name] = _each(lambda one: finest.real(finest.quantize(one)), value)
    return levels


def _each(function: Callable[[float], float], value: Value) -> Value:
    return function(value) if isinstance(value, int | float) else tuple(map(function, value))
