"""How little the states of a neuron move in a step, and the guard bits that this asks for.

A state's rounding adds up to half a step of it each time it is stored. Two things may be lost in
that, and the guard bits of a state are those that keep both:

- what *lasts*: a state that leaks by a share of itself adds the same error again for as many steps
  as it remembers. The guard bits make the sum less than a step of the membrane;
- what is *slow*: the terms of its equation, each at its largest over the range that the neuron
  reaches. Half a step is at most 1/128 of the slowest term that counts; less than the coefficients'
  own error, which four signed powers of two leave.

The range is that of a :class:`~.trial.Trial`. A term counts if it is at least 1/128 of the largest
one of its state, and a constant always does in a state without a leak, where it adds up for ever.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.expression import Expression
from spikewright_hw.definition.graph import evaluate, leaves, listing
from spikewright_hw.definition.reals import Reals

from .graph import substitute, varies
from .source import one_line
from .trial import Trial

__all__ = ["FINE", "MOST_GUARD", "Movement", "movements"]

#: Steps of a state in the slowest term that counts.
FINE = 64
#: Most guard bits of a state: with the usual 16 bits it is then 32 bits wide, which is what the
#: adders and memories of small devices hold without being cut in two.
MOST_GUARD = 16
#: What is smaller than this share of the largest term does not count.
_NEGLIGIBLE = 1 / 128


@dataclass(frozen=True)
class _Term:
    """A part of what a state moves by in a step: a factor times its atom, where a condition holds.

    ``atom`` is None for a constant, ``when`` for a term that is always there.
    """

    factor: float
    atom: Expression | None = None
    when: Expression | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What is equal for terms that are one."""
        return self.atom_key, "" if self.when is None else listing({"": self.when})

    @property
    def atom_key(self) -> str:
        """The atom as text."""
        return "" if self.atom is None else listing({"": self.atom})


@dataclass(frozen=True)
class Movement:
    """The slowest that moves a state, and what it asks for.

    Parameters
    ----------
    state : str
    term : str
        The slowest term, as text; empty if nothing moves the state.
    size : float
        The largest value of that term in a step.
    leak : float
        The share of itself that a state loses in a step, in the middle of what was seen; 0 without.
    slow, lasting : int
        Bits below the membrane's that the slowest term asks for, and the leak.
    """

    state: str
    term: str
    size: float
    leak: float
    slow: int
    lasting: int

    @property
    def guard(self) -> int:
        """Guard bits of the state."""
        return min(max(self.slow, self.lasting), MOST_GUARD)

    @property
    def lost(self) -> bool:
        """Whether the slowest term asks for more guard bits than a state has."""
        return self.slow > MOST_GUARD


def movements(trial: Trial) -> dict[str, Movement]:
    """Look at each state of a neuron but those that count whole numbers."""
    definition = trial.definition
    return {
        name: _movement(trial, name)
        for name, state in definition.states.items()
        if state.bits is None
    }


def _movement(trial: Trial, state: str) -> Movement:
    unit = trial.format.real(1)
    terms = list(_terms(trial.definition.update[state], state, trial.parameters))
    sizes, jumps = _sizes(trial, terms)
    leak = _leak(trial, state)
    lasting = max(0, math.ceil(-math.log2(leak) - 1e-9)) if 0 < leak < 1 else 0
    counted = list(_counted(terms, sizes, jumps, leaks=leak > 0))
    if not counted:
        return Movement(state, "", 0.0, leak, 0, lasting)
    size, term = min(counted, key=lambda one: one[0])
    slow = max(0, math.ceil(math.log2(FINE * unit / size) - 1e-9))
    return Movement(state, _text(term, trial.definition), size, leak, slow, lasting)


def _counted(
    terms: list[_Term], sizes: list[float], jumps: list[bool], *, leaks: bool
) -> Iterator[tuple[float, _Term]]:
    """Return the terms that count, with their sizes: not all others are larger by far."""
    lasting = {term.atom_key for term, jump in zip(terms, jumps, strict=True) if not jump}
    flow = [size for size, jump in zip(sizes, jumps, strict=True) if not jump]
    least = _NEGLIGIBLE * max(flow, default=0.0)
    for term, size, jump in zip(terms, sizes, jumps, strict=True):
        forever = term.atom is None and not leaks
        if size and (term.atom_key not in lasting if jump else forever or size >= least):
            yield size, term


def _sizes(trial: Trial, terms: list[_Term]) -> tuple[list[float], list[bool]]:
    """Return the largest value of each term where the neuron works, and if it needs a spike."""
    states = {name: path[:, trial.working] for name, path in trial.states.items()}
    outputs = {}
    for number, term in enumerate(terms):
        value = Expression.of(term.factor)
        if term.atom is not None:
            value = value * term.atom
        when = Expression.of(1) if term.when is None else term.when
        outputs |= {f"{number}": value * when, f"when {number}": when}
    found = trial.evaluate(outputs, states, trial.currents[trial.working])
    largest = (float(np.max(np.abs(found[f"{number}"]))) for number in range(len(terms)))
    sizes = [size if math.isfinite(size) else 0.0 for size in largest]
    quiet = ~trial.spikes[:, trial.working]
    jumps = [not (found[f"when {number}"] * quiet).any() for number in range(len(terms))]
    return sizes, jumps


def _leak(trial: Trial, state: str) -> float:
    """Return the middle one of the shares by which a step changes a small difference in a state."""
    slopes = trial.slopes(trial.definition.update, [state])[state, state]
    quiet = ~trial.spikes[:, trial.working]
    share = np.abs(1 - np.broadcast_to(slopes, quiet.shape)[quiet])
    share = share[(share > 1e-9) & np.isfinite(share)]
    return float(np.median(share)) if 2 * len(share) > quiet.sum() else 0.0


def _terms(node: Expression, state: str, parameters: Mapping[str, float]) -> Iterator[_Term]:
    """Return the terms of ``node - state``, without what replaces the state outright.

    What replaces it, such as a reset, adds up no errors.
    """
    for when, branch in _branches(node, None):
        merged: dict[tuple[str, str], _Term] = {}
        own = _Term(-1.0, Expression.leaf(state), when)
        for term in (own, *_sum(branch, parameters, when)):
            known = merged.get(term.key)
            merged[term.key] = replace(term, factor=term.factor + (known.factor if known else 0.0))
        others = [one.atom for key, one in merged.items() if key != own.key]
        reads = {leaf.operands[0] for atom in others if atom is not None for leaf in leaves(atom)}
        if merged[own.key].factor != -1.0 or state in reads:
            yield from (term for term in merged.values() if abs(term.factor) > 1e-15)


def _branches(
    node: Expression, when: Expression | None
) -> Iterator[tuple[Expression | None, Expression]]:
    if node.operation != "where":
        yield when, node
        return
    condition, yes, no = node.operands
    yield from _branches(yes, _also(when, condition))
    yield from _branches(no, _also(when, ~condition))


def _also(when: Expression | None, condition: Expression) -> Expression:
    return condition if when is None else when & condition


def _sum(
    node: Expression, parameters: Mapping[str, float], when: Expression | None, factor: float = 1.0
) -> Iterator[_Term]:
    """Return the terms of an expression, as the integers' program has them."""
    known = _constant(node, parameters)
    if known is not None:
        yield _Term(factor * known, None, when)
        return
    operation, operands = node.operation, node.operands
    if operation in ("add", "subtract"):
        sign = 1.0 if operation == "add" else -1.0
        yield from _sum(operands[0], parameters, when, factor)
        yield from _sum(operands[1], parameters, when, sign * factor)
        return
    if operation == "where":
        for condition, branch in _branches(node, when):
            yield from _sum(branch, parameters, condition, factor)
        return
    if operation == "multiply":
        for one, other in (operands, operands[::-1]):
            known = _constant(one, parameters)
            if known is not None:
                yield from _sum(other, parameters, when, factor * known)
                return
    if operation == "divide":
        known = _constant(operands[1], parameters)
        if known:
            yield from _sum(operands[0], parameters, when, factor / known)
            return
    yield _Term(factor, node, when)


def _constant(node: Expression, parameters: Mapping[str, float]) -> float | None:
    """Return the value of an expression of parameters alone; None for one that varies."""
    if varies(node, parameters):
        return None
    return float(evaluate({"": node}, parameters, Reals())[""])


def _text(term: _Term, definition: Definition) -> str:
    if term.atom is None:
        return f"{term.factor:.3g}"
    numbers = {name: Expression.of(float(f"{one.default:.6g}"))
               for name, one in definition.parameters.items()}
    names = {name: name for name in (*definition.states, *definition.inputs)}
    sign = "-" if term.factor < 0 else ""
    factor = "" if abs(term.factor) == 1 else f"{abs(term.factor):.3g}*"
    atom = one_line(substitute(term.atom, numbers), names)
    return f"{sign}{factor}{atom if term.atom.operation == 'leaf' else f'({atom})'}"
