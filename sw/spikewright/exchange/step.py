"""What may lie between two layers of neurons, and the axes of values there."""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from .affine import Matrix, Scaling
from .kernel import Kernel, Sides, Window

__all__ = ["FLAT", "Delay", "Flattening", "Step", "View", "reach", "sides_of", "unshifted"]

#: Axes of values as the framework has them, without steps and samples: values, channels × length,
#: or channels × height × width.
View = tuple[int, ...]


@dataclass(frozen=True)
class Flattening:
    """All axes become one, the last counting fastest."""


@dataclass(frozen=True, eq=False)
class Delay:
    """All arrives some steps later: a number of them, or one for each value, by its axes."""

    steps: np.ndarray


FLAT = Flattening()
#: What may lie between two layers of neurons.
Step = Scaling | Matrix | Kernel | Window | Flattening | Delay


def unshifted(step: Step) -> Step:
    """Return it without what it adds whatever reaches it: its shift, or its bias."""
    match step:
        case Scaling():
            return replace(step, shift=np.zeros(()))
        case Matrix() | Kernel():
            return replace(step, bias=np.zeros(()))
    return step


def sides_of(view: View) -> Sides:
    """Return axes as a map; those of no map come to channels of one place."""
    if len(view) == 2:
        return view[0], 1, view[1]
    return view if len(view) == 3 else (prod(view), 1, 1)


def reach(view: View) -> str:
    """Return in words what reaches something."""
    if len(view) == 1:
        return f"{view[0]} values reach it"
    return f"a map of {' × '.join(map(str, view))} reaches it"
