"""The picture of a coding: a sample, and its spikes beside it."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from .svg import Axes, Colour, canvas, compact, element, label

__all__ = ["coding_plot"]


def coding_plot(
    sample: np.ndarray, spikes: np.ndarray, *, name: str, levels: np.ndarray | None = None
) -> str:
    """Draw a sample, and a mark for each of its spikes.

    Parameters
    ----------
    sample : array
        An image ``[height, width]``; a vector; a signal ``[time]``, if there are ``levels``; or
        events with the fields ``x``, ``y`` and ``p``.
    spikes : bool array ``[steps, inputs]``
    name : str
        The coding's.
    levels : array ``[time]``, optional
        What the spikes say of the signal.
    """
    steps, inputs = spikes.shape
    drawing, (left, right) = canvas(7.0, 2.6, columns=2, gridspec_kw={"width_ratios": (2, 3)})
    if sample.dtype.names:
        _events(left, sample)
    elif levels is not None:
        _signal(left, sample, levels)
    elif sample.ndim == 2:
        _image(left, sample)
    else:
        _vector(left, sample)
    times, places = np.nonzero(spikes)
    right.scatter(times, places, marker="|", s=16, linewidths=1.2, color=Colour.BLUE)
    right.set(xlim=(-0.5, steps - 0.5), ylim=(-1, inputs))
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True))
    label(right, title=f"{len(times)} spikes", x="time step", y="input")
    return compact(
        element(
            drawing,
            name=name,
            description=f"A sample and its {len(times)} spikes in {steps} steps, coded by {name}.",
        )
    )


def _image(axes: Axes, sample: np.ndarray) -> None:
    rows, columns = np.indices(sample.shape).reshape(2, -1)
    share = (sample / sample.max()).ravel()
    axes.scatter(
        columns, rows, marker="s", s=110, color=Colour.BLUE, alpha=0.8 * share, linewidths=0
    )
    axes.set(xlim=(-0.6, sample.shape[1] - 0.4), ylim=(sample.shape[0] - 0.4, -0.6), aspect="equal")
    axes.set_xticks([])
    axes.set_yticks([])
    label(axes, title="image")


def _vector(axes: Axes, sample: np.ndarray) -> None:
    axes.scatter(sample, np.arange(len(sample)), color=Colour.BLUE)
    axes.set_yticks(range(len(sample)))
    axes.set_ylim(-0.5, len(sample) - 0.5)
    label(axes, title="values", x="value", y="number")


def _signal(axes: Axes, sample: np.ndarray, levels: np.ndarray) -> None:
    axes.plot(sample, color=Colour.BLUE)
    axes.step(np.arange(len(levels)), levels, where="post", color=Colour.ORANGE, linewidth=0.9)
    label(axes, title="signal, and the level of its spikes", x="time")


def _events(axes: Axes, sample: np.ndarray) -> None:
    for polarity, colour, marker in ((0, Colour.BLUE, "o"), (1, Colour.ORANGE, "x")):
        chosen = sample[sample["p"] == polarity]
        axes.scatter(chosen["x"], chosen["y"], s=12, marker=marker, color=colour)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    label(axes, title="events of both polarities", x="x", y="y")
