# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction
from math import floor

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.stochastic.neuron.windowed_neuron import WindowedNeuron, current


def run(core: WindowedNeuron, counts: list[int]) -> list[dict[str, int]]:
    """Return the results of the steps that the windows of ``counts`` make."""
    (name,) = core.fixed.definition.inputs
    states, results = integers.start(core.fixed), []
    for begin in range(0, len(counts) - core.length + 1, core.length):
        total = sum(counts[begin : begin + core.length])
        given = current(total, shift=core.shift, format=core.fixed.format)
        states, spike = integers.step(core.fixed, states, {name: given})
        results.append(states | ({"spike": spike} if core.fixed.definition.spikes else {}))
    return results


@pytest.mark.parametrize("format", [Format(4, 0), Format(3, 4)], ids=str)
@pytest.mark.parametrize("shift", [-5, -1, 0, 2])
def test_the_current_is_rounded_half_up_and_saturated(format, shift):
    for total in range(-300, 300):
        exact = floor(total * Fraction(2) ** shift + Fraction(1, 2))
        assert current(total, shift=shift, format=format) == max(format.min, min(format.max, exact))


@pytest.mark.parametrize("length", [2, 16, 256])
def test_by_default_the_current_is_the_mean_count(length):
    core = WindowedNeuron(count_width=4, length=length, format=Format(6, 4))
    for count in range(-8, 8):
        given = current(count * length, shift=core.shift, format=Format(6, 4))
        assert Format(6, 4).real(given) == count


CORES = {
    "if": {"count_width": 4, "length": 4, "format": Format(5, 3)},
    "narrow": {"count_width": 6, "length": 8, "format": Format(3, 2), "neuron": "lif"},
    "left": {"count_width": 3, "length": 2, "format": Format(4, 6), "shift": 4},
    "readout": {"count_width": 5, "length": 4, "format": Format(6, 2), "neuron": "li"},
}


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("name", CORES)
def test_core_follows_reference(exchange, rng, name, stall):
    core = WindowedNeuron(**CORES[name])
    half = 1 << (CORES[name]["count_width"] - 1)
    low = [rng.randrange(-half, half) for _ in range(40 * core.length)]
    counts = low + [half - 1] * (8 * core.length) + [-half] * (8 * core.length)
    results = run(core, counts)
    came = exchange(core, send={"i": counts}, take={"o": len(results)}, stall=stall)
    assert came["o"] == results
    assert len(results) == 56


def test_count_of_one_bit():
    with pytest.raises(ValueError, match=r"^a signed count has at least 2 bits, not 1$"):
        WindowedNeuron(count_width=1, length=4, format=Format(6, 2))


@pytest.mark.parametrize("length", [1, 12])
def test_length_no_power_of_two(length):
    message = rf"^a window is a power of two of at least 2 counts, not {length}$"
    with pytest.raises(ValueError, match=message):
        WindowedNeuron(count_width=4, length=length, format=Format(6, 2))


def test_unknown_neuron():
    message = rf"^there is no neuron 'lief'; there are {', '.join(DEFINITIONS)}$"
    with pytest.raises(ValueError, match=message):
        WindowedNeuron(count_width=4, length=4, format=Format(6, 2), neuron="lief")


def test_neuron_with_two_inputs():
    message = r"^alpha has the inputs exc, inh; a stream of counts drives a neuron with one$"
    with pytest.raises(ValueError, match=message):
        WindowedNeuron(count_width=4, length=4, format=Format(6, 2), neuron="alpha")
