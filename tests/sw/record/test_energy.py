import dataclasses
import re

import pytest

from spikewright.bench.stochastic_engine.gateware import Deployment, Placed
from spikewright.gateware.resources import Resources, Target
from spikewright.gateware.synthesis import CellCounts
from spikewright.record.energy import (
    ECP5_25F,
    ECP5_25F_STREAMS,
    UP5K,
    estimate,
    figures,
    model_of,
)
from spikewright.record.figure import Coefficient, Estimated
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.streams import Streams


def test_by_hand():
    # 1.1 V × 77 mA = 84.7 mW, for 80 cycles at 80 MHz = 1 µs: 84.7 nJ. 4000 × 74 pJ = 296 nJ.
    energy = estimate(cycles=80, synops=4000, clock_mhz=80.0)
    assert energy.static_uj == pytest.approx(0.0847, rel=1e-12)
    assert energy.dynamic_uj == pytest.approx(0.296, rel=1e-12)
    assert energy.total_uj == energy.static_uj + energy.dynamic_uj


def test_static_goes_with_time_and_dynamic_with_activity():
    base = estimate(cycles=100, synops=1000, clock_mhz=50.0)
    slower = estimate(cycles=100, synops=1000, clock_mhz=25.0)
    busier = estimate(cycles=100, synops=2000, clock_mhz=50.0)
    assert (slower.static_uj, slower.dynamic_uj) == (2 * base.static_uj, base.dynamic_uj)
    assert (busier.static_uj, busier.dynamic_uj) == (base.static_uj, 2 * base.dynamic_uj)


def test_figures_are_estimates_and_carry_every_coefficient():
    total, static, dynamic = figures(cycles=80, synops=4000, clock_mhz=80.0)
    assert (total.name, static.name, dynamic.name) == (
        "energy_per_inference_uj",
        "energy_static_uj",
        "energy_dynamic_uj",
    )
    assert total.value == static.value + dynamic.value
    # 380.7 nJ in 1 µs.
    assert total.detail == {
        "static_uj": static.value, "dynamic_uj": dynamic.value,
        "implied_power_mw": pytest.approx(380.7),
    }
    for figure in (total, static, dynamic):
        assert isinstance(figure.provenance, Estimated)
        used = {each.name: each for each in figure.provenance.coefficients}
        assert set(used) == {
            "core voltage",
            "standby current of the core supply",
            "energy per synaptic operation",
        }


def test_estimate_uses_the_coefficients_it_names():
    doubled = dataclasses.replace(
        ECP5_25F, standby_current=dataclasses.replace(ECP5_25F.standby_current, value=154.0)
    )
    base = estimate(cycles=80, synops=4000, clock_mhz=80.0)
    changed = estimate(cycles=80, synops=4000, clock_mhz=80.0, model=doubled)
    assert changed.static_uj == 2 * base.static_uj
    assert changed.dynamic_uj == base.dynamic_uj


def test_streams_by_hand():
    # As above, but 4000 operations of one bit, each an eighth of 74 pJ = 9.25 pJ: 37 nJ.
    energy = estimate(cycles=80, synops=4000, clock_mhz=80.0, model=ECP5_25F_STREAMS)
    assert energy.static_uj == pytest.approx(0.0847, rel=1e-12)
    assert energy.dynamic_uj == pytest.approx(0.037, rel=1e-12)


def test_an_up5k_by_hand():
    # 1.219 V × 85.6 µA = 0.1043 mW, for 240 cycles at 24 MHz = 10 µs; 240 × 592 pJ = 142 nJ.
    total, static, dynamic = figures(cycles=240, synops=4000, clock_mhz=24.0, model=UP5K)
    assert static.value == pytest.approx(0.001043464, rel=1e-9)
    assert dynamic.value == pytest.approx(0.14208, rel=1e-12)
    assert dynamic.detail == {"cycles": 240}
    assert total.detail["implied_power_mw"] == pytest.approx(14.31, abs=0.01)
    assert isinstance(total.provenance, Estimated)
    assert total.provenance.model.endswith("static power × latency + energy per cycle × cycles")
    assert {
        one.name: (one.value, one.unit, one.verified) for one in total.provenance.coefficients
    } == {
        "core voltage": (1.219, "V", True),
        "standby current of the core supply": (0.0856, "mA", True),
        "energy per cycle": (592.0, "pJ", False),
    }
    assert model_of("iCE40 UP5K", streams=True) is model_of("iCE40 UP5K", streams=False) is UP5K
    assert model_of("iCE40 HX8K", streams=False) is None


@pytest.mark.parametrize(
    ("design", "dynamic"),
    [
        (EventDesign(), 0.296),  # 4000 × 74 pJ
        (StochasticDesign(streams=Streams(length=64)), 2.368),  # 4000 × 64 × 9.25 pJ
        (StochasticDesign(streams=Streams(length=1024)), 37.888),  # 4000 × 1024 × 9.25 pJ
    ],
    ids=str,
)
def test_the_bench_of_both_engines_by_hand(design, dynamic):
    placed = Placed(
        deployment=Deployment(hidden=128, design=design, target=Target("ecp5-25f", 120)),
        sizes="64-128-10", accuracy=98.0, cycles=80.0, synops=4000.0,
        resources=Resources(
            core="", preset="", target=Target("ecp5-25f", 120), digest="", counts=CellCounts(),
            fmax_mhz=80.0, note="", size_source="synthesis", fmax_source="route",
        ),
    )
    total, static, moving = placed.energy
    assert static.value == pytest.approx(0.0847, rel=1e-12)
    assert moving.value == pytest.approx(dynamic, rel=1e-12)
    assert total.value == static.value + moving.value
    other = dataclasses.replace(placed.deployment, target=Target("up5k", 60))
    assert dataclasses.replace(placed, deployment=other).energy == ()


@pytest.mark.parametrize("model", [ECP5_25F, ECP5_25F_STREAMS])
def test_each_coefficient_by_hand(model):
    """Value, whether it was read where it is of this part, and the part it is of if not."""
    a_bit = model is ECP5_25F_STREAMS
    assert {
        one.name: (one.value, one.unit, one.verified, one.carried_from)
        for one in model.provenance.coefficients
    } == {
        "core voltage": (1.1, "V", True, ""),
        "standby current of the core supply": (77.0, "mA", False, "LFE5U-12F"),
        f"energy per {'one-bit ' * a_bit}synaptic operation": (
            9.25 if a_bit else 74.0, "pJ", False, "iCE40UP5K"
        ),
    }


def test_what_is_carried_over_from_another_part_is_not_verified():
    facts = {"name": "c", "value": 1.0, "unit": "pJ", "carried_from": "iCE40UP5K"}
    message = (
        "coefficient c is of iCE40UP5K and is used for another part, so it is not verified"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        Coefficient(**facts, source="read there", verified=True)
    carried = Coefficient(**facts, source="read there; unverified for this part", verified=False)
    assert not carried.verified


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cycles": -1}, "cycles (-1) and synops (4000) cannot be negative"),
        ({"synops": float("nan")}, "cycles (80) and synops (nan) cannot be negative"),
        ({"clock_mhz": 0}, "clock_mhz is 0; it must be above 0"),
    ],
)
def test_impossible_arguments(change, message):
    good = {"cycles": 80, "synops": 4000, "clock_mhz": 80.0}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        estimate(**(good | change))
