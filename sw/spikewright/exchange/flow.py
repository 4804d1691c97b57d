"""What reaches a place between layers: ways from one layer or from several, whose values add up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd, prod

import numpy as np

from spikewright.errors import DataError

from .affine import Matrix
from .kernel import Kernel
from .step import Step, View, unshifted
from .way import Way

__all__ = ["Flow", "added", "alike"]


@dataclass(frozen=True, eq=False)
class Flow:
    """Values that add up, each by its way. What is added whatever they are, the first one has."""

    ways: tuple[Way, ...]

    @property
    def view(self) -> View | None:
        """The axes of the values; None where nothing says them."""
        return self.ways[0].view

    def then(self, step: Step, *, name: str) -> "Flow":
        """Return what it comes to after a step, which is linear: that of the sum is the sum."""
        first, *others = self.ways
        bare = unshifted(step)
        return Flow((first.then(step, name=name), *(one.then(bare, name=name) for one in others)))

    def seen(self, view: View, *, name: str) -> "Flow":
        """Return it where its values are seen to have some axes."""
        return Flow(tuple(way.seen(view, name=name) for way in self.ways))


def added(flows: Sequence[Flow], *, name: str) -> Flow:
    """Return the sum of flows that reach one place.

    Raises
    ------
    DataError
        They have different axes; the sentence names the place.
    """
    ways = [way for flow in flows for way in flow.ways]
    known = next((way for way in ways if way.view is not None), None)
    if known is None or known.view is None:
        return Flow(tuple(ways))
    ways = [way if way.view is not None else way.seen(known.view, name=name) for way in ways]
    for way in ways:
        if way.view is not None and way.view != known.view:
            one, other = (" × ".join(map(str, each)) for each in (known.view, way.view))
            raise DataError(
                f"{name} takes a sum of {one} values from {known.after} and {other} from "
                f"{way.after}; what is added has the same axes"
            )
    return Flow(tuple(ways))


def alike(ways: Sequence[Way], *, name: str) -> list[Way]:
    """Return ways to the same neurons so that a connection can join them.

    All come to one map, by kernels of as many groups, or all by matrices.

    Raises
    ------
    DataError
        One comes to a map, and another one to neurons without a place.
    """
    if len(ways) < 2:
        return list(ways)
    kinds = {type(way.product) for way in ways}
    sides = {way.sides for way in ways}
    one_map = len(sides) == 1 and sides.isdisjoint({(prod(ways[0].sides), 1, 1)})
    by_matrix = Matrix in kinds or not (Kernel in kinds or one_map)
    made = [_with_product(way, by_matrix=by_matrix) for way in ways]
    first = made[0]
    for way in made[1:]:
        if way.sides != first.sides:
            one, other = (" × ".join(map(str, each.sides)) for each in (first, way))
            raise DataError(
                f"{name} takes a map of {one} from {first.after} and one of {other} from "
                f"{way.after}, flattened; add them as maps, or as values of matrices"
            )
    groups = 1 if by_matrix else gcd(*(
        way.product.groups for way in made if isinstance(way.product, Kernel)
    ))
    return [
        replace(way, product=way.product.of_groups(groups))
        if isinstance(way.product, Kernel) else way
        for way in made
    ]


def _with_product(way: Way, *, by_matrix: bool) -> Way:
    """Return a way with weights, where it has none: one to one, times its factor."""
    if way.product is not None:
        return way
    factor = np.broadcast_to(way.factor, way.sides)
    if by_matrix:
        shift = np.broadcast_to(way.shift, way.sides).reshape(-1, 1, 1)
        matrix = Matrix.of(np.diag(factor.ravel()))
        return replace(way, product=matrix, factor=1.0, shift=shift, sides=shift.shape)
    of_channels = way.of_channels(factor, way.after).reshape(-1, 1, 1, 1)
    one_to_one = Kernel(
        weights=of_channels, bias=np.zeros(()), axes=2, groups=len(of_channels)
    )
    return replace(way, product=one_to_one, factor=1.0)
