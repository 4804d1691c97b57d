"""A figure: one number of a report, and where it came from.

A number without its provenance cannot be made: each provenance is a class that names the facts it
must carry, and an empty fact is refused. What is estimated thereby can never pass for measured.
"""

import json
import math
import re
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

__all__ = [
    "PROVENANCES",
    "Coefficient",
    "Computed",
    "Counted",
    "Estimated",
    "Figure",
    "Measured",
    "PostRoute",
    "Provenance",
    "Simulated",
]


def _need(owner: object, **facts: object) -> None:
    """Raise :exc:`ValueError` for a fact that is empty or not of the form it must have."""
    for name, value in facts.items():
        if isinstance(value, str) and value.strip():
            continue
        raise ValueError(
            f"{type(owner).__name__}.{name} is {value!r}; it must say something, "
            "since a figure is worth what is known of its source"
        )


def _finite(owner: str, value: object) -> int | float:
    """Return a plain int or float. Raises :exc:`ValueError` for whatever is not a finite number."""
    if hasattr(value, "item"):  # a numpy scalar, without importing numpy
        value = value.item()  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{owner} is {value!r}; it must be a finite number")
    return value


@dataclass(frozen=True)
class Coefficient:
    """One constant of an estimate.

    Parameters
    ----------
    name, unit, source : str
        ``source`` says where the value was published and how it was derived from there.
    value : float
    verified : bool
        True if the value was read in the source itself, where it is of the part that it is used
        for. If not, ``source`` must say so with the word "unverified".
    carried_from : str
        The other part that the value is of, if it is of another; such a value is never verified.
    """

    name: str
    value: float
    unit: str
    source: str
    verified: bool
    carried_from: str = ""

    def __post_init__(self):
        _need(self, name=self.name, unit=self.unit, source=self.source)
        if self.verified and self.carried_from:
            raise ValueError(
                f"coefficient {self.name} is of {self.carried_from} and is used for another part, "
                "so it is not verified"
            )
        _finite(f"coefficient {self.name}", self.value)
        if not self.verified and "unverified" not in self.source.lower():
            raise ValueError(
                f"coefficient {self.name} is not verified, but its source does not say "
                f"'unverified': {self.source!r}"
            )


@dataclass(frozen=True)
class Provenance:
    """Base of the ways in which a number may come about."""

    #: Word that stands in reports.
    kind: ClassVar[str] = ""

    def as_json(self) -> dict[str, Any]:
        """Facts of the provenance as plain JSON values."""
        return json.loads(json.dumps(asdict(self)))


@dataclass(frozen=True)
class Measured(Provenance):
    """Read from an instrument: which, where it was tapped, how often it sampled."""

    kind: ClassVar[str] = "measured"
    instrument: str
    tap: str
    sampling_rate_hz: float

    def __post_init__(self):
        _need(self, instrument=self.instrument, tap=self.tap)
        if _finite("sampling_rate_hz", self.sampling_rate_hz) <= 0:
            raise ValueError(f"sampling_rate_hz is {self.sampling_rate_hz}; it must be above 0")


@dataclass(frozen=True)
class Counted(Provenance):
    """Counted by a counter on a device, real or virtual."""

    kind: ClassVar[str] = "counted"
    device: str
    virtual: bool

    def __post_init__(self):
        _need(self, device=self.device)


@dataclass(frozen=True)
class Simulated(Provenance):
    """Taken from a simulation of the gateware: of which RTL, by which simulator."""

    kind: ClassVar[str] = "simulated"
    rtl: str
    simulator: str

    def __post_init__(self):
        _need(self, rtl=self.rtl, simulator=self.simulator)


@dataclass(frozen=True)
class PostRoute(Provenance):
    """Reported by place and route: which tool, with which seed, at which corner."""

    kind: ClassVar[str] = "post-route"
    tool: str
    seed: int
    corner: str

    def __post_init__(self):
        _need(self, tool=self.tool, corner=self.corner)


@dataclass(frozen=True)
class Estimated(Provenance):
    """Worked out from a model with constants that others published."""

    kind: ClassVar[str] = "estimated"
    model: str
    coefficients: tuple[Coefficient, ...]

    def __post_init__(self):
        _need(self, model=self.model)
        if not self.coefficients:
            raise ValueError(f"the estimate {self.model!r} names no coefficient; it needs each one")


@dataclass(frozen=True)
class Computed(Provenance):
    """Worked out exactly, in software, from data that are at hand.

    An accuracy or a number of mismatches is none of the other five: no instrument read it, no
    counter held it, and it is no estimate either, since it has no constant that might be wrong.
    ``method`` says from what and how.
    """

    kind: ClassVar[str] = "computed"
    method: str

    def __post_init__(self):
        _need(self, method=self.method)


#: Every provenance by the word that stands in reports.
PROVENANCES: dict[str, type[Provenance]] = {
    cls.kind: cls for cls in (Measured, Counted, Simulated, PostRoute, Estimated, Computed)
}


@dataclass(frozen=True)
class Figure:
    """One number of a report.

    Parameters
    ----------
    name : str
        Lower-case words joined by ``_``; the same in every report.
    value : int or float
        Finite.
    unit : str
        ``"1"`` for a plain number.
    provenance : Provenance
    detail : dict
        Whatever else belongs to it, as JSON values: quantiles, a list per seed.

    Raises
    ------
    ValueError
        A value is not finite, the unit is missing, or the provenance is not one of
        :data:`PROVENANCES`.
    """

    name: str
    value: int | float
    unit: str
    provenance: Provenance
    detail: dict[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self):
        if not isinstance(self.name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise ValueError(f"a figure's name is like cycles_mean, not {self.name!r}")
        object.__setattr__(self, "value", _finite(f"figure {self.name}", self.value))
        _need(self, unit=self.unit)
        if type(self.provenance) not in PROVENANCES.values():
            raise ValueError(
                f"figure {self.name} has the provenance {self.provenance!r}; "
                f"it must be one of {', '.join(PROVENANCES)}"
            )
        try:
            json.dumps(self.detail, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"the detail of figure {self.name} is not plain JSON: {error}"
            ) from None

    @property
    def estimated(self) -> bool:
        """Whether the value is an estimate."""
        return isinstance(self.provenance, Estimated)

    def as_json(self) -> dict[str, Any]:
        """Return ``{name, value, unit, provenance, source, detail}``."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "provenance": self.provenance.kind,
            "source": self.provenance.as_json(),
            "detail": self.detail,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Figure":
        """Read what :meth:`as_json` gave. Raises :exc:`ValueError` where that is not what it is."""
        try:
            kind = PROVENANCES[data["provenance"]]
            facts = dict(data["source"])
            if kind is Estimated:
                facts["coefficients"] = tuple(Coefficient(**each) for each in facts["coefficients"])
            return cls(data["name"], data["value"], data["unit"], kind(**facts), data["detail"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a figure: {error!r} in {data!r}") from None
