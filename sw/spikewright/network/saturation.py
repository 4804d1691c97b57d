"""What is found of the states of a network that can end at their formats.

Saturation is defined, in the reference and in gateware alike; but a network that was trained
without it answers otherwise there than it did in training. :mod:`~.find_saturation` finds it.
"""

from dataclasses import dataclass

import numpy as np
from rich.table import Table

from spikewright.errors import DataError
from spikewright_hw.fixed import Format

__all__ = ["Saturation", "StateEnd", "Witness"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Witness:
    """An input with which a state saturates; seen in the integer reference.

    Parameters
    ----------
    neuron, step : int
        Where and when first, both from 0.
    value : float
        What the state would be, in its unit.
    spikes : bool array ``[steps, inputs]``, or uint8 of graded inputs
        Of graded inputs, each is 0 or the greatest value.
    """

    neuron: int
    step: int
    value: float
    spikes: np.ndarray

    @property
    def words(self) -> str:
        """Which inputs spike, in words."""
        rows = [tuple(np.flatnonzero(row).tolist()) for row in self.spikes[: self.step + 1]]
        parts, start = [], 0
        for t in range(1, len(rows) + 1):
            if t < len(rows) and rows[t] == rows[start]:
                continue
            if rows[start]:
                when = f"step {start}" if t == start + 1 else f"steps {start} to {t - 1}"
                parts.append(f"{_listed(rows[start])} in {when}")
            start = t
        value = f", each {self.spikes.max()}" if self.spikes.dtype != bool and parts else ""
        return "; ".join(parts) + value or "nothing at any input"


@dataclass(frozen=True, kw_only=True)
class StateEnd:
    """One end of a state's format, and what was found of it.

    Parameters
    ----------
    layer : int
        From 0.
    state : str
    upper : bool
        The upper end, not the lower one.
    format : Format
        Of the state.
    limit : float
        Where it ends, in the state's unit.
    farthest : float
        A bound on what the state comes to before it is saturated, for any input.
    neurons : int
        Those of which the bound does not exclude that they saturate; 0 if it excludes it of all.
    witness : Witness, optional
        An input with which it saturates; None where none was found.
    """

    layer: int
    state: str
    upper: bool
    format: Format
    limit: float
    farthest: float
    neurons: int
    witness: Witness | None

    @property
    def verdict(self) -> str:
        """``never``, ``saturates``, or ``not known``: not excluded, but no input was found."""
        if self.witness is not None:
            return "saturates"
        return "not known" if self.neurons else "never"

    @property
    def sentence(self) -> str:
        """What was found, as a sentence."""
        where = f"layers[{self.layer}]: the state {self.state}"
        if self.witness is not None:
            one = self.witness
            return (
                f"{where} of neuron {one.neuron} saturates in step {one.step}, at {self.limit:g} "
                f"in {self.format} instead of {one.value:g}, with this input: {one.words}"
            )
        if self.neurons:
            return (
                f"{where} might saturate at {self.limit:g} in {self.format}: no input was found "
                f"with which it does, but the bound on it is {self.farthest:g}"
            )
        return f"{where} never comes to {self.limit:g}, the end of {self.format}"


@dataclass(frozen=True, kw_only=True)
class Saturation:
    """Each end of each state's format. Prints as a table where rich prints it.

    Parameters
    ----------
    ends : tuple of StateEnd
        From the first layer to the last. The lower end of a membrane that is kept from being
        negative by its layer's saturation, ``"positive"``, is not among them.
    """

    ends: tuple[StateEnd, ...]

    @property
    def saturates(self) -> tuple[StateEnd, ...]:
        """Those with an input that saturates them."""
        return tuple(one for one in self.ends if one.witness is not None)

    @property
    def unknown(self) -> tuple[StateEnd, ...]:
        """Those of which neither was shown."""
        return tuple(one for one in self.ends if one.verdict == "not known")

    @property
    def excluded(self) -> bool:
        """Whether it is shown that no state saturates, for any input."""
        return all(one.verdict == "never" for one in self.ends)

    @property
    def words(self) -> str:
        """What was seen first and how much more, or what is not known; empty if none saturates."""
        ends = self.saturates or self.unknown
        more = f"; so can {len(ends) - 1} more, of all states" if len(ends) > 1 else ""
        return ends[0].sentence + more if ends else ""

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """The inputs that were found, ``[steps, inputs]``, by names such as ``0_v_high``."""
        return {
            f"{one.layer}_{one.state}_{'high' if one.upper else 'low'}": one.witness.spikes
            for one in self.ends if one.witness is not None
        }

    def refuse(self) -> None:
        """Raise :exc:`DataError` unless it is shown that no state saturates."""
        if self.words:
            raise DataError(
                f"{self.words}. Take a wider membrane, or allow it by allow_saturation=True"
            )

    def __rich__(self) -> Table:
        """Return a row for each end."""
        table = Table(title="Where states can end at their formats", title_justify="left")
        for column in ("layer", "state", "format", "end", "bound", "neurons"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("saturates")
        for one in self.ends:
            found = {
                "never": "never",
                "not known": "not known: no input found",
                "saturates": "" if one.witness is None
                else f"neuron {one.witness.neuron} in step {one.witness.step}",
            }
            table.add_row(
                str(one.layer), one.state, str(one.format), f"{one.limit:g}",
                f"{one.farthest:g}", str(one.neurons), found[one.verdict],
            )
        return table


def _listed(numbers: tuple[int, ...], *, most: int = 12) -> str:
    """Return numbers of inputs in words, runs of them as such."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs[:most]]
    more = sum(map(len, runs[most:]))
    return f"input{'s' if len(numbers) > 1 else ''} " + ", ".join(shown) + (
        f" and {more} more" if more else ""
    )
