"""An estimate of the energy of one inference on an ECP5-25F or an iCE40 UP5K. It is no measurement.

    E = P_static · t + e_synop · N_synop,        t = cycles / f

and, of the UP5K, whose design is about as large as that which its coefficient was measured on,

    E = P_static · t + e_cycle · cycles

Static power burns for as long as the inference lasts; the dynamic part grows with the synaptic
operations. The two are kept apart, because they call for different cures: a faster engine for the
first, fewer spikes for the second. On the stochastic engine a synaptic operation is as many one-bit
operations as a stream has bits. Only the core supply is in it: no I/O banks, auxiliary supply,
regulators, memory, USB chip or host.
"""

from dataclasses import dataclass, replace

from .figure import Coefficient, Estimated, Figure

__all__ = [
    "ECP5_25F", "ECP5_25F_STREAMS", "UP5K", "Energy", "EnergyModel", "estimate", "figures",
    "model_of",
]


@dataclass(frozen=True)
class EnergyModel:
    """Constants of the estimate for one device.

    Parameters
    ----------
    device : str
    core_voltage : Coefficient
        In V.
    standby_current : Coefficient
        Of the core supply, configured, clocks at rest; in mA.
    energy : Coefficient
        In pJ; of a synaptic operation, of a one-bit one where streams are computed with, or of a
        clock cycle.
    per_cycle : bool
        Whether it is of a cycle.
    """

    device: str
    core_voltage: Coefficient
    standby_current: Coefficient
    energy: Coefficient
    per_cycle: bool = False

    @property
    def static_mw(self) -> float:
        """Static power of the core supply in mW."""
        return self.core_voltage.value * self.standby_current.value

    @property
    def provenance(self) -> Estimated:
        """The model in words, and its coefficients."""
        return Estimated(
            model=f"{self.device} core supply: static power × latency + " + (
                "energy per cycle × cycles" if self.per_cycle
                else "energy per synaptic operation × synaptic operations"
            ),
            coefficients=(self.core_voltage, self.standby_current, self.energy),
        )


#: LFE5U-25F, the device of the ULX3S.
ECP5_25F = EnergyModel(
    device="LFE5U-25F",
    core_voltage=Coefficient(
        name="core voltage",
        value=1.1,
        unit="V",
        source="VCC of LFE5U devices; Butterstick board, github.com/butterstick-fpga/"
        "butterstick-hardware, issue 2 (2019)",
        verified=True,
    ),
    standby_current=Coefficient(
        name="standby current of the core supply",
        value=77.0,
        unit="mA",
        source="Lattice ECP5 family data sheet FPGA-DS-02012, static supply current, typical; "
        "unverified: the table itself was not at hand. Butterstick issue 2 gives 77 mA for the "
        "smallest ECP5, the 12F; that the 25F draws the same is an assumption",
        verified=False,
        carried_from="LFE5U-12F",
    ),
    energy=Coefficient(
        name="energy per synaptic operation",
        value=74.0,
        unit="pJ",
        source="SYNtzulu, a spiking network processor on an iCE40UP5K: at most 14.2 mW when "
        "inferring at 24 MHz with 2 × 4 synapses per cycle, 14.2 mW / (24 MHz × 8) = 74 pJ; its "
        "README, github.com/gianlucaleone/SYNtzulu (paper: 10.1109/TCSI.2024.3450966). The value "
        "was read there; unverified: that it carries over to an ECP5 and to this engine is an "
        "assumption. It has clock and control in it, so nothing is added for those",
        verified=False,
        carried_from="iCE40UP5K",
    ),
)


#: The same device, computing on bitstreams.
ECP5_25F_STREAMS = replace(
    ECP5_25F,
    energy=Coefficient(
        name="energy per one-bit synaptic operation",
        value=ECP5_25F.energy.value / 8,
        unit="pJ",
        source="an eighth of the energy per synaptic operation that the event engine's estimate "
        "uses, which is that of an addition of 8 bits; unverified, nobody measured it",
        verified=False,
        carried_from="iCE40UP5K",
    ),
)


#: The iCE40 of the iCEBreaker. What a cycle takes is that of a design of 3,473 logic cells, 17
#: block RAMs and 4 large ones at its busiest; a smaller one takes less.
UP5K = EnergyModel(
    device="iCE40UP5K",
    core_voltage=Coefficient(
        name="core voltage",
        value=1.219,
        unit="V",
        source="core rail of the iCE40UP5K breakout board, measured with a Joulescope JS110 by "
        "tinyVision; github.com/tinyvision-ai-inc/ice40_power",
        verified=True,
    ),
    standby_current=Coefficient(
        name="standby current of the core supply",
        value=0.0856,
        unit="mA",
        source="the same, of a blank design, 85.6 µA",
        verified=True,
    ),
    energy=Coefficient(
        name="energy per cycle",
        value=592.0,
        unit="pJ",
        source="SYNtzulu, a spiking network processor on this part: at most 14.2 mW when inferring "
        "at 24 MHz, 14.2 mW / 24 MHz = 592 pJ; its README, github.com/gianlucaleone/SYNtzulu "
        "(paper: 10.1109/TCSI.2024.3450966), other versions of which say 9.5 and 12.05 mW; "
        "unverified: that it carries over to this engine is an assumption",
        verified=False,
    ),
    per_cycle=True,
)


def model_of(device: str, *, streams: bool) -> EnergyModel | None:
    """Return the model of a device, by its name; None where nobody has published coefficients.

    Parameters
    ----------
    device : str
        Such as ``ECP5 LFE5U-25F``, or ``iCE40 UP5K``.
    streams : bool
        Whether it computes on bitstreams.
    """
    if device.endswith("UP5K"):
        return UP5K
    if not device.endswith(_ESTIMATED):
        return None
    return ECP5_25F_STREAMS if streams else ECP5_25F


#: The 12F is sold from the 25F's die.
_ESTIMATED = ("LFE5U-25F", "LFE5U-12F")


@dataclass(frozen=True)
class Energy:
    """Estimated energy of one inference in µJ, its two parts apart."""

    static_uj: float
    dynamic_uj: float

    @property
    def total_uj(self) -> float:
        """Both parts together in µJ."""
        return self.static_uj + self.dynamic_uj


def estimate(
    *, cycles: float, synops: float, clock_mhz: float, model: EnergyModel = ECP5_25F
) -> Energy:
    """Estimate the energy of one inference.

    Parameters
    ----------
    cycles : float
        Clock cycles of an inference; a mean may be fractional.
    synops : float
        Synaptic operations of an inference; one-bit operations, for a model of these.
    clock_mhz : float
        Clock in MHz.

    Raises
    ------
    ValueError
        A count is negative, or the clock is not above 0.
    """
    if not cycles >= 0 or not synops >= 0:
        raise ValueError(f"cycles ({cycles}) and synops ({synops}) cannot be negative")
    if not clock_mhz > 0:
        raise ValueError(f"clock_mhz is {clock_mhz}; it must be above 0")
    latency_us = cycles / clock_mhz
    return Energy(
        static_uj=model.static_mw * latency_us * 1e-3,  # mW · µs = nJ
        dynamic_uj=model.energy.value * (cycles if model.per_cycle else synops) * 1e-6,  # pJ
    )


def figures(
    *, cycles: float, synops: float, clock_mhz: float, model: EnergyModel = ECP5_25F
) -> tuple[Figure, ...]:
    """Return the estimate as figures: the total, the static and the dynamic part.

    Arguments and errors as for :func:`estimate`.
    """
    energy = estimate(cycles=cycles, synops=synops, clock_mhz=clock_mhz, model=model)
    parts = {"static_uj": energy.static_uj, "dynamic_uj": energy.dynamic_uj}
    if cycles:  # a power that the part cannot have shows that the estimate is wrong
        parts["implied_power_mw"] = energy.total_uj / (cycles / clock_mhz) * 1e3
    return (
        Figure("energy_per_inference_uj", energy.total_uj, "µJ", model.provenance, parts),
        Figure(
            "energy_static_uj",
            energy.static_uj,
            "µJ",
            model.provenance,
            {"static_power_mw": model.static_mw, "clock_mhz": clock_mhz},
        ),
        Figure(
            "energy_dynamic_uj", energy.dynamic_uj, "µJ", model.provenance,
            {"cycles": cycles} if model.per_cycle else {"synops": synops},
        ),
    )
