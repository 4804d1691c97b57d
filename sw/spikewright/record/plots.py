"""The pictures of a report, each a function from arrays to an SVG element.

Colours follow the page (see :mod:`spikewright.record.svg`); the same arrays give the same text.
"""

import math

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from .svg import Axes, Colour, canvas, element, label

__all__ = ["coding", "confusion", "distribution", "outputs", "raster"]


def confusion(labels: np.ndarray, predictions: np.ndarray, *, classes: int) -> str:
    """Draw how many samples of each class were taken for which.

    Parameters
    ----------
    labels, predictions : (samples,) integer arrays
    classes : int
        Number of classes.
    """
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, predictions), 1)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    drawing, (axes,) = canvas(4.6, 4.4)
    for row, column in np.argwhere(counts > 0):
        right = row == column
        base, slope = (0.12, 0.38) if right else (0.25, 0.5)
        axes.add_patch(
            Rectangle(
                (column - 0.5, row - 0.5),
                1,
                1,
                facecolor=Colour.BLUE if right else Colour.ORANGE,
                alpha=base + slope * share[row, column],
                linewidth=0,
            )
        )
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=Colour.INK)
    axes.set(xlim=(-0.5, classes - 0.5), ylim=(classes - 0.5, -0.5), aspect="equal")
    axes.set_xticks(range(classes))
    axes.set_yticks(range(classes))
    axes.tick_params(length=0)
    label(axes, x="predicted class", y="true class")
    right = int((labels == predictions).sum())
    return element(
        drawing,
        name="confusion",
        description=f"Confusion matrix: {right} of {len(labels)} samples right.",
    )


def raster(layers: dict[str, np.ndarray]) -> str:
    """Draw the spikes of one sample, a panel for each layer.

    Parameters
    ----------
    layers : dict of str to (steps, neurons) arrays
        Spikes (0 or 1) by the layer's name, from input to output.
    """
    heights = [math.sqrt(spikes.shape[1]) for spikes in layers.values()]
    drawing, panels = canvas(
        4.6,
        5.0,
        rows=len(layers),
        sharex=True,
        gridspec_kw={"height_ratios": heights},
    )
    for axes, (name, spikes) in zip(panels, layers.items(), strict=True):
        steps, neurons = np.nonzero(spikes)
        axes.scatter(steps, neurons, marker="_", s=120, linewidths=1.1, color=Colour.BLUE)
        axes.set_ylim(-1, spikes.shape[1])
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        label(axes, title=f"{name}: {len(steps)} spikes", y="neuron")
    length = next(iter(layers.values())).shape[0]
    _step_axis(panels[-1], length)
    panels[-1].set_xlabel("time step")
    total = sum(int(spikes.sum()) for spikes in layers.values())
    return element(
        drawing, name="raster", description=f"Spike raster: {total} spikes in {length} steps."
    )


def outputs(
    reference: np.ndarray, gateware: np.ndarray, *, names: list[str], unit: str
) -> str:
    """Draw the outputs over time of the reference and of the gateware over one another.

    The reference is a line, the gateware a ring, so that both are seen where they are equal.

    Parameters
    ----------
    reference, gateware : (steps, neurons) arrays
        After each step.
    names : list of str
        Name of each output.
    unit : str
        What is drawn, and its unit.
    """
    neurons = reference.shape[1]
    columns = min(5, neurons)
    rows = -(-neurons // columns)
    drawing, panels = canvas(
        9.6, 0.7 + 1.35 * rows, rows=rows, columns=columns, sharex=True, sharey=True
    )
    steps = np.arange(reference.shape[0])
    for neuron, axes in enumerate(panels):
        if neuron >= neurons:
            axes.set_axis_off()
            continue
        axes.axhline(0, color=Colour.LINE, linewidth=0.8, zorder=0)
        axes.plot(steps, reference[:, neuron], color=Colour.BLUE, label="reference")
        axes.plot(
            steps,
            gateware[:, neuron],
            label="gateware",
            linestyle="none",
            marker="o",
            markersize=5,
            markerfacecolor="none",
            markeredgecolor=Colour.ORANGE,
            markeredgewidth=1.2,
        )
        label(axes, title=names[neuron])
        _step_axis(axes, len(steps))
    drawing.supxlabel("time step", fontsize=10, color=Colour.INK)
    drawing.supylabel(unit, fontsize=10, color=Colour.INK)
    drawing.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper right",
        ncols=2,
        frameon=False,
        labelcolor=Colour.INK,
    )
    equal = int((reference == gateware).sum())
    return element(
        drawing,
        name="outputs",
        description=f"Outputs over time: {equal} of {reference.size} values equal.",
    )


def distribution(cycles: np.ndarray) -> str:
    """Draw how many inferences took how many cycles.

    Parameters
    ----------
    cycles : (samples,) integer array
    """
    low, high = int(cycles.min()), int(cycles.max())
    width = max(1, -(-(high - low + 1) // 40))
    edges = np.arange(low, high + width + 1, width) - 0.5
    drawing, (axes,) = canvas(4.6, 3.2)
    axes.hist(cycles, bins=edges, color=Colour.BLUE, alpha=0.75, rwidth=0.9)
    top = axes.get_ylim()[1]
    mean, worst = float(cycles.mean()), float(np.percentile(cycles, 95))
    for value, text, align in ((mean, f"mean {mean:.1f} ", "right"), (worst, " 95 %", "left")):
        axes.axvline(value, color=Colour.ORANGE, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.text(value, top, text, ha=align, va="bottom", color=Colour.FAINT)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    label(axes, x="clock cycles of one inference", y="inferences")
    return element(
        drawing,
        name="cycles",
        description=f"Cycles per inference: {low} to {high}, mean {mean:.1f}.",
    )


def coding(values: np.ndarray, spikes: np.ndarray) -> str:
    """Draw a sample beside the step in which each of its values spikes first.

    Parameters
    ----------
    values : (rows, columns) array
        The sample, from 0 to 1.
    spikes : (steps, rows · columns) array
        Its code, 0 or 1.
    """
    steps = spikes.shape[0]
    first = np.where(spikes.any(axis=0), spikes.argmax(axis=0), -1).reshape(values.shape)
    drawing, (left, right) = canvas(4.6, 2.6, columns=2)
    for (row, column), value in np.ndenumerate(values):
        _pixel(left, row, column, float(value))
        step = first[row, column]
        if step >= 0:
            _pixel(right, row, column, (steps - step) / steps)
        right.text(
            column,
            row,
            "·" if step < 0 else str(step),
            ha="center",
            va="center",
            color=Colour.FAINT if step < 0 else Colour.INK,
            fontsize=8,
        )
    for axes, title in ((left, "sample"), (right, "step of the spike")):
        axes.set(
            xlim=(-0.5, values.shape[1] - 0.5), ylim=(values.shape[0] - 0.5, -0.5), aspect="equal"
        )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(True)
        label(axes, title=title)
    return element(
        drawing,
        name="coding",
        description=f"A sample and its code: {int((first >= 0).sum())} of {first.size} values "
        f"spike within {steps} steps.",
    )


def _pixel(axes: Axes, row: int, column: int, strength: float) -> None:
    axes.add_patch(
        Rectangle(
            (column - 0.5, row - 0.5),
            1,
            1,
            facecolor=Colour.BLUE,
            alpha=0.7 * min(1.0, max(0.0, strength)),
            linewidth=0,
        )
    )


def _step_axis(axes: Axes, steps: int) -> None:
    axes.set_xlim(-0.5, steps - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
