# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.stochastic.neuron.integrate_and_fire import IntegrateAndFire, step


def run(core: IntegrateAndFire, counts: list[list[int]]) -> tuple[list[int], list[list[int]]]:
    """Return the spikes of each step, and the membranes after it."""
    states = [integers.start(core.fixed, neuron=lane) for lane in range(core.lanes)]
    spikes, membranes = [], []
    for row in counts:
        states, fired = step(core.fixed, states, row)
        spikes.append(fired)
        membranes.append([state["v"] for state in states])
    return spikes, membranes


@pytest.mark.parametrize("threshold", [1, 3, 5, 8, 60])
@pytest.mark.parametrize("length", [1, 17, 256])
def test_a_constant_count_gives_the_clipped_quotient_rounded_down(threshold, length):
    core = IntegrateAndFire(count_width=5, format=Format(7, 0), threshold=threshold)
    for count in range(-16, 16):
        spikes, _ = run(core, [[count]] * length)
        rate = max(Fraction(0), min(Fraction(1), Fraction(count, threshold)))
        assert sum(spikes) == int(rate * length)


@pytest.mark.parametrize("threshold", [3, 16])
def test_nothing_is_lost(rng, threshold):
    """Counts in are threshold times spikes, and the membrane; so the rate is off by that share."""
    core = IntegrateAndFire(count_width=4, format=Format(12, 0), threshold=threshold)
    counts = [rng.randrange(-4, 8) for _ in range(250)]
    spikes, membranes = run(core, [[count] for count in counts])
    for n in range(1, len(counts) + 1):
        assert sum(counts[:n]) == threshold * sum(spikes[:n]) + membranes[n - 1][0]
        error = Fraction(sum(spikes[:n]), n) - Fraction(sum(counts[:n]), threshold * n)
        assert abs(error) == Fraction(abs(membranes[n - 1][0]), threshold * n)


def test_saturated_at_zero_it_forgets_what_is_negative():
    core = IntegrateAndFire(
        count_width=4, format=Format(6, 0), threshold=6.0, saturation="positive"
    )
    spikes, membranes = run(core, [[count] for count in (-8, -8, 5, 1, 5)])
    assert spikes == [0, 0, 0, 1, 0]
    assert membranes == [[0], [0], [5], [0], [5]]


def test_each_lane_has_its_own_threshold():
    core = IntegrateAndFire(count_width=4, format=Format(6, 0), lanes=3, threshold=(2.0, 3.0, 6.0))
    spikes, _ = run(core, [[2, 2, 2]] * 6)
    assert [sum(word >> lane & 1 for word in spikes) for lane in range(3)] == [6, 4, 2]


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize(
    "keywords",
    [
        {"count_width": 4, "format": Format(7, 0), "threshold": 8.0},
        {"count_width": 5, "format": Format(5, 0), "lanes": 2, "threshold": (1.0, 9.0)},
        {"count_width": 4, "format": Format(6, 3), "lanes": 2, "neuron": "lif", "threshold": 5.0},
        {"count_width": 3, "format": Format(4, 4), "neuron": "lif_refractory", "refractory": 2},
    ],
    ids=["if", "if_full_width", "lif", "lif_refractory"],
)
def test_core_follows_reference(exchange, rng, keywords, stall):
    core = IntegrateAndFire(**keywords)
    half = 1 << (core.count_width - 1)
    counts = [[rng.randrange(-half // 2, half) for _ in range(core.lanes)] for _ in range(120)]
    counts += [[half - 1] * core.lanes] * 20 + [[-half] * core.lanes] * 20
    counts += [[half - 1] * core.lanes] * 20
    spikes, _ = run(core, counts)
    came = exchange(core, send={"i": counts}, take={"o": len(counts)}, stall=stall)
    assert came["o"] == spikes
    assert 0 < sum(map(int.bit_count, spikes)) < core.lanes * len(counts)


def test_no_lanes():
    message = r"^an integrate-and-fire core has at least one lane, not 0$"
    with pytest.raises(ValueError, match=message):
        IntegrateAndFire(count_width=4, format=Format(6, 0), lanes=0)


@pytest.mark.parametrize("width", [1, 7])
def test_count_width_out_of_range(width):
    message = rf"^a count of a Q6\.2 membrane has 2 to 6 bits, not {width}$"
    with pytest.raises(ValueError, match=message):
        IntegrateAndFire(count_width=width, format=Format(6, 2))


def test_values_for_other_lanes():
    with pytest.raises(ValueError, match=r"^threshold has 2 values; there are 3 lanes$"):
        IntegrateAndFire(count_width=4, format=Format(6, 0), lanes=3, threshold=(1.0, 2.0))


def test_unknown_neuron():
    message = rf"^there is no neuron 'lief'; there are {', '.join(DEFINITIONS)}$"
    with pytest.raises(ValueError, match=message):
        IntegrateAndFire(count_width=4, format=Format(6, 0), neuron="lief")


def test_neuron_with_two_inputs():
    message = r"^alpha has the inputs exc, inh; a stream of counts drives a neuron with one$"
    with pytest.raises(ValueError, match=message):
        IntegrateAndFire(count_width=4, format=Format(6, 2), neuron="alpha")


def test_neuron_that_never_spikes():
    with pytest.raises(ValueError, match=r"^li never spikes, so it makes no bitstream$"):
        IntegrateAndFire(count_width=4, format=Format(6, 2), neuron="li")
