"""The pictures of the bench of stochastic computing."""

from collections.abc import Mapping, Sequence

from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from .stochastic_bench import Curve
from .svg import Axes, Colour, canvas, compact, element, label

__all__ = ["accuracy_plot", "fault_plot", "matrix_plot", "product_plot", "progressive_plot"]

#: One for each curve of a panel; what colour tells, the marker tells, too. Later ones are smaller,
#: so that those below are seen where they are equal.
_STYLES = (
    (Colour.BLUE, "o", "-"),
    (Colour.ORANGE, "s", "-"),
    (Colour.GREEN, "^", "-"),
    (Colour.INK, "D", "--"),
    (Colour.LIGHT, "v", "-"),
)

_GATES = {"and": "AND, unipolar", "xnor": "XNOR, bipolar", "sign_magnitude": "AND, sign-magnitude"}


def _draw(axes: Axes, curve: Curve, number: int, name: str) -> None:
    colour, marker, line = _STYLES[number % len(_STYLES)]
    axes.plot(
        curve.at, curve.values, color=colour, marker=marker, markersize=8 - 1.2 * number,
        linestyle=line, linewidth=2.4 - 0.35 * number, label=name,
    )


def _lengths(axes: Axes, lengths: Sequence[float]) -> None:
    axes.set_xscale("log", base=2)
    every = lengths[:: 2 if len(lengths) > 5 else 1]
    axes.xaxis.set_major_locator(FixedLocator([*every]))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{length:g}" for length in every]))
    axes.xaxis.set_minor_locator(NullLocator())


def _legend(drawing, axes: Axes, columns: int) -> None:
    drawing.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=columns,
        frameon=False, labelcolor=Colour.INK,
    )


def accuracy_plot(
    curves: Sequence[Curve],
    trained: Sequence[Curve],
    *,
    task: str,
    real: float,
    integer: float,
    low: float,
) -> str:
    """Draw accuracy over the length of the streams: a panel for each encoding.

    Parameters
    ----------
    curves : sequence of Curve
        Of one task.
    trained : sequence of Curve
        Of networks that were trained for the streams.
    task : str
    real, integer : float
        Accuracies in percent in real numbers and of the integers.
    low : float
        Where the axis begins; what lies below is cut off.
    """
    encodings = dict.fromkeys(curve.tags["encoding"] for curve in curves)
    drawing, panels = canvas(9.6, 3.4, columns=len(encodings), sharey=True)
    for axes, encoding in zip(panels, encodings, strict=True):
        of_panel = [curve for curve in curves if curve.tags["encoding"] == encoding]
        axes.axhline(real, color=Colour.FAINT, linestyle=":", linewidth=1, label="float")
        axes.axhline(integer, color=Colour.FAINT, linewidth=1, label="integer")
        for number, curve in enumerate(of_panel):
            _draw(axes, curve, number, curve.tags["source"])
        for curve in trained:
            if curve.tags["encoding"] == encoding:
                axes.plot(
                    curve.at, curve.values, color=Colour.INK, marker="*", markersize=9,
                    linestyle=":", label="trained for it",
                )
        _lengths(axes, of_panel[0].at)
        label(axes, title=encoding.replace("_", "-"), x="bits of a stream")
    panels[0].set_ylabel("accuracy (%)")
    panels[0].set_ylim(low, 100)
    _legend(drawing, panels[0], 8)
    return _made(drawing, f"accuracy_{task}", f"Accuracy on {task} over the length", curves)


def product_plot(curves: Sequence[Curve], *, pairs: Mapping[str, str]) -> str:
    """Draw the error of a product over the length: a panel for each gate.

    ``pairs`` are the pairs of sources to draw, and their names in the legend.
    """
    gates = dict.fromkeys(curve.tags["encoding"] for curve in curves)
    drawing, panels = canvas(9.6, 3.4, columns=len(gates), sharey=True)
    for axes, gate in zip(panels, gates, strict=True):
        for number, (pair, name) in enumerate(pairs.items()):
            (curve,) = (
                one for one in curves
                if one.tags["encoding"] == gate and one.tags["source"] == pair
            )
            _draw(axes, curve, number, name)
            _lengths(axes, curve.at)
        axes.set_yscale("log")
        label(axes, title=_GATES[gate], x="bits of a stream")
    panels[0].set_ylabel("RMS error, full scale 1")
    _legend(drawing, panels[0], 3)
    shown = [curve for curve in curves if curve.tags["source"] in pairs]
    return _made(drawing, "product", "Error of one product over the length", shown)


def matrix_plot(curves: Sequence[Curve], *, names: Sequence[str]) -> str:
    """Draw the error of an AND product at its head for each pair of sources, in thousandths."""
    drawing, (axes,) = canvas(6.4, 4.6)
    errors = {curve.tags["source"]: 1000 * curve[curve.head] for curve in curves}
    most = max(errors.values())
    for row, first in enumerate(names):
        for column, second in enumerate(names[: row + 1]):
            error = errors[f"{second} × {first}"]
            axes.fill_between(
                [column - 0.5, column + 0.5], row - 0.5, row + 0.5,
                color=Colour.ORANGE, alpha=0.08 + 0.6 * error / most, linewidth=0,
            )
            axes.text(column, row, f"{error:.1f}", ha="center", va="center", color=Colour.INK)
    words = [name.replace("_", " ") for name in names]
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5))
    axes.set_xticks(range(len(names)), words, rotation=30, ha="right")
    axes.set_yticks(range(len(names)), words)
    axes.tick_params(length=0)
    label(axes, title=f"AND, {curves[0].head:g} bits: RMS error × 1000")
    return _made(drawing, "product_pairs", "Error of one AND product by pair of sources", curves)


def fault_plot(curves: Sequence[Curve], *, draws: str = "draws") -> str:
    """Draw accuracy over the share of bits that flip; bars reach from the worst to the best draw.

    ``draws`` is the name of the list of all draws in a curve's detail, as shares.
    """
    drawing, (axes,) = canvas(7.2, 3.8)
    for number, curve in enumerate(curves):
        _draw(axes, curve, number, f"{curve.tags['engine']}: {curve.tags['source']}")
        ends = [(100 * min(one), 100 * max(one)) for one in curve.detail[draws]]
        axes.vlines(
            curve.at, *zip(*ends, strict=True), color=_STYLES[number % len(_STYLES)][0],
            linewidth=1, alpha=0.6,
        )
    axes.set_xscale("log")
    axes.set_ylim(0, 100)
    label(axes, x="probability that a bit flips", y="accuracy (%)")
    _legend(drawing, axes, 3)
    return _made(drawing, "faults", "Accuracy over the rate of flipped bits", curves)


def progressive_plot(curves: Sequence[Curve], *, task: str) -> str:
    """Draw accuracy over cycles: a curve for each source, and a star for the event engine."""
    drawing, (axes,) = canvas(7.2, 3.6)
    streams = [curve for curve in curves if curve.tags["engine"] != "event"]
    for number, curve in enumerate(streams):
        _draw(axes, curve, number, curve.tags["source"])
    for curve in curves:
        if curve not in streams:
            axes.plot(
                curve.at, curve.values, color=Colour.INK, marker="*", markersize=11,
                linestyle="none", label="event engine",
            )
    axes.set_xscale("log")
    label(axes, x="mean clock cycles of an inference", y="accuracy (%)")
    _legend(drawing, axes, 3)
    return _made(
        drawing, f"progressive_{task}", f"Accuracy on {task} over the cycles", curves
    )


def _made(drawing, name: str, words: str, curves: Sequence[Curve]) -> str:
    best = max(max(curve.values) for curve in curves)
    least = min(min(curve.values) for curve in curves)
    description = f"{words}: {len(curves)} curves, values from {least:.4g} to {best:.4g}."
    return compact(element(drawing, name=name, description=description))
