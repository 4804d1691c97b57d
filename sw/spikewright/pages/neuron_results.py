"""What a neuron's page says that had to be run: its responses, its proofs, its size."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from spikewright_hw.definition.fixed_point import FixedNeuron

from ..record.markdown import table, wrapped
from ..record.response_plot import Response, response_plot
from ..record.svg import standalone
from .neuron_page import unit_of

__all__ = ["cost_block", "picture", "picture_path", "proofs_block", "response_block"]

#: What each kind of task says (``formal/neuron.py``); of a readout without what is in brackets.
_PROVED = {
    "prove": "proved, for all states and inputs: after a step each state is the definition's "
    "value, clamped into its range; no value in between wraps; [the neuron spikes exactly when the "
    "definition's comparison holds; ]only a step changes a state; there is one output for each "
    "step, held while it stalls",
    "bmc": "the same from reset, to the depth in `{file}`",
    "cover": "[a spike; ]each end of a range that a strong constant input reaches; an offer that "
    "stalled is taken",
    "fault": "small planted faults in each state, its range, [the spike, ]and the rules of the "
    "streams are each noticed, by the properties that are about them",
}
_ASSUMED = "Assumption: the source of inputs holds its offers ([why](../../formal/README.md))."


def picture_path(neuron: str) -> Path:
    """Return where the picture of a neuron is."""
    return Path("docs") / "pictures" / "neurons" / f"{neuron}.svg"


def picture(fixed: FixedNeuron, responses: Sequence[Response]) -> str:
    """Return the picture of a neuron's responses, as a file."""
    definition = fixed.definition
    units = {name: unit_of(state.unit) for name, state in definition.states.items()}
    step = fixed.parameters.get("dt")
    in_ms = step is not None and definition.parameters["dt"].unit == "ms"
    return standalone(
        response_plot(
            responses,
            name=definition.name,
            units={"v": units.pop("v"), **units},
            dt=step if in_ms and isinstance(step, int | float) else None,
            spikes=definition.spikes,
        )
    )


def response_block(fixed: FixedNeuron, responses: Sequence[Response]) -> str:
    """Return the link to the picture, and what is counted in it."""
    name, spikes = fixed.definition.name, fixed.definition.spikes
    unit = unit_of(fixed.definition.states["v"].unit).replace("level", "")
    values = sum(map(len, responses)) * (len(fixed.formats) + spikes)
    rows = []
    for response in responses:
        real, integer, gateware = response.runs.values()
        counts = [len(run.spikes) for run in (real, integer, gateware)] if spikes else []
        alike = min({*real.spikes} ^ {*integer.spikes}, default=len(response))
        pairs = zip(real.states["v"][:alike], integer.states["v"][:alike], strict=True)
        apart = [abs(a - b) for a, b in pairs]
        until = f", until step {alike}" if alike < len(response) else ""
        mean, most = (f"{value:.2g} {unit}".strip() for value in (fmean(apart), max(apart)))
        rows.append((response.title, len(response), *counts, f"{mean}, at most {most}{until}"))
    what = "to a step of current and to a train of spikes: float, integers and gateware"
    place = picture_path(name).relative_to("docs").as_posix()
    each = f"each state{' and the spike' if spikes else ''} after each step"
    counted = ("spikes in float", "in integers", "in gateware") if spikes else ()
    equal = f"The gateware, simulated, equals the integers in all {values} values: {each}."
    return "\n".join(
        [
            f"![Response of {name} {what} over one another](../{place})",
            "",
            wrapped(equal),
            "",
            *table(("stimulus", "steps", *counted, "`v` in integers off float, on average"), rows),
        ]
    )


def proofs_block(text: str, *, file: Path, presets: Iterable[str], spikes: bool) -> str:
    """Return the tasks of a ``.sby`` file, and what they say.

    Parameters
    ----------
    text : str
        The file's text. A task is named by its kind, and by more where there are several.
    file : Path
        Its path in the checkout.
    presets : iterable of str
        Of the core; a task with the name of one, or with the tag, is of that preset.
    spikes : bool
        Whether the neuron ever spikes.
    """
    section = re.search(r"^\[tasks\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    lines = [line.split() for line in section[1].splitlines()] if section else []
    longest_first = sorted(presets, key=len, reverse=True)
    tasks: dict[str, list[str]] = {kind: [] for kind in _PROVED}
    for task, *tags in filter(None, lines):
        of = next((p for p in longest_first if p in tags or task.endswith(f"_{p}")), None)
        words = f"`{task}`" + (f" (`{of}`)" if of else "")
        tasks[task.split("_")[0]].append(words)
    rows = []
    for kind, words in tasks.items():
        says = _PROVED[kind].format(file=file.as_posix())
        rows.append((", ".join(words), re.sub(r"\[(.*?)\]", r"\1" if spikes else "", says)))
    return "\n".join([*table(("task", "what a pass says"), rows), "", wrapped(_ASSUMED)])


def cost_block(name: str, rows: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the size and speed of a core from the rows of the report; None if it has none."""
    rows = [row for row in rows if row["core"] == name]
    if not rows:
        return None
    cells = [
        (
            row["device"],
            f"`{row['preset']}`",
            *(row[kind] for kind in ("lut", "ff", "bram", "dsp")),
            row["note"] if row["fmax_mhz"] is None else f"{row['fmax_mhz']:.1f}",
        )
        for row in rows
    ]
    sources = {row[kind] for row in rows for kind in ("size_provenance", "fmax_provenance")}
    headings = ("device", "preset", "LUT", "FF", "BRAM", "DSP", "Fmax, MHz")
    words = "; ".join(sorted(source for source in sources if source))
    return "\n".join([*table(headings, cells), "", wrapped(f"Source: {words}.")])
