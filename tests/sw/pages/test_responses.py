"""Responses of the neurons: what drives them, the three runs, the picture."""

import random
import re

import pytest

from spikewright.errors import BuildError
from spikewright.pages import responses
from spikewright.pages.neuron_page import neuron_of
from spikewright.pages.responses import respond
from spikewright.pages.stimulus import Stimulus, run_integers, stimuli
from spikewright.record.svg import compact
from spikewright_hw.cores import CORES
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.neuron import DEFINITIONS


@pytest.fixture
def rng() -> random.Random:
    """Return a seeded random source; a failing test shows the seed."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


def of(name: str) -> FixedNeuron:
    return neuron_of(DEFINITIONS[name], CORES[name].presets)


# Stimuli ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lif", "alpha", "recurrent_lif", "li", "izhikevich", "tc_lif"])
def test_a_stimulus_is_seen(name):
    fixed = of(name)
    step, train = stimuli(fixed)
    assert len(step) == len(train) == {"izhikevich": 400, "alpha": 200}.get(name, 100)
    counts = [sum(spike for _, spike in run_integers(fixed, one)) for one in (step, train)]
    least = [8, 5] if fixed.definition.spikes else [0, 0]
    assert all(count >= few for count, few in zip(counts, least, strict=True))
    assert not step.pulses and train.pulses
    first = next(iter(train.inputs.values()))
    assert sum(map(bool, first)) == len(train) // 5


def test_inhibition_comes_later_and_is_weaker():
    step, _ = stimuli(of("alpha"))
    half = len(step) // 2
    assert not any(step.inputs["inh"][:half])
    assert step.inputs["inh"][half] == step.inputs["exc"][half] // 2 > 0


def test_a_recurrent_neuron_hears_its_last_spike():
    step, _ = stimuli(of("recurrent_lif"))
    assert "r" not in step.inputs
    assert step.at(20, spiked=False) == {"i": step.inputs["i"][20], "r": 0}
    assert step.at(20, spiked=True) == {"i": step.inputs["i"][20], "r": -128}


# The three runs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["li", "alpha", "recurrent_lif", "lif_refractory"])
def test_the_gateware_is_simulated(name):
    """One input and several, with feedback and without, a readout and a counter."""
    fixed = of(name)
    _, train = stimuli(fixed)
    response = respond(fixed, train)
    integer, gateware = response.runs["integer"], response.runs["gateware"]
    assert gateware == integer
    assert list(gateware.states) == list(fixed.formats)
    assert bool(gateware.spikes) == fixed.definition.spikes


def test_float_is_the_equation():
    stimulus = Stimulus("", False, {"i": (64, 64, 0)}, {})
    run = respond(of("li"), stimulus).runs["float"]
    assert run.states == {"v": (0.25, 0.46875, 0.41015625)}


def test_gateware_that_differs_stops_the_job(monkeypatch):
    def wrong(fixed, stimulus):
        steps = run_integers(fixed, stimulus)
        return [*steps[:1], ({"v": 7}, True), *steps[2:]]

    monkeypatch.setattr(responses, "simulated", wrong)
    message = (
        "lif: after step 1 the gateware has v = 7 and a spike, the integers have v = 120 and no "
        "spike; this is a defect of one of them"
    )
    with pytest.raises(BuildError, match=f"^{re.escape(message)}$"):
        respond(of("lif"), Stimulus("", False, {"i": (64, 64, 0)}, {}))


# Pictures -----------------------------------------------------------------------------------------


def points(path: str) -> list[tuple[str, float, float]]:
    """Return the points of a path in relative or absolute steps, as absolute ones."""
    at, found = (0.0, 0.0), []
    for command, numbers in re.findall(r"([MLmlhz])([^MLmlhz]*)", path):
        values = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        values += [0.0] * (command == "h")
        pairs = zip(values[::2], values[1::2], strict=True)
        for n, (x, y) in enumerate(pairs):
            at = (x, y) if command in "ML" else (at[0] + x, at[1] + y)
            found.append(("M" if command in "Mm" and n == 0 else "L", *at))
        if command == "z":
            found.append(("z", 0.0, 0.0))
    return found


def test_a_compact_path_is_the_same_path(rng):
    for _ in range(50):
        path = f"M {rng.uniform(0, 700):.6f} {rng.uniform(0, 300):.6f} \n"
        for _ in range(rng.randint(1, 40)):
            command = rng.choice("LLLLLM")
            x, y = rng.uniform(-2, 700), rng.uniform(-2, 300)
            path += f"{command} {x:.6f} {y:.6f} \n" * rng.choice([1, 1, 2])  # some dots
        path += rng.choice(["", "z\n"])
        short = re.search(r' d="([^"]*)"', compact(f'<path d="{path}"/>'))
        assert short
        before, after = points(path), points(short[1])
        assert [one[0] for one in after] == [one[0] for one in before]
        assert [x for one in after for x in one[1:]] == pytest.approx(
            [x for one in before for x in one[1:]], abs=0.051
        )


def test_compact_leaves_text_and_curves_as_they_are():
    curve = '<path d="M 0 0 C 1.25 2 3 4 5 6 "/>'
    text = compact(f'<g>\n <text x="1.2345">0.1875</text>\n</g>\n{curve}')
    assert text == '<text x="1.2">0.1875</text>\n<path d="M 0 0 C 1.25 2 3 4 5 6"/>'
