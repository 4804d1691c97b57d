import dataclasses
import re

import pytest

from spikewright.record.energy import ECP5_25F, estimate, figures
from spikewright.record.figure import Estimated


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
    assert total.detail == {"static_uj": static.value, "dynamic_uj": dynamic.value}
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


def test_what_was_not_verified_says_so():
    assert "unverified" in ECP5_25F.standby_current.source
    assert not ECP5_25F.standby_current.verified


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
