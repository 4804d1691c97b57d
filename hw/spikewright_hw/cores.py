"""The registry of cores: one line each.

A core called ``lif`` of the family ``neuron`` is the module ``spikewright_hw.neuron.lif``; a family
may be part of another (``stochastic.source``). The module defines ``PRESETS``, a dict of parameter
sets by name (at least two of different width where the core has one), and ``core``, which takes
such a set as keywords and returns the component. Its counterparts bear the same stem:
``sim/test_lif.py``, ``formal/lif.py``, ``formal/lif.sby``, ``tests/hw/test_lif.py``,
``docs/cores/lif.md``, and ``lif.core`` beside the module; ``tests/test_house.py`` names whatever is
missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amaranth.lib import wiring

__all__ = ["CORES", "Core"]


@dataclass(frozen=True)
class Core:
    """A registered core."""

    family: str
    name: str

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


CORES = {
    core.name: core
    for core in (
        Core("neuron", "li"),
        Core("neuron", "if_neuron"),
        Core("neuron", "lif"),
        Core("neuron", "lif_refractory"),
        Core("neuron", "lapicque"),
        Core("neuron", "plif"),
        Core("neuron", "recurrent_lif"),
        Core("neuron", "cuba_lif"),
        Core("neuron", "alpha"),
        Core("neuron", "second_order_lif"),
        Core("neuron", "alif"),
        Core("neuron", "adlif"),
        Core("neuron", "glif"),
        Core("neuron", "clif"),
        Core("neuron", "tc_lif"),
        Core("neuron", "exp_if"),
        Core("neuron", "adex"),
        Core("neuron", "izhikevich"),
        Core("neuron", "nir_li"),
        Core("neuron", "nir_if"),
        Core("neuron", "nir_lif"),
        Core("neuron", "nir_cuba_li"),
        Core("neuron", "nir_cuba_lif"),
        Core("engine", "neuron_array"),
        Core("engine", "neuron_group"),
        Core("engine", "scan"),
        Core("engine", "feedback"),
        Core("engine", "row_layer"),
        Core("engine", "event"),
        Core("engine", "argmax"),
        Core("engine", "trace_memory"),
        Core("engine", "stream_layer"),
        Core("engine", "stochastic"),
        Core("stochastic.source", "lfsr"),
        Core("stochastic.source", "counter"),
        Core("stochastic.source", "van_der_corput"),
        Core("stochastic.source", "sobol"),
        Core("stochastic.source", "halton"),
        Core("stochastic.source", "shared_source"),
        Core("stochastic.number", "sng"),
        Core("stochastic.number", "weighted_generator"),
        Core("stochastic.number", "estimator"),
        Core("stochastic.correlation", "synchronizer"),
        Core("stochastic.correlation", "desynchronizer"),
        Core("stochastic.correlation", "decorrelator"),
        Core("stochastic.correlation", "isolator"),
        Core("stochastic.arithmetic", "and_multiplier"),
        Core("stochastic.arithmetic", "xnor_multiplier"),
        Core("stochastic.arithmetic", "sign_magnitude_multiplier"),
        Core("stochastic.arithmetic", "or_adder"),
        Core("stochastic.arithmetic", "mux_adder"),
        Core("stochastic.arithmetic", "accumulative_adder"),
        Core("stochastic.arithmetic", "parallel_counter"),
        Core("stochastic.arithmetic", "signed_parallel_counter"),
        Core("stochastic.arithmetic", "accumulative_parallel_counter"),
        Core("stochastic.arithmetic", "maximum"),
        Core("stochastic.arithmetic", "minimum"),
        Core("stochastic.arithmetic", "subtractor"),
        Core("stochastic.arithmetic", "absolute_difference"),
        Core("stochastic.arithmetic", "divider"),
        Core("stochastic.arithmetic", "tanh"),
        Core("stochastic.arithmetic", "relu"),
        Core("stochastic.neuron", "integrate_and_fire"),
        Core("stochastic.neuron", "windowed_neuron"),
        Core("link", "uart_rx"),
        Core("link", "uart_tx"),
        Core("link", "frame_decoder"),
        Core("link", "frame_encoder"),
        Core("link", "command_processor"),
    )
}
