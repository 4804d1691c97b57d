"""Equations as text, compiled into the definition of a neuron."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from keyword import iskeyword

from spikewright_hw.checks import flag, instance, mapping, optional, settle, shown, text, texts
from spikewright_hw.definition.definition import Definition, Input, Parameter, State
from spikewright_hw.definition.fixed_point import Arithmetic
from spikewright_hw.definition.refractory import refractory as with_refractory
from spikewright_hw.fixed import Format

from ..errors import SpikewrightWarning
from .agreement import BOUND, Agreement
from .document import document
from .domain import Domain
from .movement import MOST_GUARD, Movement, movements
from .names import INPUT
from .place import EquationError
from .quantities import Quantities
from .stability import check_stable
from .statements import Statements
from .step import METHODS, Method, Step
from .trial import Trial
from .units import BARE, TIME, Quantity, Scales

__all__ = ["Compiled", "Specification", "compile_equations"]

#: Number format of membranes, unless chosen otherwise.
DEFAULT_FORMAT = Format(8, 8)
#: Formats that are tried in search of one that keeps a slow state.
_TRIES = 3
#: Longest refractory time in steps; the counter of :mod:`spikewright_hw.definition.refractory`.
LONGEST_REST = 127


@dataclass(frozen=True, kw_only=True)
class Specification:
    """A neuron as its user writes it.

    Parameters
    ----------
    name : str
        Stem of the definition.
    equations : sequence of str
        ``"dv/dt = ..."`` for each state, ``v`` being the membrane, and ``"g = ..."`` for what they
        share; several may stand in one string, parted by ``;``. The current is ``i``.
    threshold : str, optional
        The condition of a spike, of the states after the step, such as ``"v > v_th"``.
    reset : str, optional
        What a spike does to states in the same step, such as ``"v = v_reset; w += b"``.
    dt : float or str
        The time step, a number or one with its unit, such as ``"1ms"``.
    parameters : mapping of str to float or str
        Values by name, such as ``20``, ``"20ms"`` or ``"20ms: membrane time constant"``.
    units : mapping of str to str
        Units of states and of ``i``, such as ``{"v": "mV", "i": "nA"}``. Without any unit here or
        in a value, numbers are taken as they are.
    start : mapping of str to float or str
        States before the first step: values, or names of parameters. Zero by default.
    refractory : int or str, optional
        Rest after a spike: a count of steps, or a time that is a multiple of ``dt``, as ``"3ms"``.
    readout : bool
        The neuron never spikes, so it has neither threshold nor reset.
    method : "euler" or "exponential", optional
        Of all equations. By default exponential Euler for those that are linear in their own state
        with a constant coefficient, forward Euler for the others.
    format : Format
        Number format for which it must be sound: nothing divides by zero there, the threshold can
        be reached.
    """

    name: str
    equations: Sequence[str]
    threshold: str | None = None
    reset: str | None = None
    dt: float | str = 1.0
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    start: Mapping[str, float | str] = field(default_factory=dict)
    refractory: int | str | None = None
    readout: bool = False
    method: Method = None
    format: Format = DEFAULT_FORMAT

    def __post_init__(self):
        settle(
            self,
            name=text, equations=texts, threshold=optional(text), reset=optional(text),
            parameters=mapping, units=mapping, start=mapping, readout=flag,
            format=instance(Format),
        )
        if not self.name.isidentifier() or iskeyword(self.name):
            raise ValueError(
                f"name is {shown(self.name)}; it must be a name that Python takes, such as neuron"
            )
        for state, unit in self.units.items():
            text(f"units[{state!r}]", unit)


@dataclass(frozen=True)
class Compiled:
    """A specification, compiled.

    Parameters
    ----------
    specification : Specification
    step : Step
        Its step, with the statements it came from.
    states : mapping of str to State
    parameters : mapping of str to Parameter
    doc : str
        One line about the neuron: its equations.
    current_unit : str
        Unit of the input.
    definition : Definition
    movements : mapping of str to Movement
        The slowest that moves each state.
    """

    specification: Specification
    step: Step
    states: Mapping[str, State]
    parameters: Mapping[str, Parameter]
    doc: str
    current_unit: str
    definition: Definition
    movements: Mapping[str, Movement]

    @classmethod
    def of(cls, specification: Specification) -> "Compiled":
        """Compile a specification; raises :exc:`EquationError` as :func:`compile_equations`."""
        _check_kind(specification)
        rest = _rest(specification.refractory, dt=specification.dt)
        specification = replace(specification, refractory=rest)
        quantities = Quantities.read(
            specification.parameters,
            dt=specification.dt,
            units=specification.units,
            start=specification.start,
        )
        statements = Statements.read(
            specification.equations,
            threshold=specification.threshold,
            reset=specification.reset,
            parameters=specification.parameters,
        )
        if "v" not in statements.states:
            raise EquationError(
                "no state is called v, which is the membrane; call the state that spikes, or that "
                "is read out, v"
            )
        parameters = quantities.parameters(statements)
        states = quantities.states(statements, parameters)
        values = {name: parameter.default for name, parameter in parameters.items()}
        domain = Domain(specification.format, statements, values)
        domain.check_start(states)
        domain.check_equations()
        step = Step.of(statements, values, method=specification.method)
        domain.check_spike(step)
        doc = document(specification.name, step)
        definition = Definition(
            name=specification.name,
            doc=doc,
            inputs={INPUT: Input()},
            states=states,
            parameters=parameters,
            update=step.update(),
        )
        trial = Trial.of(definition, specification.format)
        check_stable(step, trial)
        moved = movements(trial)
        if any(one.lost for one in moved.values()):
            _warn(specification, moved, trial)
        states = {name: replace(state, guard=moved[name].guard) for name, state in states.items()}
        definition = replace(definition, states=states)
        if rest is not None:
            definition = with_refractory(definition, name=specification.name, steps=rest)
        unit = quantities.unit(INPUT)
        return cls(specification, step, states, parameters, doc, unit, definition, moved)


def compile_equations(
    *equations: str,
    name: str = "neuron",
    threshold: str | None = None,
    reset: str | None = None,
    dt: float | str = 1.0,
    parameters: Mapping[str, float | str] | None = None,
    units: Mapping[str, str] | None = None,
    start: Mapping[str, float | str] | None = None,
    refractory: int | str | None = None,
    readout: bool = False,
    method: Method = None,
    format: Format = DEFAULT_FORMAT,
) -> Definition:
    """Compile equations into the definition of a neuron.

    Inside a step all right sides read the states before it; the threshold and the reset read them
    after it.

    Parameters
    ----------
    equations : str
    name, threshold, reset, dt, parameters, units, start, refractory, readout, method, format
        As of :class:`Specification`.

    Raises
    ------
    EquationError
        A statement cannot be read; a name is unknown, reserved, given twice or never used; units do
        not match; a divisor could be zero; a step would be unstable; the neuron could never spike.
        The message shows the place.

    Examples
    --------
    >>> definition = compile_equations(
    ...     "dv/dt = (v_rest - v + R*i)/tau",
    ...     threshold="v > v_th",
    ...     reset="v = v_rest",
    ...     parameters={"tau": 20, "R": 10, "v_rest": 0, "v_th": 1},
    ... )
    >>> list(definition.states)
    ['v']
    """
    specification = Specification(
        name=name,
        equations=equations,
        threshold=threshold,
        reset=reset,
        dt=dt,
        parameters={} if parameters is None else parameters,
        units={} if units is None else units,
        start={} if start is None else start,
        refractory=refractory,
        readout=readout,
        method=method,
        format=format,
    )
    return Compiled.of(specification).definition


def _check_kind(specification: Specification) -> None:
    if specification.method not in (None, *METHODS):
        raise EquationError(
            f"method is {specification.method!r}; it is {' or '.join(METHODS)}, or left out"
        )
    if specification.readout:
        for what in ("threshold", "reset", "refractory"):
            if getattr(specification, what) is not None:
                raise EquationError(f"a readout never spikes, so it has no {what}; leave it out")
        return
    if specification.threshold is None:
        raise EquationError(
            'there is no threshold; give one, such as threshold="v > 1", or readout=True for a '
            "neuron that never spikes"
        )
    if specification.reset is None:
        raise EquationError(
            'there is no reset; say what a spike does, such as reset="v = 0", or '
            'reset="v = v" if it does nothing'
        )


def _rest(refractory: int | str | None, *, dt: float | str) -> int | None:
    """Return the steps of rest after a spike, given as a count or as a time with its unit."""
    if refractory is None:
        return None
    said = f"refractory is {refractory}"
    wanted = f'it is a count of 1 to {LONGEST_REST} steps, or a time such as "3ms"'
    try:
        rest, step = Quantity.parse(refractory), Quantity.parse(dt)
    except ValueError:
        raise EquationError(f"{said}; {wanted}") from None
    if isinstance(refractory, float):
        raise EquationError(f"{said}; {wanted}")
    count = rest.number
    if rest.unit != BARE:
        if rest.unit.dimension != TIME:
            raise EquationError(f"{said}; {wanted}")
        if step.unit.dimension != TIME:
            raise EquationError(
                f"{said}, and dt is {dt}, without a unit; give dt a unit of time, or refractory as "
                "a count of steps"
            )
        scales = Scales.of([step.unit])
        count = Decimal(repr(scales.number(rest))) / Decimal(repr(scales.number(step)))
        said += f", which is {float(count):g} steps of dt = {dt}"
    steps = round(count)
    if abs(count - steps) > Decimal("1e-9") or not 1 <= steps <= LONGEST_REST:
        raise EquationError(f"{said}; {wanted}")
    return steps


def _warn(specification: Specification, moved: Mapping[str, Movement], trial: Trial) -> None:
    """Warn of states whose slowest term is lost in their rounding, and name what was seen to cure.

    That is the first wider format in which the neuron compiles without such a state, and runs in
    integers as it does in real numbers.
    """
    format = specification.format
    for name, one in moved.items():
        if one.lost:
            stored = Format(format.integer, format.fraction + MOST_GUARD)
            warnings.warn(
                f"d{name}/dt: its term {one.term} is at most {one.size:.3g} in a step, which is "
                f"{one.size / stored.real(1):.3g} steps of {stored}, and rounding {name} is off by "
                f"up to half a step each time; {stored} is {format} with {MOST_GUARD} guard bits, "
                "the most that a state has",
                SpikewrightWarning,
                stacklevel=4,
            )
    missing = max(one.slow for one in moved.values()) - MOST_GUARD
    for fraction in range(format.fraction + missing, format.fraction + missing + _TRIES):
        wider = Format(format.integer, fraction)
        lost = [name for name, one in moved.items() if one.lost]
        if _cures(replace(specification, format=wider), lost, trial.driving):
            warnings.warn(
                f"with {wider} as its format, the neuron keeps these terms", SpikewrightWarning,
                stacklevel=4,
            )
            return


def _cures(specification: Specification, lost: Sequence[str], current: float) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpikewrightWarning)
        try:
            compiled = Compiled.of(specification)
            arithmetic = Arithmetic(format=specification.format)
            seen = Agreement.of(compiled.definition, arithmetic, current=current)
        except (EquationError, ValueError):
            return False
    kept = seen.close and all(seen.off[name] <= BOUND for name in lost)
    return kept and not any(one.lost for one in compiled.movements.values())
