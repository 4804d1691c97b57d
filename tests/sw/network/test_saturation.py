"""Whether states can saturate: held to all inputs of tiny networks, and to plain integers."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright.errors import DataError, SpikewrightWarning
from spikewright.network.find_saturation import find_saturation
from spikewright.network.overshoot import overshoots
from spikewright.network.reach import reach
from spikewright.network.spans import Spans, _Spans
from spikewright.quantized.saturation import check_saturation
from spikewright_hw.definition import integers
from spikewright_hw.definition.interval import Interval, IntervalOperations
from spikewright_hw.engine.drawn_network import drawn_network
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS


@pytest.fixture
def rng() -> random.Random:
    seed = random.randrange(2**32)
    print("seed", seed)
    return random.Random(seed)


def all_inputs(network: Network) -> np.ndarray:
    bits = network.steps * network.inputs
    numbers = np.arange(1 << bits)[:, None] >> np.arange(bits) & 1
    return numbers.astype(bool).reshape(-1, network.steps, network.inputs)


def in_plain_integers(network: Network, spikes: np.ndarray) -> list[list[list[dict[str, int]]]]:
    """Return the states of each layer, step and neuron, before they are saturated."""
    found = []
    arriving = spikes
    for layer in network.layers:
        fixed = layer.fixed
        unbounded = {"bounds": dict.fromkeys(fixed.bounds, (-(1 << 80), 1 << 80))}
        free = object.__new__(type(fixed))
        vars(free).update(vars(fixed) | unbounded)
        states = [integers.start(fixed, neuron=n) for n in range(layer.neurons)]
        fired = np.zeros((network.steps, layer.neurons), bool)
        found.append([])
        for t in range(network.steps):
            rows = [*arriving[t]] + ([*fired[t - 1]] if layer.recurrent is not None else [])
            step = []
            for n in range(layer.neurons):
                currents = {
                    name: (sum(row[n] for row, on in
                               zip(layer.contributions(name), rows, strict=True) if on)
                           << layer.shift) + layer.biases(name)[n]
                    for name in fixed.definition.inputs
                }
                after, fired[t, n] = integers.step(free, states[n], currents, neuron=n)
                step.append(after)
                states[n] = {name: fixed.saturate(name, value) for name, value in after.items()}
            found[-1].append(step)
        arriving = fired
    return found


def hold(network: Network) -> list[str]:
    """Check every verdict against all inputs; return the verdicts."""
    found = find_saturation(network, tries=64)
    over = overshoots(network, all_inputs(network))
    bounds = reach(network)
    for end in over:
        low, high = network.layers[end.layer].fixed.bounds[end.state]
        most = bounds[end.layer].high[end.state] - high
        least = low - bounds[end.layer].low[end.state]
        assert (over[end] <= (most if end.upper else least)).all(), end
    for one in found.ends:
        end = next(e for e in over if (e.layer, e.state, e.upper) == (
            one.layer, one.state, one.upper))
        if one.verdict == "never":
            assert over[end].max() <= 0
        if one.witness is not None:
            seen = one.witness
            states = in_plain_integers(network, seen.spikes)[one.layer]
            form = one.format
            value = states[seen.step][seen.neuron][one.state]
            assert form.real(value) == seen.value
            assert value > form.quantize(one.limit) if one.upper else (
                value < form.quantize(one.limit))
    return [one.verdict for one in found.ends]


def test_bounds_and_verdicts_hold_for_all_inputs_of_tiny_networks(rng):
    verdicts: list[str] = []
    while len(verdicts) < 100:
        network = drawn_network(rng, largest=3)
        if network.steps * network.inputs <= 8:
            verdicts += hold(network)
    assert {"never", "saturates"} <= {*verdicts}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_neuron_in_a_narrow_format_and_in_a_wide_one(name, rng):
    definition = DEFINITIONS[name]
    recurrent = None
    if any(one.source == "recurrent" for one in definition.inputs.values()):
        recurrent = ((3, -2), (-7, 5))
    wide = {"izhikevich": 14, "adex": 12}.get(name, 11)
    kinds = []
    for integer in (8, wide):
        layer = Layer(
            weights=((7, -5), (6, -7), (3, 7)), weight_bits=4, neuron=name, parameters={},
            membrane=Format(integer, 5), recurrent=recurrent, bias=(150, -90),
        )
        network = Network((layer,), 3, "count" if definition.spikes else "last")
        kinds.append(hold(network))
    assert "saturates" not in kinds[1]


def network_of(membrane: Format, neuron: str = "nir_if", **more) -> Network:
    """Two layers, whose membranes end at -64 and 63.9 in Q7.4."""
    first = Layer(
        weights=((7, -7), (7, -7), (-7, 7)), weight_bits=4, neuron=neuron, parameters={},
        membrane=membrane, **more,
    )
    last = Layer(
        weights=((7,), (-7,)), weight_bits=4, neuron="li", parameters={}, membrane=membrane,
    )
    return Network((first, last), 6)


def test_a_network_that_cannot():
    found = find_saturation(network_of(Format(9, 4)))
    assert found.excluded and not found.saturates and not found.unknown and found.words == ""
    assert [(one.state, one.upper, one.neurons) for one in found.ends] == [
        ("v", False, 0), ("v", True, 0)
    ] * 2
    assert found.ends[0].sentence == "layers[0]: the state v never comes to -256, the end of Q9.4"
    found.refuse()


def test_a_network_that_can():
    found = find_saturation(network_of(Format(7, 4)))
    assert [one.verdict for one in found.ends] == ["saturates", "never", "never", "never"]
    (one,) = found.saturates
    assert one.sentence == (
        "layers[0]: the state v of neuron 1 saturates in step 4, at -64 in Q7.4 instead of -70, "
        "with this input: inputs 0 to 1 in steps 0 to 4"
    )
    assert one.witness is not None and [*found.inputs] == ["0_v_low"]
    assert found.inputs["0_v_low"].tolist() == [[True, True, False]] * 5 + [[False] * 3]
    message = f"{one.sentence}. Take a wider membrane, or allow it by allow_saturation=True"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_saturation(network_of(Format(7, 4)), allow_saturation=False)
    with pytest.warns(SpikewrightWarning, match=f"^{re.escape(one.sentence)}$"):
        check_saturation(network_of(Format(7, 4)))


def test_a_membrane_that_is_never_negative_does_not_end_at_zero():
    found = find_saturation(network_of(Format(7, 4), saturation="positive"))
    assert [(one.layer, one.upper) for one in found.ends] == [(0, True), (1, False), (1, True)]
    assert found.excluded


def test_what_is_not_known_is_refused_where_none_is_allowed(monkeypatch):
    monkeypatch.setattr("spikewright.network.find_saturation.inputs_to_try", lambda *_: ())
    found = find_saturation(network_of(Format(7, 4)), tries=0)
    sentence = (
        "layers[0]: the state v might saturate at -64 in Q7.4: no input was found with which it "
        "does, but the bound on it is -78"
    )
    assert not found.excluded and found.words == sentence
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}"):
        found.refuse()


def test_inputs_are_found_by_chance_where_the_weights_do_not_say(monkeypatch):
    monkeypatch.setattr("spikewright.network.find_saturation.inputs_to_try", lambda *_: ())
    assert find_saturation(network_of(Format(7, 4)), tries=4096).saturates


def test_a_program_wider_than_an_int64():
    """Bounds are on Python integers where what they are narrowed to could be wider."""
    network = network_of(Format(28, 4), neuron="alif")
    assert network.layers[0].fixed.widest() > 50
    assert find_saturation(network).excluded




def test_spans_are_the_intervals_of_each_neuron(rng):
    """Each operation on arrays equals that on single intervals."""
    def drawn(least: int, most: int) -> list[Interval]:
        return [Interval.of(rng.randint(least, most), rng.randint(least, most)) for _ in range(50)]

    def spans(given: list[Interval]) -> Spans:
        return Spans(*(np.array([getattr(one, end) for one in given]) for end in ("low", "high")))

    table = tuple(rng.randint(-99, 99) for _ in range(13))
    numbers, conditions = (-40, 40), (0, 1)
    signatures = {
        **dict.fromkeys(("add", "subtract", "multiply", "greater", "at_least", "minimum",
                         "maximum"), (numbers, numbers)),
        **dict.fromkeys(("both", "either"), (conditions, conditions)),
        "invert": (conditions,), "where": (conditions, numbers, numbers),
        "shift_left": (numbers, 3), "shift_right": (numbers, 3), "low_bits": (numbers, 4),
        "pick": ((0, 12), table),
    }
    for name, kinds in signatures.items():
        given = [one if one is table or isinstance(one, int) else drawn(*one)
                 for one in kinds]
        wide = getattr(_Spans(), name)(
            *(spans(one) if isinstance(one, list) else one for one in given)
        )
        for n in range(50):
            single = getattr(IntervalOperations(), name)(
                *(one[n] if isinstance(one, list) else one for one in given)
            )
            assert (int(wide.low[n]), int(wide.high[n])) == (single.low, single.high), name


def test_graded_inputs_come_to_their_greatest_value():
    """Spikes alone do not saturate this layer, and graded inputs do."""
    layer = Layer(
        weights=((7, 1), (7, -1)), weight_bits=4, neuron="li", parameters={}, membrane=Format(8, 4),
    )
    assert find_saturation(Network((layer,), 2)).excluded
    network = Network((replace(layer, input_bits=6),), 2)
    (one,) = find_saturation(network).saturates
    assert one.upper and one.witness is not None
    assert re.fullmatch(r"inputs? [01]( to 1)? in steps? .*, each 63", one.witness.words)
    end = next(e for e in overshoots(network, one.witness.spikes[None]) if e.upper)
    assert overshoots(network, one.witness.spikes[None])[end].max() > 0
