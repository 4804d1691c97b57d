"""Pictures as SVG elements that stand inside a page and take its colours.

matplotlib draws in fixed colours. Here each colour of :class:`Colour` is a stand-in which is
replaced by a variable of the page, so that one picture serves light and dark. The same data give
the same text: no date, no random identifiers.
"""

import io
import re
from enum import StrEnum
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

__all__ = ["Axes", "Canvas", "Colour", "canvas", "compact", "element", "label", "standalone"]


class Colour(StrEnum):
    """Stand-ins for the colours of the page.

    The data colours are from a palette that is told apart without full colour vision (Okabe and
    Ito, "Color Universal Design", 2008); whatever they tell, shape or place tells too.
    """

    INK = "#010203"
    FAINT = "#010204"
    LINE = "#010205"
    PAPER = "#010206"
    BLUE = "#010207"
    ORANGE = "#010208"
    GREEN = "#010209"
    LIGHT = "#010210"


_VARIABLES = {
    Colour.INK: "var(--ink, #1c2126)",
    Colour.FAINT: "var(--faint, #5b6670)",
    Colour.LINE: "var(--line, #d6dce1)",
    Colour.PAPER: "var(--paper, #ffffff)",
    Colour.BLUE: "var(--blue, #0072b2)",
    Colour.ORANGE: "var(--orange, #d55e00)",
    Colour.GREEN: "var(--green, #00805d)",
    Colour.LIGHT: "var(--light, #9ccbe6)",
}

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it is searched, and takes the page's font
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": Colour.INK,
    "axes.edgecolor": Colour.LINE,
    "axes.labelcolor": Colour.INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "xtick.color": Colour.LINE,
    "xtick.labelcolor": Colour.FAINT,
    "ytick.color": Colour.LINE,
    "ytick.labelcolor": Colour.FAINT,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
}


def canvas(width: float, height: float, *, rows: int = 1, columns: int = 1, **grid: object):
    """Make a canvas of a size in inches, and its axes as a list, row after row.

    ``grid`` goes to :meth:`matplotlib.figure.Figure.subplots`.
    """
    with matplotlib.rc_context(_STYLE):
        drawing = Canvas(figsize=(width, height), layout="constrained")
        axes = drawing.subplots(rows, columns, squeeze=False, **grid)  # pyright: ignore
    return drawing, [each for row in axes for each in row]


def label(axes: Axes, *, title: str = "", x: str = "", y: str = "") -> None:
    """Write the title and the axes' labels."""
    axes.set_title(title, loc="left", fontsize=10, pad=4)
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def element(drawing: Canvas, *, name: str, description: str) -> str:
    """Return the drawing as an ``<svg>`` element.

    Parameters
    ----------
    name : str
        Prefix of the identifiers inside; each picture of a page has its own.
    description : str
        What is seen, for those who do not see it.
    """
    buffer = io.StringIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        drawing.savefig(buffer, format="svg", metadata=metadata)
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="([^"]*)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'(xlink:href|href)="#', rf'\1="#{name}-', text)
    text = re.sub(r' (width|height)="[\d.]+pt"', "", text, count=2)
    for colour, variable in _VARIABLES.items():
        text = text.replace(str(colour), variable)
    escaped = description.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("<svg", f'<svg role="img" aria-label="{escaped}"', 1)


def standalone(element: str) -> str:
    """Return an element as a file by itself: in the light colours, on paper of its own."""
    text = re.sub(r"var\(--\w+, (#\w+)\)", r"\1", element)
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return re.sub(r"(<svg[^>]*>)", rf"\1{paper}", text, count=1) + "\n"


def compact(element: str) -> str:
    """Return the same picture in fewer bytes, its points to a tenth of a pixel."""
    used = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', element))
    text = re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in used else "", element)
    for number, name in enumerate(used):  # they end in a hash, of numbers that are not rounded
        plain = f"{name.rpartition('-')[0]}-{number}"
        text = re.sub(rf'(id="|#){name}(?=["\)])', rf"\g<1>{plain}", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = re.sub(r' (x|y|width|height|transform)="[^"]*"', _rounded, text)
    text = re.sub(r' d="([^"]*)"', lambda match: f' d="{_relative(match[1])}"', text)
    text = re.sub(r"font-family: [^;\"]*", "font-family: sans-serif", text)
    ticks = r'(<use [^>]*) style="fill: var\(--line[^"]*"'  # their one path has it already
    text = re.sub(ticks, r"\1", text)
    text = re.sub(r">\s+<", "><", text)
    alone = re.compile(r"<g>(<(?:use|path) [^>]*/>|<text [^>]*>[^<]*</text>|)</g>")
    while (plainer := alone.sub(r"\1", text)) != text:
        text = plainer
    return text.replace("><", ">\n<")


def _rounded(attribute: re.Match[str]) -> str:
    return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.1f}", attribute[0])


def _relative(path: str) -> str:
    """Return the data of a path in relative steps; one with curves stays as it is."""
    if set(re.findall(r"[A-Za-z]", path)) - set("MLz"):
        return " ".join(path.split())
    text, at, before = "", (0, 0), "z"
    for command, *given in re.findall(r"([MLz])(?:\s+(\S+)\s+(\S+))?", path):
        if command == "z":
            text += "z"
            before = "z"
            continue
        to = tuple(round(10 * float(number)) for number in given)
        step = (to[0] - at[0], to[1] - at[1])
        at = to
        if command == "M":
            text += f"M{_tenths(*to)}" if before == "z" else f"m{_tenths(*step)}"
        elif step == (0, 0):  # a dot
            text += "h0"
            command = ""
        else:
            numbers = _tenths(*step)
            joined = numbers if numbers.startswith("-") else f" {numbers}"
            text += joined if before == "L" else f"l{numbers}"
        before = command
    return text


def _tenths(x: int, y: int) -> str:
    """Write a point given in tenths of a pixel."""
    first, second = (re.sub(r"^(-?)0\.", r"\1.", f"{value / 10:g}") for value in (x, y))
    return f"{first}{second}" if second.startswith("-") else f"{first} {second}"
