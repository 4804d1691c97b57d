"""A search for a large independent set, by neurons that inhibit their neighbours: the definition.

Each vertex of a graph is a neuron, each edge an inhibition between two of them. The active neurons
are the set. A neuron counts its active neighbours, its *field*. At each pass one neuron changes:

1. An active neuron that an active neighbour drives out becomes inactive, and rests for some passes.
2. Else a neuron without active neighbours becomes active.
3. Else one with a single active neighbour does, which drives that out; then one with two; then any.
   With a small probability, the noise, one with two goes before one with a single.

A neuron that rests does not become active. Of equals, bits of shift registers choose. So the set
grows where it can, moves sideways where it cannot, and the rest keeps it from going back at once:
a swap-based tabu search (Y. Jin and J.-K. Hao, "General swap-based multiple neighborhood tabu
search for the maximum independent set problem", Engineering Applications of Artificial Intelligence
37, 2015), with the tabu list as a refractory time and its choices as a race between neurons.

The set is independent whenever no neuron is to be driven out; such a pass is called settled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ..checks import settle, whole
from ..stochastic.source import lfsr

__all__ = [
    "KEY_BITS", "NOISE_BITS", "REST_BITS", "SPREAD_BITS", "WIDTHS", "Found", "QuboSearch", "Urge",
    "search", "urge",
]

#: Widths of the three shift registers: of choices within a word, of those between words, of noise.
WIDTHS = (32, 31, 29)
#: Bits by which the candidates of two words are compared.
KEY_BITS = 8
#: Bits of the probability of noise.
NOISE_BITS = 16
#: Bits of a time of rest, in passes.
REST_BITS = 5
#: Bits that may be drawn for a time of rest.
SPREAD_BITS = 4
#: Bits between those of one level of choices and of the next; a register shifts by one for a word.
STRIDE = 4


class Urge(IntEnum):
    """Why a neuron would change now; the lowest goes first."""

    CONFLICT = 0
    FREE = 1
    ONE = 2
    TWO = 3
    MORE = 4
    NONE = 5


@dataclass(frozen=True, kw_only=True)
class QuboSearch:
    """What a search starts from.

    Parameters
    ----------
    seed : int, 0 to ``2**32 - 1``
        What the shift registers start from.
    rest : int, 1 to 31
        Passes for which a neuron rests that was driven out, at least.
    spread : int, 0 to 4
        Bits of a number that is drawn and added to ``rest``.
    noise : int, 0 to 65535
        Probability that neurons with two active neighbours go before those with one, of 65536.

    Raises
    ------
    ValueError
        A setting is out of its range, or a rest may be too long for its counter.
    """

    seed: int = 0
    rest: int = 12
    spread: int = 3
    noise: int = 4000

    def __post_init__(self):
        settle(
            self,
            seed=whole(0, (1 << 32) - 1), rest=whole(1, (1 << REST_BITS) - 1),
            spread=whole(0, SPREAD_BITS), noise=whole(0, (1 << NOISE_BITS) - 1),
        )
        most = self.rest + (1 << self.spread) - 1
        if most >= 1 << REST_BITS:
            raise ValueError(
                f"a rest of {self.rest} and a spread of {self.spread} bits may come to {most} "
                f"passes; a neuron rests {(1 << REST_BITS) - 1} at most"
            )


@dataclass(frozen=True)
class Found:
    """A set that is larger than all before: in which pass it was seen, and its vertices."""

    scan: int
    vertices: frozenset[int]


def urge(*, active: bool, conflict: bool, field: int, rest: int, noisy: bool) -> Urge:
    """Return why a neuron would change."""
    if active:
        return Urge.CONFLICT if conflict else Urge.NONE
    if rest:
        return Urge.NONE
    if field >= 3:
        return Urge.MORE
    return Urge((Urge.FREE, Urge.ONE, Urge.TWO)[field if not noisy or field == 0 else 3 - field])


class _Registers:
    """The three shift registers, which step once for each word that is scanned."""

    def __init__(self, seed: int):
        self.states = [lfsr.load(seed & (1 << width) - 1) for width in WIDTHS]

    def step(self) -> None:
        self.states = [
            lfsr.step(state, width=width)
            for state, width in zip(self.states, WIDTHS, strict=True)
        ]

    def second(self, level: int) -> bool:
        """Return whether the second of two equals wins, at a level of choices within a word."""
        return bool(self.states[0] >> STRIDE * level & 1)

    @property
    def key(self) -> int:
        return self.states[1] & (1 << KEY_BITS) - 1

    @property
    def chance(self) -> int:
        return self.states[2] & (1 << NOISE_BITS) - 1

    def drawn(self, bits: int) -> int:
        return self.states[2] >> NOISE_BITS & (1 << bits) - 1


def search(
    neighbours: Sequence[Sequence[int]], settings: QuboSearch, *, lanes: int, longest: int
) -> Iterator[Found]:
    """QuboSearch until the pass ``longest``; return each set that is larger than all before.

    ``neighbours`` are those of each vertex; ``lanes`` vertices, a power of two, are a word.
    """
    count = len(neighbours)
    words = [range(first, min(first + lanes, count)) for first in range(0, count, lanes)]
    registers = _Registers(settings.seed)
    active, conflict = [False] * count, [False] * count
    field, rest = [0] * count, [0] * count
    best = 0
    for scan in range(1, longest + 1):
        noisy = registers.chance < settings.noise
        winner, least, highest = 0, Urge.NONE, -1
        for word in words:
            urges = {
                vertex - word[0]: urge(
                    active=active[vertex], conflict=conflict[vertex], field=field[vertex],
                    rest=rest[vertex], noisy=noisy,
                )
                for vertex in word
            }
            lane = _race(urges, registers, lanes)
            wants = urges.get(lane, Urge.NONE)
            if (wants, -registers.key) < (least, -highest):
                winner, least, highest = word[0] + lane, wants, registers.key
            registers.step()
        rest = [max(0, left - 1) for left in rest]
        if least != Urge.CONFLICT and sum(active) > best:
            best = sum(active)
            yield Found(scan, frozenset(vertex for vertex in range(count) if active[vertex]))
        if least == Urge.NONE:
            continue
        joins = least != Urge.CONFLICT
        active[winner] = joins
        if not joins:
            conflict[winner] = False
            rest[winner] = settings.rest + registers.drawn(settings.spread)
        for vertex in neighbours[winner]:
            field[vertex] += 1 if joins else -1
            conflict[vertex] |= joins and active[vertex]


def _race(urges: dict[int, Urge], registers: _Registers, lanes: int) -> int:
    """Return the lane that wins: two by two, the lower urge, of equals as a bit says."""
    racing, level = list(range(lanes)), 0
    while len(racing) > 1:
        winners = []
        for first, second in zip(racing[::2], racing[1::2], strict=True):
            one, other = urges.get(first, Urge.NONE), urges.get(second, Urge.NONE)
            takes = other < one or (other == one and registers.second(level))
            winners.append(second if takes else first)
        racing, level = winners, level + 1
    return racing[0]
