"""The codings by name, as a task and as a file name them."""

from collections.abc import Mapping
from dataclasses import Field, asdict, fields, is_dataclass, replace
from typing import Any, ClassVar, Protocol, Self

from spikewright.task.task import Task
from spikewright_hw.checks import instance, one_of, optional, shown, text, whole
from spikewright_hw.layer import MOST_INPUT_BITS
from spikewright_hw.protocol import MAX_PAYLOAD

from .coding import Coding
from .delta import Delta
from .direct import Direct
from .events import Events
from .filter_bank import FilterBankCoding
from .log_latency import LogLatency
from .population import Population
from .rate import Rate
from .selected import Selected
from .spikes import Spikes
from .ttfs import Ttfs

__all__ = ["CODINGS", "WITH_SILENT", "Known", "coding_of", "from_fields", "to_fields"]



class Known(Coding, Protocol):
    """A coding whose dataclass's fields a file holds, and which can be made to fit a task.

    Attributes
    ----------
    kinds : tuple of str
        The kinds of tasks whose samples it takes.
    """

    kinds: ClassVar[tuple[str, ...]]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @classmethod
    def fitting(cls, task: Task, *, steps: int | None = None) -> Self:
        """Return the coding for a task."""
        ...


#: The codings by name.
CODINGS: dict[str, type[Known]] = {
    one.name: one for one in (
        Ttfs, LogLatency, Rate, Direct, Delta, Population, FilterBankCoding, Events, Spikes,
    )
}

#: The field of a file that has the numbers of the inputs, where some are left out.
_KEPT = "kept"

#: Those of which a share of the range never spikes.
WITH_SILENT = tuple(name for name, one in CODINGS.items() if issubclass(one, Ttfs | LogLatency))

#: The coding of each kind of task, unless another is named.
_DEFAULTS = {
    "values": "ttfs", "image": "ttfs", "signal": "ttfs", "events": "events", "spikes": "spikes",
}


def coding_of(
    task: Task,
    *,
    name: str | None = None,
    steps: int | None = None,
    input_bits: int | None = None,
    silent: float | None = None,
) -> Coding:
    """Return a coding that fits a task.

    Parameters
    ----------
    task : Task
        Says the inputs, and the range of their values.
    name : str, optional
        A key of :data:`CODINGS`. Unless given: events and spikes as they are, and time to first
        spike of all else; a signal whose window is known is learned better so than from changes.
    steps : int, optional
        Time steps; the coding's own choice for the task unless given.
    input_bits : int, optional
        Bits of a graded input, 2 to 8; of ``direct`` and ``filter_bank``, and their own choice
        unless given.
    silent : float, optional
        Share of the range of the values, from 0 to below 1, whose lowest values never spike, of a
        coding by latency, ``ttfs`` or ``log_latency``; its own choice for the task unless given.

    Raises
    ------
    ValueError
        There is no such coding, or it does not fit the task, the bits or the share.
    """
    instance(Task)("task", task)
    optional(whole(1, MAX_PAYLOAD))("steps", steps)
    chosen = _DEFAULTS[task.kind] if name is None else one_of(CODINGS)("name", name)
    if task.kind not in CODINGS[chosen].kinds:
        able = ", ".join(key for key, one in CODINGS.items() if task.kind in one.kinds)
        raise ValueError(
            f"{task.name} is of the kind {task.kind}, which {chosen} does not code; there are "
            f"{able}"
        )
    kind = CODINGS[chosen]
    if silent is not None:
        if not issubclass(kind, Ttfs | LogLatency):
            raise ValueError(
                f"silent is {shown(silent)}, but {chosen} has no such share; leave it out, or take "
                f"{' or '.join(WITH_SILENT)}"
            )
        made = kind.fitting(task, steps=steps, silent=silent)
    elif kind is FilterBankCoding:
        return FilterBankCoding.fitting(task, steps=steps, bits=input_bits)
    else:
        made = kind.fitting(task, steps=steps)
    if input_bits is None:
        return made
    if not isinstance(made, Direct):
        raise ValueError(
            f"input_bits is {input_bits}, but {chosen} makes spikes; leave it out, or take direct "
            "or filter_bank"
        )
    return replace(made, bits=whole(2, MOST_INPUT_BITS)("input_bits", input_bits))


def to_fields(coding: Coding) -> dict[str, Any]:
    """Return a coding as JSON has it: its name, and each of its parameters.

    Of some inputs of a coding: those of the coding, and ``kept``, the numbers of the inputs.

    Raises
    ------
    ValueError
        It is none of :data:`CODINGS`, so that nobody could read it.
    """
    if isinstance(coding, Selected):
        return {**to_fields(coding.coding), _KEPT: list(coding.kept)}
    if CODINGS.get(coding.name) is not type(coding) or not is_dataclass(coding):
        raise ValueError(
            f"the coding is {shown(coding)}; a file can hold {', '.join(CODINGS)}"
        )
    return {"name": coding.name, **asdict(coding)}


def from_fields(given: Mapping[str, Any]) -> Coding:
    """Return the coding that :func:`to_fields` describes.

    Raises
    ------
    ValueError
        A field is missing, unknown or wrong; the message begins with its name.
    """
    if _KEPT in given:
        whole_coding = from_fields({name: one for name, one in given.items() if name != _KEPT})
        return Selected(coding=whole_coding, kept=given[_KEPT])
    if "name" not in given:
        raise ValueError("name is missing")
    kind = CODINGS[one_of(CODINGS)("name", text("name", given["name"]))]
    wanted = [field.name for field in fields(kind)]
    for name in wanted:
        if name not in given:
            raise ValueError(f"{name} is missing")
    for name in given:
        if name not in ("name", *wanted):
            raise ValueError(
                f"{shown(name)[1:-1]} is no field of {kind.name}; it has {', '.join(wanted)}"
            )
    return kind(**{name: given[name] for name in wanted})
