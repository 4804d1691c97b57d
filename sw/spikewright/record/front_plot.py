"""The picture of an exploration: scores over a cost, and the line of what no other point beats."""

from collections.abc import Sequence
from dataclasses import dataclass

from .svg import Colour, canvas, element, label

__all__ = ["Spot", "front_plot"]

#: Points of the line that are named in the picture; the table has them all.
_NAMED = 8


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A point of the picture: its cost, its score and the range of that, and whether it is best."""

    cost: float
    score: float
    low: float | None
    high: float | None
    name: str
    front: bool


def front_plot(spots: Sequence[Spot], *, cost: str, score: str, name: str) -> str:
    """Draw scores over a cost, and a line through the points that no other one beats.

    Parameters
    ----------
    spots : sequence of Spot
    cost, score : str
        What is drawn, for the axes.
    name : str
        Of the picture.
    """
    drawing, (axes,) = canvas(9.6, 4.6)
    best = sorted((spot for spot in spots if spot.front), key=lambda spot: spot.cost)
    for spot in spots:
        if spot.low is not None and spot.high is not None:
            axes.plot([spot.cost] * 2, [spot.low, spot.high], color=Colour.LINE, linewidth=1)
    others = [spot for spot in spots if not spot.front]
    axes.scatter(
        [spot.cost for spot in others], [spot.score for spot in others], color=Colour.LIGHT, s=26
    )
    axes.plot(
        [spot.cost for spot in best], [spot.score for spot in best], color=Colour.BLUE,
        marker="o", markersize=6, drawstyle="steps-post",
    )
    for spot in best[:_NAMED]:
        axes.annotate(
            spot.name, (spot.cost, spot.score), xytext=(6, -10), textcoords="offset points",
            fontsize=8, color=Colour.INK,
        )
    if len({spot.cost for spot in spots}) > 1 and max(spot.cost for spot in spots) > 8 * min(
        spot.cost for spot in spots
    ) > 0:
        axes.set_xscale("log")
    label(axes, x=cost, y=f"{score}{' (%)' if score == 'accuracy' else ''}")
    return element(
        drawing, name=name,
        description=f"{score} over {cost}: {len(spots)} points, {len(best)} of them on the front.",
    )
