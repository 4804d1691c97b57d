"""The picture of a neuron's responses: equations, integers and gateware over one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from .svg import Axes, Canvas, Colour, canvas, compact, element, label

__all__ = ["Response", "Waveform", "response_plot"]

#: Most gateware dots in a panel: more run into one another.
DOTS = 100
#: Heights of the panels, and of all around them, in inches.
_INPUT, _SPIKES, _MEMBRANE, _STATE, _AROUND = 0.4, 0.5, 1.7, 0.7, 1.0
#: Of each run: light for the broad line, then blue and orange.
_RUNS = (Colour.LIGHT, Colour.BLUE, Colour.ORANGE)
_INPUTS = (Colour.FAINT, Colour.GREEN)


@dataclass(frozen=True)
class Waveform:
    """What a neuron did.

    Parameters
    ----------
    states : mapping of str to sequence of float
        Each state after each step, ``v`` among them.
    spikes : sequence of int
        Steps with a spike.
    """

    states: Mapping[str, Sequence[float]]
    spikes: Sequence[int]


@dataclass(frozen=True)
class Response:
    """A neuron's response to one stimulus.

    Parameters
    ----------
    title : str
        The stimulus in words.
    pulses : bool
        Whether what arrives are spikes.
    inputs : mapping of str to sequence of float
        What arrives at each input in each step.
    runs : mapping of str to Waveform
        ``float``, ``integer`` and ``gateware``, in this order.
    """

    title: str
    pulses: bool
    inputs: Mapping[str, Sequence[float]]
    runs: Mapping[str, Waveform]

    def __len__(self) -> int:
        """Number of steps."""
        return len(next(iter(self.inputs.values())))


def response_plot(
    responses: Sequence[Response],
    *,
    name: str,
    units: Mapping[str, str],
    dt: float | None,
    spikes: bool,
) -> str:
    """Draw responses side by side: inputs, spikes, the membrane, and each other state.

    Float is a broad line, the integers a thin one on it, and the gateware dots on that.

    Parameters
    ----------
    responses : sequence of Response
        Of one neuron.
    name : str
        The neuron.
    units : mapping of str to str
        Unit of each state, the membrane first; empty if it has none.
    dt : float or None
        Milliseconds of a step; None draws over steps.
    spikes : bool
        Whether the neuron ever spikes.
    """
    heights = [_INPUT, *([_SPIKES] if spikes else []), _MEMBRANE, *[_STATE] * (len(units) - 1)]
    columns = len(responses)
    drawing, panels = canvas(
        9.6,
        sum(heights) + _AROUND,
        rows=len(heights),
        columns=columns,
        sharex="col",
        sharey="row",
        gridspec_kw={"height_ratios": heights},
    )
    highest = max(max(values) for response in responses for values in response.inputs.values())
    for column, response in enumerate(responses):
        first, *rest = panels[column::columns]
        label(first, title=response.title)
        _inputs(first, response, dt or 1)
        first.set_ylim(0, 1.1 * highest)
        first.set_yticks([0, highest], ["0", f"{highest:g}"])
        if spikes:
            _spikes(rest.pop(0), response, dt or 1)
        for axes, state in zip(rest, units, strict=True):
            _state(axes, response, state, dt or 1)
        rest[-1].set_xlim(0, len(response) * (dt or 1))
        rest[-1].set_xlabel("time step" if dt is None else "time (ms)")
    drawing.set_layout_engine("constrained", wspace=0.04)
    left = panels[::columns]
    _beside(left[0], "input")
    for axes, (state, unit) in zip(left[-len(units) :], units.items(), strict=True):
        _beside(axes, f"{state}\n({unit})" if unit else state)
    drawing.align_ylabels(left)
    _legend(drawing, left[-len(units)], left[0])
    return compact(element(drawing, name=name, description=_words(responses, name, spikes)))


def _beside(axes: Axes, text: str) -> None:
    axes.set_ylabel(text, rotation=0, ha="right", va="center")


def _legend(drawing: Canvas, *panels: Axes) -> None:
    handles, words = [], []
    for axes in panels:
        of_panel = axes.get_legend_handles_labels()
        handles += of_panel[0]
        words += of_panel[1]
    drawing.legend(
        handles,
        words,
        loc="outside upper right",
        ncols=len(words),
        frameon=False,
        labelcolor=Colour.INK,
    )


def _inputs(axes: Axes, response: Response, dt: float) -> None:
    several = len(response.inputs) > 1
    for (name, values), colour in zip(response.inputs.items(), _INPUTS, strict=False):
        times = np.arange(len(values)) * dt
        if response.pulses:
            pulses = [(time, value) for time, value in zip(times, values, strict=True) if value]
            ends = [(time, end) for time, value in pulses for end in (0, value)]
            _strokes(axes, ends, color=colour, linewidth=1.4)
        else:
            axes.step(times, values, where="post", color=colour, linewidth=1.2)
        axes.plot([], [], color=colour, label=f"input {name}" if several else None)


def _spikes(axes: Axes, response: Response, dt: float) -> None:
    """Draw a row of ticks for each run."""
    for row, (run, colour) in enumerate(zip(response.runs.values(), _RUNS, strict=True)):
        ends = [(step * dt, end - row) for step in run.spikes for end in (-0.36, 0.36)]
        _strokes(axes, ends, color=colour, linewidth=1.4)
    axes.set_ylim(0.5 - len(response.runs), 0.5)
    axes.set_yticks([-row for row in range(len(response.runs))], [*response.runs], fontsize=8)
    axes.tick_params(axis="y", length=0)


def _state(axes: Axes, response: Response, state: str, dt: float) -> None:
    real, integer, gateware = (run.states[state] for run in response.runs.values())
    times = np.arange(len(response)) * dt
    axes.plot(times, real, color=_RUNS[0], linewidth=3.6, label="float")
    axes.plot(times, integer, color=_RUNS[1], linewidth=1.1, label="integer")
    every = -(-len(response) // DOTS)
    dots = list(zip(times, gateware, strict=True))[::every]
    _strokes(
        axes,
        [point for dot in dots for point in (dot, dot)],
        color=_RUNS[2],
        linewidth=2.2,
        capstyle="round",
    )
    words = "gateware" if every == 1 else f"gateware, every {every} steps"
    axes.plot([], [], color=_RUNS[2], linestyle="none", marker="o", markersize=2.2, label=words)
    axes.autoscale_view()
    axes.yaxis.set_major_locator(MaxNLocator(4 if state == "v" else 2))


def _strokes(axes: Axes, ends: Sequence[tuple[float, float]], **style) -> None:
    """Draw strokes as one path, each given by its two ends."""
    if ends:
        path = Path(ends, [Path.MOVETO, Path.LINETO] * (len(ends) // 2))
        path.should_simplify = False
        axes.add_patch(PathPatch(path, fill=False, zorder=3, **style))


def _words(responses: Sequence[Response], name: str, spikes: bool) -> str:
    each = []
    for response in responses:
        counts = ", ".join(f"{len(run.spikes)} in {kind}" for kind, run in response.runs.items())
        each.append(f"{response.title}; spikes: {counts}." if spikes else f"{response.title}.")
    return f"Responses of {name}. {' '.join(each)}"
