"""Estimator: from a bitstream back to a binary number, in as few bits as the question needs."""

from collections.abc import Iterable
from math import ceil, log
from typing import NamedTuple

from amaranth import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "Boundary", "Estimator", "boundary", "core", "decides", "run", "stops"]

#: Parameter sets by name.
PRESETS = {
    "n16": {"length": 16},
    "n256": {"length": 256},
    "threshold_n16": {"length": 16, "threshold": 5},
    "threshold_n256": {"length": 256, "threshold": 100},
    "confidence_n64": {"length": 64, "confidence": 0.95},
    "confidence_n256": {"length": 256, "confidence": 0.99},
}


class Boundary(NamedTuple):
    """The line ``intercept + floor(used / 2**shift)`` that a difference has to reach."""

    intercept: int
    shift: int

    def at(self, used: int) -> int:
        """Return the bound after so many bits."""
        return self.intercept + (used >> self.shift)


def boundary(*, length: int, confidence: float) -> Boundary:
    """Return the lowest line at the end of ``length`` bits that keeps a confidence.

    A walk of independent steps of 1 or -1 whose mean is not positive reaches the line
    ``c + n / 2**shift`` at any time ``n`` with a probability of ``exp(-2 * c / 2**shift)`` at most.
    The intercept is such a ``c``, rounded up so far that the floor takes nothing from the line.
    """
    lines = (
        Boundary(ceil(-log(1 - confidence) * 2**shift / 2 + 1 - 2**-shift), shift)
        for shift in range(length.bit_length())
    )
    return min(lines, key=lambda line: line.at(length))


def stops(
    ones: int,
    used: int,
    *,
    length: int,
    threshold: int | None = None,
    confidence: float | None = None,
) -> bool:
    """Return whether a run is over after ``used`` bits with ``ones`` ones."""
    if threshold is not None:
        return ones >= threshold or used - ones > length - threshold
    if confidence is not None:
        line = boundary(length=length, confidence=confidence)
        return used == length or abs(2 * ones - used) >= line.at(used)
    return used == length


def decides(ones: int, used: int, *, threshold: int | None = None) -> bool:
    """Return whether the threshold is reached; without one, whether half of the bits are ones."""
    return ones >= threshold if threshold is not None else 2 * ones >= used


def run(
    bits: Iterable[int],
    *,
    length: int,
    threshold: int | None = None,
    confidence: float | None = None,
) -> tuple[int, int, bool]:
    """Take bits until a run is over and return its count, bits used and decision."""
    ones = used = 0
    for bit in bits:
        ones, used = ones + bit, used + 1
        if stops(ones, used, length=length, threshold=threshold, confidence=confidence):
            return ones, used, decides(ones, used, threshold=threshold)
    raise ValueError(f"a run was not over after {used} bits")


class Estimator(wiring.Component):
    """Counts the ones of a stream, for ``length`` bits or until the decision is made.

    .. code-block:: none

        parameter     a run is over                               decision
        none          after length bits                           at least half of them are ones
        threshold     when count >= threshold, or when so many    count >= threshold
                      bits were zeros that it cannot be reached
        confidence    when |ones - zeros| reaches a line that     ones >= zeros
                      rises with the bits used, or at length

    With a threshold, the decision is that of all ``length`` bits, whatever those not used would
    have been, and no earlier bit allows it.

    With a confidence, a run that is over early says the sign of the stream's bipolar value, and is
    wrong with a probability of at most ``1 - confidence``, however small the value is, if the bits
    are independent. The line is ``intercept + used / 2**shift`` (:func:`boundary`): the bound of
    W. Hoeffding, "Probability inequalities for sums of bounded random variables", J. American
    Statistical Association 58, 1963, as a line that holds at all times at once: S. R. Howard et
    al., "Time-uniform Chernoff bounds via nonnegative supermartingales", Probability Surveys 17,
    2020. A run that goes on to ``length`` gives the sign that it saw, without such a statement.

    The result is offered one clock cycle after the last bit that it uses. The throughput is one bit
    per clock cycle for as long as ``o.ready`` is high: the next bit is the first of the next run.
    No bit is taken while a result waits.

    Parameters
    ----------
    length : int, at least 1
        Bits of a run at most.
    threshold : int, 1 to ``length``, optional
        Ones to be reached.
    confidence : float, between 0.5 and 1, optional
        Both ends excluded; not together with a threshold, and ``length`` must allow an early end.

    Members
    -------
    clear : In(1)
        Forgets the bits of a run that is not over. While it is high, no bit is taken; a result
        that waits is kept.
    i : In(stream.Signature(1))
        Bits.
    o : Out(stream.Signature(StructLayout({"count": ..., "used": ..., "decision": 1})))
        One result a run: ones and bits used, ``range(length + 1)`` each, and the decision.
    """

    clear: Signal
    i: stream.Interface
    o: stream.Interface

    def __init__(
        self, *, length: int, threshold: int | None = None, confidence: float | None = None
    ):
        if length < 1:
            raise ValueError(f"an estimator takes at least one bit, not {length}")
        if threshold is not None and confidence is not None:
            raise ValueError("an estimator stops at a threshold or at a confidence, not at both")
        if threshold is not None and not 1 <= threshold <= length:
            raise ValueError(
                f"the threshold of {length} bits lies in 1 to {length}, not {threshold}"
            )
        self._line = None
        if confidence is not None:
            if not 0.5 < confidence < 1:
                raise ValueError(f"a confidence lies between 0.5 and 1, not at {confidence}")
            self._line = boundary(length=length, confidence=confidence)
            if self._line.at(length) > length:
                raise ValueError(
                    f"{length} bits are too few for a confidence of {confidence}: no run would "
                    "be over early"
                )
        self.length = length
        self.threshold = threshold
        result = {"count": range(length + 1), "used": range(length + 1), "decision": 1}
        super().__init__(
            {
                "clear": In(1),
                "i": In(stream.Signature(1)),
                "o": Out(stream.Signature(data.StructLayout(result))),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build two counters, which are the result, too, and what ends a run."""
        m = Module()
        ones, used = Signal(range(self.length + 1)), Signal(range(self.length + 1))
        over, taken = Signal(), Signal()
        m.d.comb += [
            over.eq(self._over(ones, used)),
            self.i.ready.eq((self.o.ready | ~over) & ~self.clear),
            taken.eq(self.i.ready & self.i.valid),
            self.o.valid.eq(over),
            self.o.payload.count.eq(ones),
            self.o.payload.used.eq(used),
            self.o.payload.decision.eq(
                2 * ones >= used if self.threshold is None else ones == self.threshold
            ),
        ]
        with m.If(taken & ~over):
            m.d.sync += [ones.eq(ones + self.i.payload), used.eq(used + 1)]
        with m.Elif(taken):
            m.d.sync += [ones.eq(self.i.payload), used.eq(1)]
        with m.Elif(over & self.o.ready | ~over & self.clear):
            m.d.sync += [ones.eq(0), used.eq(0)]
        return m

    def _over(self, ones: Value, used: Value) -> Value:
        if self.threshold is not None:
            missed = used == ones + (self.length - self.threshold + 1)
            return (ones == self.threshold) | missed
        over = used == self.length
        if self._line is not None:
            line = self._line.intercept + (used >> self._line.shift)
            lead = 2 * ones - used
            over |= (lead >= line) | (-lead >= line)
        return over


core = Estimator
