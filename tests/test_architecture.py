"""``docs/architecture.md``: its pictures have the imports, and its table the gateware's stages."""

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest
from amaranth.hdl import Fragment

from spikewright_hw.board import BoardTop
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

from . import test_house as house

PAGE = (house.HOUSE / "docs" / "architecture.md").read_text(encoding="utf-8")


def imported(root: Path, rooms: tuple[str, ...]) -> dict[str, set[str]]:
    """Return which rooms of a package each of its rooms imports."""
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for file, package in house.modules(root):
        room = file.relative_to(root).parts[0].removesuffix(".py")
        for name in house.imports(file, package=package):
            top, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if top == root.name and room in found and other in found and other != room:
                found[room].add(other)
    return found


def drawn(edges: Mapping[str, set[str]]) -> set[tuple[str, str]]:
    """Return the imports that do not follow from others."""

    def reached(room: str) -> set[str]:
        return edges[room].union(*(reached(other) for other in edges[room]))

    return {
        (room, other)
        for room, others in edges.items()
        for other in others
        if not any(other in reached(between) for between in others - {other})
    }


@pytest.mark.parametrize(
    ("root", "rooms"),
    [(house.HARDWARE, house.LAYERS), (house.SOFTWARE, house.PATH)],
    ids=["hardware", "software"],
)
def test_a_picture_has_the_imports(root, rooms):
    section = PAGE[PAGE.index(f"`{root.name}`\n\n```mermaid") :]
    picture = section[: section.index("\n```\n")]
    assert set(re.findall(r"(\w+) --> (\w+)", picture)) == drawn(imported(root, rooms))


def test_every_room_is_described():
    rooms = [name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
             for name in re.findall(r"`(\w+)`", row)]
    assert {*house.LAYERS, *house.PATH} <= set(rooms)


def test_the_stages_of_a_spike_are_those_of_a_board(monkeypatch):
    stages = re.findall(r"^\| `(\w+)` \| `([\w/]+)\.py` \|", PAGE, re.MULTILINE)
    assert len(stages) == 13
    met = []
    for name, module in stages:
        found = getattr(import_module(f"spikewright_hw.{module.replace('/', '.')}"), name)

        def elaborate(self, platform, *, name=name, build=found.elaborate):
            met.append(name)
            return build(self, platform)

        monkeypatch.setattr(found, "elaborate", elaborate)
    network = example_network(
        sizes=(5, 4, 3), steps=2, weight_bits=3, membrane=Format(6, 2),
        neurons=("recurrent_lif", "li"), readout="maximum",
    )
    top = BoardTop(network=network, divisor=4, clock_hz=1_000_000, virtual=True)
    Fragment.get(top, platform=None)
    assert set(met) == {name for name, _ in stages}
