"""Pictures of one sample of a task: an image, or a signal over time."""

import numpy as np
from matplotlib.patches import Rectangle

from .svg import Colour, canvas, element, label

__all__ = ["picture", "signal"]

#: Cells along one side of a picture; of more, every second is drawn, or every third, and so on.
_MOST_CELLS = 48
#: Channels that are drawn as lines; of more, a picture is drawn.
_MOST_LINES = 8


def picture(values: np.ndarray) -> str:
    """Draw an image.

    Parameters
    ----------
    values : array ``[rows, columns]`` or ``[rows, columns, channels]``
        0 to 1; of channels, the mean is drawn.
    """
    shade = values if values.ndim == 2 else values.mean(axis=2)
    rows, columns = shade.shape
    return _cells(shade, description=f"A sample: an image of {rows} by {columns} pixels.")


def signal(values: np.ndarray) -> str:
    """Draw a signal: each channel a line, or, of many channels, a picture of time and channel.

    Parameters
    ----------
    values : array ``[time]`` or ``[time, channels]``
        0 to 1.
    """
    lines = values[:, None] if values.ndim == 1 else values
    steps, channels = lines.shape
    words = f"{channels} channel{'s' if channels > 1 else ''}"
    description = f"A sample: a signal of {steps} values in {words}."
    if channels > _MOST_LINES:
        return _cells(lines.T[::-1], description=description, x="time", y="channel")
    drawing, panels = canvas(4.6, 0.8 + 0.8 * channels, rows=channels, sharex=True)
    for axes, line in zip(panels, lines.T, strict=True):
        axes.plot(np.arange(steps), line, color=Colour.BLUE)
        axes.set_ylim(-0.05, 1.05)
    panels[0].set_title("sample", loc="left", fontsize=10, pad=4)
    panels[-1].set_xlabel("time")
    return element(drawing, name="sample", description=description)


def _cells(shade: np.ndarray, *, description: str, x: str = "", y: str = "") -> str:
    rows, columns = (max(1, -(-size // _MOST_CELLS)) for size in shade.shape)
    drawn = shade[::rows, ::columns]
    drawing, (axes,) = canvas(3.2, 3.2)
    for (row, column), value in np.ndenumerate(drawn):
        axes.add_patch(
            Rectangle(
                (column - 0.5, row - 0.5), 1, 1, facecolor=Colour.BLUE, linewidth=0,
                alpha=0.9 * min(1.0, max(0.0, float(value))),
            )
        )
    height, width = drawn.shape
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(True)
    label(axes, title="sample", x=x, y=y)
    return element(drawing, name="sample", description=description)
