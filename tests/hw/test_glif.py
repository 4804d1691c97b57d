"""The gated LIF neuron: against the paper's own state, at its gates' ends, and in integers."""

import math
import re
from typing import Any

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.glif import core, glif

from .neurons import agree, at_threshold, driven, run, silent, spikes, wide

#: Gates as good as open and shut.
OPEN, SHUT = 40.0, -40.0


def published(inputs, **given):
    """Return the spikes as Yao et al. write the neuron, with last step's spike as a state."""
    p: dict[str, Any] = glif.values(given)
    al, be, ga = (1 / (1 + math.exp(-p[name])) for name in ("alpha", "beta", "gamma"))
    u, z, times = 0.0, 0, []
    for time, i in enumerate(inputs):
        u = (
            (1 - al * (1 - p["tau"])) * u * (1 - ga * z)
            - (1 - al) * p["leak"]
            + (1 - be * (1 - p["conductance"])) * i
            - (1 - ga) * p["v_reset"] * z
        )
        z = int(u >= p["threshold"])
        times += [time] * z
    return times


@pytest.mark.parametrize("given", [{}, {"alpha": -2.0, "gamma": 1.5}, {"beta": 3.0, "tau": 0.9}])
def test_it_spikes_as_published(rng, given):
    inputs = [rng.uniform(-1, 2) for _ in range(2000)]
    times = published(inputs, **given)
    assert spikes(run(glif, inputs, **given)) == times
    assert len(times) > 100


def test_open_gates_leak_exponentially_and_reset_to_zero():
    gates = {"alpha": OPEN, "beta": OPEN, "gamma": OPEN, "conductance": 0.25}
    steps = run(glif, [1.6, 0.4, 2.0], **gates)  # a quarter of it passes, a quarter of v is left
    assert [step.states["v"] for step in steps] == pytest.approx([0.4, 0.2, 0.0], abs=1e-12)
    assert spikes(steps) == [2]


def test_shut_gates_leak_linearly_and_reset_by_subtraction():
    gates = {"alpha": SHUT, "beta": SHUT, "gamma": SHUT}
    steps = run(glif, [0.4, 0.3, 0.0], **gates)
    assert [step.states["v"] for step in steps] == pytest.approx(
        [0.3375, 0.575 - 0.5, 0.0125], rel=1e-9
    )
    assert spikes(steps) == [1]


def test_everything_is_trained():
    assert all(parameter.trained for parameter in glif.parameters.values())


def test_presets_are_silent_at_rest_and_saturate():
    silent("glif")
    driven("glif", low=-1.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(glif, alpha=0.7, gamma=-0.4), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("glif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau": 1.5}, "glif.tau is 1.5; it lies in 0 to 1"),
        ({"leak": -0.1}, "glif.leak is -0.1; it must be at least 0"),
        (
            {"conduct": 0.5},
            (
                "glif has no parameter conduct; it has "
                "alpha, beta, gamma, tau, leak, conductance, v_reset, threshold"
            ),
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
