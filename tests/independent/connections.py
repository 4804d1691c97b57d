"""docs/spw.md, "A connection": by which rows the inputs reach each neuron."""

from collections.abc import Iterator
from typing import Any

__all__ = ["arrivals", "channels", "dense", "inputs"]

#: An input, and the row and the lane of the weight by which it reaches a neuron.
Arrival = tuple[int, int, int]


def dense(inputs: int, neurons: int) -> list[list[Arrival]]:
    """Return the arrivals of each neuron of a layer without a connection."""
    return [[(i, i, neuron) for i in range(inputs)] for neuron in range(neurons)]


def size(of: dict[str, Any]) -> int:
    return of["channels"] * of["height"] * of["width"]


def number(of: dict[str, Any], c: int, y: int, x: int) -> int:
    """Return the number that a map has for a channel at a place."""
    if of["channels_first"]:
        return (c * of["height"] + y) * of["width"] + x
    return (y * of["width"] + x) * of["channels"] + c


def channels(connection: dict[str, Any]) -> int:
    """Return the channels of the neurons."""
    match connection["kind"]:
        case "pooled":
            return channels(connection["then"])
        case "dense":
            return connection["neurons"]
        case "joined":
            return channels(connection["parts"][0])
    return connection["channels"]


def arrivals(connection: dict[str, Any]) -> list[list[Arrival]]:
    """Return the arrivals of each neuron."""
    match connection["kind"]:
        case "dense":
            return dense(size(connection["source"]), connection["neurons"])
        case "convolution":
            return list(convolution(**connection))
        case "joined":
            return joined(connection["parts"])
    return pooled(**connection)


def inputs(connection: dict[str, Any]) -> int:
    """Return how many inputs a connection has."""
    if connection["kind"] == "joined":
        return sum(map(inputs, connection["parts"]))
    return size(connection["source"])


def rows(connection: dict[str, Any]) -> int:
    """Return how many rows a connection has."""
    match connection["kind"]:
        case "dense":
            return size(connection["source"])
        case "convolution":
            height, width = connection["kernel"]
            return height * width * connection["source"]["channels"]
        case "pooled":
            return rows(connection["then"])
    return sum(map(rows, connection["parts"]))


def joined(parts: list[dict[str, Any]]) -> list[list[Arrival]]:
    first_input = first_row = 0
    found: list[list[Arrival]] = []
    for part in parts:
        reached = arrivals(part)
        found = found or [[] for _ in reached]
        for neuron, ways in zip(found, reached, strict=True):
            neuron += [(first_input + i, first_row + row, lane) for i, row, lane in ways]
        first_input += inputs(part)
        first_row += rows(part)
    return found


def convolution(
    kind, source, channels, kernel, stride, padding, dilation, groups
) -> Iterator[list[Arrival]]:
    sides = source["height"], source["width"]
    height, width = (
        (sides[k] + 2 * padding[k] - (kernel[k] - 1) * dilation[k] - 1) // stride[k] + 1
        for k in (0, 1)
    )
    before, after = source["channels"] // groups, channels // groups
    for oy in range(height):
        for ox in range(width):
            for o in range(channels):
                group = o // after
                found = []
                for ky in range(kernel[0]):
                    y = oy * stride[0] + ky * dilation[0] - padding[0]
                    for kx in range(kernel[1]):
                        x = ox * stride[1] + kx * dilation[1] - padding[1]
                        if y in range(sides[0]) and x in range(sides[1]):
                            for c in range(group * before, group * before + before):
                                row = (ky * kernel[1] + kx) * source["channels"] + c
                                found.append((number(source, c, y, x), row, o - group * after))
                yield found


def pooled(kind, source, window, stride, then) -> list[list[Arrival]]:
    sums: dict[int, list[int]] = {}
    of = then["source"]
    for c in range(of["channels"]):
        for y in range(of["height"]):
            for x in range(of["width"]):
                sums[number(of, c, y, x)] = [
                    number(source, c, y * stride[0] + dy, x * stride[1] + dx)
                    for dy in range(window[0]) for dx in range(window[1])
                ]
    return [
        [(i, row, lane) for total, row, lane in reached for i in sums[total]]
        for reached in arrivals(then)
    ]
