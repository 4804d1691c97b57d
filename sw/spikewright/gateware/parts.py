"""The families of devices, and their parts, which designs are placed on."""

from collections.abc import Mapping

from .families.ecp5 import ECP5
from .families.family import Family, Part
from .families.gowin import GOWIN
from .families.ice40 import ICE40
from .families.xc7 import XC7

__all__ = ["FAMILIES", "PARTS", "family_of"]

FAMILIES: Mapping[str, Family] = {family.name: family for family in (ICE40, ECP5, GOWIN, XC7)}
"""The families, by name."""

PARTS: Mapping[str, Part] = {
    name: part for family in FAMILIES.values() for name, part in family.parts.items()
}
"""The parts that designs are placed on."""


def family_of(part: str) -> Family:
    """Return the family of a part of :data:`PARTS`."""
    return FAMILIES[PARTS[part].family]
