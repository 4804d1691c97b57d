"""Equations as text, compiled into the definition of a neuron."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
from .specification import DEFAULT_FORMAT, Specification
from .stability import check_stable
from .statements import Statements
from .step import Method, Step
from .trial import Trial

__all__ = ["Compiled", "compile_equations"]

#: Formats that are tried in search of one that keeps a slow state.
_TRIES = 3
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
        specification.check()
        rest = specification.rest()
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
