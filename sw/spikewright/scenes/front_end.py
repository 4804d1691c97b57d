"""What the filter bank takes on an iCE40 UP5K, and what it costs in energy: estimates."""

from dataclasses import dataclass
from pathlib import Path

from spikewright_hw.audio.bank import Bank
from spikewright_hw.audio.filter_bank import FilterBank, sample_cycles
from spikewright_hw.emit import as_rtlil
from spikewright_hw.engine.design import EventDesign

from ..gateware.synthesis import Netlist, synthesize
from ..quantized.network import QuantizedNetwork
from ..record.energy import UP5K
from ..record.figure import Estimated

__all__ = ["ENERGY", "FrontEnd", "energy_mj", "engine_netlist", "front_end", "serial_design"]

#: Energy of a clock cycle of a busy iCE40UP5K.
ENERGY = UP5K.energy


@dataclass(frozen=True)
class FrontEnd:
    """A filter bank on an iCE40 UP5K.

    Parameters
    ----------
    bank : Bank
    rate : int
        Samples a second.
    netlist : Netlist
        As it was synthesised.
    """

    bank: Bank
    rate: int
    netlist: Netlist

    @property
    def cycles_per_second(self) -> int:
        """Clock cycles for a second of sound: the least clock that keeps up, in Hz."""
        return sample_cycles(self.bank.channels) * self.rate


def front_end(bank: Bank, *, rate: int, build: Path = Path("build")) -> FrontEnd:
    """Synthesise a filter bank for iCE40.

    Raises
    ------
    BuildError, ToolError
        Yosys is missing, or refuses it.
    """
    source = as_rtlil(FilterBank(bank), name="filter_bank")
    return FrontEnd(
        bank, rate, synthesize(source, top="filter_bank", family="ice40", build=build)
    )


def serial_design(network: QuantizedNetwork) -> EventDesign:
    """Return the engine: an updater for each lane of a map, one for the readout; block RAM."""
    most = max(layer.neurons for layer in network.network.layers)
    return EventDesign(banks=1, share=most, ram_style="block")


def engine_netlist(network: QuantizedNetwork, *, build: Path = Path("build")) -> Netlist:
    """Synthesise the network's engine for iCE40, which takes minutes, the first time."""
    source = as_rtlil(serial_design(network).engine(network.network), name="engine")
    return synthesize(source, top="engine", family="ice40", build=build)


def energy_mj(cycles: float) -> float:
    """Return the estimated dynamic energy of clock cycles, mJ."""
    return cycles * ENERGY.value * 1e-9


def estimated() -> Estimated:
    """Return where an energy comes from."""
    return Estimated(
        model="iCE40UP5K, dynamic: clock cycles × the energy of a cycle of a busy design; between "
        "inferences and samples the clock stands still, which is not built",
        coefficients=(ENERGY,),
    )
