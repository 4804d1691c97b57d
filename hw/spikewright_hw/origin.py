"""Where the events of a connection come from: which layer, and how many steps ago."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .checks import instance, mapping, plain, settle, shown, whole, wholes
from .connection import Connection

__all__ = [
    "MOST_BACK", "MOST_DELAY", "Hearing", "Origin", "Part", "check_origins", "origins_from_data",
    "origins_rule", "origins_to_data",
]

#: Longest delay, in steps.
MOST_DELAY = 65_535

#: Farthest layer that a connection hears, counted back.
MOST_BACK = 64


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a connection hears.

    Parameters
    ----------
    back : int
        Which layer, counted back from the connection's own: 1 is the one before it, 2 the one
        before that, and so on to the inputs of the network; 0 is the layer itself, which hears what
        it did in a step before.
    delays : int or tuple of int
        How many steps later a spike arrives: of all sources, or of each of them. 0 is the same
        step. A spike that would arrive after the last step does not.

    Raises
    ------
    ValueError
        A field is out of its range, or a layer hears itself in the same step.
    """

    back: int = 1
    delays: int | tuple[int, ...] = 0

    def __post_init__(self):
        settle(self, back=whole(0, MOST_BACK), delays=_delays)
        if self.back == 0 and min(self.each) < 1:
            raise ValueError("delays of a layer that hears itself are at least 1 step, not 0")

    def __str__(self) -> str:
        heard = {0: "itself", 1: "the layer before"}.get(self.back, f"{self.back} layers back")
        first, last = min(self.each), max(self.each)
        late = str(last) if first == last else f"{first} to {last}"
        return heard if last == 0 else f"{heard} {late} step{'s' * (late != '1')} later"

    @property
    def each(self) -> tuple[int, ...]:
        """The delay of each source; of all of them, one."""
        return (self.delays,) if isinstance(self.delays, int) else self.delays

    @property
    def is_plain(self) -> bool:
        """Whether it is the layer before, in the same step."""
        return self.back == 1 and max(self.each) == 0


#: A part of a connection, and what it hears.
Part = tuple[Connection, Origin]


class Hearing:
    """What has a connection, and an origin for each of its parts: a layer of any kind."""

    connection: Connection
    origins: tuple[Origin, ...]
    input_bits: int

    @property
    def part_bits(self) -> tuple[int, ...]:
        """Bits of what each part hears: 1 of spikes; inputs, which may be graded, are farthest."""
        farthest = max(one.back for one in self.origins)
        return tuple(self.input_bits if one.back == farthest else 1 for one in self.origins)

    @property
    def greatest(self) -> tuple[int, ...]:
        """Greatest value that is heard by each row of the connection: 1 of spikes."""
        return tuple(
            (1 << bits) - 1
            for part, bits in zip(self.connection.branches, self.part_bits, strict=True)
            for _ in range(part.rows)
        )

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the connection, each with what it hears."""
        return tuple(zip(self.connection.branches, self.origins, strict=True))

    @property
    def is_plain(self) -> bool:
        """Whether it hears the layer before alone, by one connection and in the same step."""
        return len(self.origins) == 1 and self.origins[0].is_plain

    def settle_origins(self) -> None:
        """Fill in the layer before, if no origins are given; check those that are."""
        if not self.origins:
            object.__setattr__(self, "origins", (Origin(),) * len(self.connection.branches))
        check_origins(self.origins, [len(part.source) for part in self.connection.branches])
        # Delays that are all the same are one number.
        same = tuple(
            replace(one, delays=one.each[0]) if len(set(one.each)) == 1 else one
            for one in self.origins
        )
        object.__setattr__(self, "origins", same)


def origins_rule(name: str, value: Any) -> tuple[Origin, ...]:
    """Take a list of origins."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is {shown(value)}; it must be a list of Origin objects")
    return tuple(instance(Origin)(f"{name}[{at}]", one) for at, one in enumerate(value))


def check_origins(origins: Sequence[Origin], sources: Sequence[int]) -> None:
    """Raise :exc:`ValueError` unless there is an origin for each part of a connection.

    ``sources`` are how many each part has.
    """
    if len(origins) != len(sources):
        raise ValueError(
            f"origins has {len(origins)} entries; the connection has {len(sources)} "
            f"part{'s' if len(sources) > 1 else ''}"
        )
    for index, (origin, count) in enumerate(zip(origins, sources, strict=True)):
        if isinstance(origin.delays, tuple) and len(origin.delays) != count:
            raise ValueError(
                f"origins[{index}].delays has {len(origin.delays)} values; the connection has "
                f"{count} sources there"
            )


def origins_to_data(origins: Sequence[Origin]) -> list[dict[str, Any]]:
    """Return origins as JSON has them; :func:`origins_from_data` makes equal ones of it."""
    return [
        {"back": one.back, "delays": list(one.each) if len(one.each) > 1 else one.delays}
        for one in origins
    ]


def origins_from_data(data: Sequence[Any], *, at: str = "origins") -> tuple[Origin, ...]:
    """Return the origins that :func:`origins_to_data` wrote.

    Raises :exc:`ValueError` for a field that is missing, unknown or of another kind, which the
    message names.
    """
    found = []
    for index, one in enumerate(data):
        here = f"{at}[{index}]"
        given = mapping(here, one)
        for name in ("back", "delays"):
            if name not in given:
                raise ValueError(f"{here}.{name} is missing")
        for name in given:
            if name not in ("back", "delays"):
                raise ValueError(f"{here}.{name} is no field; there are back, delays")
        try:
            found.append(Origin(back=given["back"], delays=given["delays"]))
        except ValueError as error:
            raise ValueError(f"{here}.{error}") from error
    return tuple(found)


def _delays(name: str, value: Any) -> int | tuple[int, ...]:
    """Take a number, or one for each source; equal ones become one."""
    value = plain(value)
    if not isinstance(value, list | tuple):
        return whole(0, MOST_DELAY)(name, value)
    if not value:
        raise ValueError(f"{name} is {shown(value)}; it must have a delay for each source")
    return wholes(0, MOST_DELAY)(name, value)
