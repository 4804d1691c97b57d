"""A neuron as its user writes it: equations as text, and what goes with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from keyword import iskeyword

from spikewright_hw.checks import flag, instance, mapping, optional, settle, shown, text, texts
from spikewright_hw.fixed import Format

from .place import EquationError
from .step import METHODS, Method
from .units import BARE, TIME, Quantity, Scales

__all__ = ["DEFAULT_FORMAT", "Specification"]

#: Number format of membranes, unless chosen otherwise.
DEFAULT_FORMAT = Format(8, 8)
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

    def check(self) -> None:
        """Raise :exc:`EquationError` for an unknown method, and for what does not go together."""
        if self.method not in (None, *METHODS):
            raise EquationError(
                f"method is {self.method!r}; it is {' or '.join(METHODS)}, or left out"
            )
        if self.readout:
            for what in ("threshold", "reset", "refractory"):
                if getattr(self, what) is not None:
                    raise EquationError(
                        f"a readout never spikes, so it has no {what}; leave it out"
                    )
            return
        if self.threshold is None:
            raise EquationError(
                'there is no threshold; give one, such as threshold="v > 1", or readout=True for a '
                "neuron that never spikes"
            )
        if self.reset is None:
            raise EquationError(
                'there is no reset; say what a spike does, such as reset="v = 0", or '
                'reset="v = v" if it does nothing'
            )

    def rest(self) -> int | None:
        """Return the steps of rest after a spike, given as a count or as a time with its unit."""
        refractory, dt = self.refractory, self.dt
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
                    f"{said}, and dt is {dt}, without a unit; give dt a unit of time, or "
                    "refractory as a count of steps"
                )
            scales = Scales.of([step.unit])
            count = Decimal(repr(scales.number(rest))) / Decimal(repr(scales.number(step)))
            said += f", which is {float(count):g} steps of dt = {dt}"
        steps = round(count)
        if abs(count - steps) > Decimal("1e-9") or not 1 <= steps <= LONGEST_REST:
            raise EquationError(f"{said}; {wanted}")
        return steps
