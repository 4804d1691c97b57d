"""The race of neurons: who has the lowest urge, and of equals, whom chance prefers."""

from collections.abc import Sequence

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.utils import bits_for

from .run import Run, Stage
from .search import KEY_BITS, STRIDE, Urge

__all__ = ["LEVELS", "race", "race_stages"]

#: Levels of choices between registers.
LEVELS = 2


def race_stages(lanes: int) -> int:
    """Return the cycles of the race within a word."""
    return -(-bits_for(lanes - 1) // LEVELS)


def race(
    m: Module, run: Run, word: Stage, neurons: data.View, *, lanes: int, chance: Sequence[Value]
) -> None:
    """Build the race of the neurons of a word, and that of the words of a pass.

    An urge is a thermometer: bit ``u`` is set if it is ``u`` or less. So the lower of two is the
    OR of both.
    """
    racing: list[tuple[Value, Value | None]] = [
        (_urge(m, run, neurons[lane], lane), None) for lane in range(lanes)
    ]
    levels = bits_for(lanes - 1)
    turns, key = Signal(levels, name="turns"), Signal(KEY_BITS, name="key")
    stage = word.next(m, "urges")
    m.d.sync += [
        turns.eq(Cat(chance[0][STRIDE * level] for level in range(levels))), key.eq(chance[1]),
    ]
    for level in range(levels):
        racing = [
            _pair(m, f"{level}_{number}", first, second, turns[level])
            for number, (first, second) in enumerate(
                zip(racing[::2], racing[1::2], strict=True)
            )
        ]
        if level % LEVELS == LEVELS - 1 or level == levels - 1:
            stage = stage.next(m, f"level_{level}")
            turns, key = _later(m, turns, level), _later(m, key, level)
            racing = [
                (_later(m, urges, level), None if lane is None else _later(m, lane, level))
                for urges, lane in racing
            ]
    (urges, lane), = racing
    assert lane is not None  # there are at least two
    _compare(m, run, stage, urges, lane, key)


def _urge(m: Module, run: Run, neuron: data.View, lane: int) -> Signal:
    """Build the urge of a neuron."""
    able = ~neuron.active & ~neuron.rest.any()
    few = ~neuron.field[2:].any()
    drives = [able & few & (neuron.field[:2] == number) for number in range(3)]
    urges = Signal(int(Urge.NONE), name=f"urges_{lane}")
    m.d.sync += urges.eq(Cat(
        neuron.conflict,
        neuron.conflict | drives[0],
        neuron.conflict | drives[0] | Mux(run.noisy, drives[2], drives[1]),
        neuron.conflict | drives[0] | drives[1] | drives[2],
        neuron.conflict | able,
    ))
    return urges


def _later(m: Module, value: Value, level: int) -> Signal:
    """Return a value one cycle later."""
    later = Signal.like(value, name=f"later_{level}")
    m.d.sync += later.eq(value)
    return later


def _pair(
    m: Module, name: str, first: tuple[Value, Value | None], second: tuple[Value, Value | None],
    turn: Value,
) -> tuple[Value, Value]:
    """Return the urge of two that wins, and its lane: the lower, of equals as the turn says."""
    (one, lane), (other, other_lane) = first, second
    takes, urges = Signal(name=f"takes_{name}"), Signal.like(one, name=f"lower_{name}")
    m.d.comb += [
        takes.eq((other & ~one).any() | (turn & ~(one & ~other).any())),
        urges.eq(one | other),
    ]
    if lane is None or other_lane is None:  # on the first level
        return urges, takes
    return urges, Cat(Mux(takes, other_lane, lane), takes)


def _compare(
    m: Module, run: Run, word: Stage, urges: Value, lane: Value, key: Value
) -> None:
    """Build the race of words: the lower urge, of equals the higher key, of those the first."""
    least, highest = Signal.like(urges, name="least"), Signal(KEY_BITS, name="highest")
    better = (urges & ~least).any() | ((urges == least) & (key > highest))
    first = word.address == 0
    with m.If(word.valid & (first | better)):
        m.d.sync += [
            least.eq(urges), highest.eq(key), run.winner_lane.eq(lane),
            run.winner_word.eq(word.address),
        ]
    m.d.comb += [run.decided.eq(word.valid & word.last), run.urge.eq(Urge.NONE)]
    for number in reversed(range(int(Urge.NONE))):
        with m.If(least[number]):
            m.d.comb += run.urge.eq(number)
