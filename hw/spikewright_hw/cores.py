"""The registered cores, by name.

A core called ``lif`` of the family ``neuron`` is the module ``spikewright_hw.neuron.lif``; a family
may be part of another (``stochastic.source``). The module defines ``PRESETS``, a dict of parameter
sets by name (at least two of different width where the core has one), and ``core``, which takes
such a set as keywords and returns the component. A line of ``cores.txt`` registers it.

Its counterparts bear the same stem: ``tests/hw/test_lif.py`` and ``docs/cores/lif.md``; then
``sim/benches/lif.py``, ``formal/lif.py`` and ``formal/lif.sby``, or those of its kind, which serve
every core of the kind: ``sim/benches/neuron.py``, ``formal/neuron.py``, ``formal/neuron.sby``.
``tests/test_house.py`` names whatever is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from .registry import ENTRIES, Entry

if TYPE_CHECKING:
    from amaranth.lib import wiring

__all__ = ["CORES", "Core"]


@dataclass(frozen=True)
class Core(Entry):
    """A registered core; its parameters are those of :class:`~spikewright_hw.registry.Entry`."""

    @property
    def module(self) -> Any:
        """The core's module."""
        return import_module(f"{__package__}.{self.family}.{self.name}")

    @property
    def folder(self) -> PurePath:
        """Folder of the module, below the package."""
        return PurePath(*self.family.split("."))

    @property
    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Parameter sets by name."""
        return self.module.PRESETS

    def build(self, preset: str) -> "wiring.Component":
        """Make the component of one preset."""
        return self.module.core(**self.presets[preset])

    def top(self, preset: str) -> str:
        """Name of the Verilog module of one preset."""
        return f"{self.name}_{preset}"

    def file_in(self, folder: Path, suffix: str) -> Path:
        """Return the core's own file in a folder of counterparts, or, without one, its kind's."""
        own = folder / f"{self.name}{suffix}"
        return own if own.is_file() else folder / f"{self.kind}{suffix}"


#: The registered cores by name, in the order of the documentation.
CORES = {entry.name: Core(entry.family, entry.name, entry.kind) for entry in ENTRIES}
