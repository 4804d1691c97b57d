"""What is drawn in a picture of a report, read back from its SVG."""

import re
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

__all__ = ["Panel", "legend", "panels", "scaled"]

_SVG = "{http://www.w3.org/2000/svg}"


class Panel(NamedTuple):
    """One panel: its texts with their places, marks, lines, and filled shapes; in pixels."""

    texts: list[tuple[str, float, float]]
    marks: np.ndarray
    lines: list[np.ndarray]
    shapes: list[np.ndarray]


def panels(svg: str) -> list[Panel]:
    """Read the panels of a picture in their order; axes with their ticks are left out."""
    found = []
    for group in ElementTree.fromstring(svg).iter(f"{_SVG}g"):
        if re.search(r"-axes_\d+$", group.get("id", "")):
            found.append(_panel(group))
    return found


def legend(svg: str) -> dict[str, str]:
    """Return what stands beside each text of a picture's legend: ``line`` or ``mark``."""
    found, beside = {}, ""
    for group in ElementTree.fromstring(svg).iter(f"{_SVG}g"):
        if re.search(r"-legend_\d+$", group.get("id", "")):
            for part in group:
                for text in part.iter(f"{_SVG}text"):
                    found["".join(text.itertext())] = beside
                if "line2d" in part.get("id", ""):
                    beside = "line" if part.find(f"{_SVG}path") is not None else "mark"
    return found


def scaled(places: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return the scale and the offset by which values became places; all must agree."""
    scale, offset = np.polyfit(values, places, 1)
    assert np.allclose(scale * values + offset, places, atol=1e-3)
    return float(scale), float(offset)


def _panel(group: ElementTree.Element) -> Panel:
    texts, marks, lines, shapes = [], [], [], []
    for part in group:
        name = part.get("id", "")
        if "matplotlib.axis" in name:
            continue
        for text in part.iter(f"{_SVG}text"):
            texts.append(("".join(text.itertext()), *_place(text)))
        for use in part.iter(f"{_SVG}use"):
            marks.append((float(use.get("x", "nan")), float(use.get("y", "nan"))))
        defined = {path for defs in part.iter(f"{_SVG}defs") for path in defs.iter(f"{_SVG}path")}
        for path in part.iter(f"{_SVG}path"):
            points = _points(path.get("d", ""))
            if path not in defined and "line2d" in name:
                lines.append(points)
            elif path not in defined and "patch" in name:
                shapes.append(points)
    return Panel(texts, np.array(marks).reshape(-1, 2), lines, shapes)


def _points(path: str) -> np.ndarray:
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]
    return np.array(numbers).reshape(-1, 2)


def _place(text: ElementTree.Element) -> tuple[float, float]:
    moved = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", text.get("transform", ""))
    if moved:
        return float(moved[1]), float(moved[2])
    return float(text.get("x", "nan")), float(text.get("y", "nan"))
