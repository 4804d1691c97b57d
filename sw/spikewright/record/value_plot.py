"""The picture of values that a network answers, against what they should be."""

import numpy as np

from .svg import Colour, canvas, element, label

__all__ = ["values"]

#: Most points that are drawn, evenly spread over the samples.
_MOST = 2000


def values(targets: np.ndarray, answers: np.ndarray) -> str:
    """Draw each value over its target; on the diagonal they are equal.

    Parameters
    ----------
    targets, answers : arrays of one shape
        In the unit of the targets.
    """
    wanted, given = targets.ravel(), answers.ravel()
    chosen = np.unique(np.linspace(0, len(wanted) - 1, min(_MOST, len(wanted))).astype(int))
    drawing, (axes,) = canvas(4.6, 4.4)
    both = np.concatenate([wanted[chosen], given[chosen]])
    ends = float(both.min()), float(both.max())
    axes.plot(ends, ends, color=Colour.ORANGE, linewidth=1.0)
    axes.scatter(wanted[chosen], given[chosen], s=9, color=Colour.BLUE, alpha=0.6, linewidths=0)
    label(axes, x="target", y="answer")
    drawn = f"{len(chosen)} of {len(wanted)}" if len(chosen) < len(wanted) else f"{len(wanted)}"
    return element(
        drawing, name="values", description=f"Answers over targets: {drawn} values are drawn."
    )
