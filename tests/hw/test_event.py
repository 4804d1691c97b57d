# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""The event engine in Amaranth's simulator, its reference, and how long it may take."""

import random
import re
from dataclasses import replace
from functools import partial

import pytest

from spikewright_hw.connection import Dense, FeatureMap, Joined
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.drawn_network import (
    drawn_graph_network,
    drawn_map_network,
    drawn_network,
)
from spikewright_hw.engine.each_layer import banks_of, shares_of
from spikewright_hw.engine.event import PRESETS, EventEngine, core, worst_cycles
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.record import Result, Trace, pack_trace
from spikewright_hw.engine.reference import run
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.origin import Origin

from .engines import classify

HAND = Network(
    layers=(
        Layer(((3, -2), (1, 1)), 4, "lif", {"decay": 0.5, "threshold": 4}, Format(4, 1)),
        Layer(((1, 2, 2), (-1, 0, 0)), 4, "li", {"decay": 0.75}, Format(4, 1)),
    ),
    steps=2,
)
#: Each neuron hears the other one, strongly.
RECURRENT = Network(
    layers=(
        Layer(
            ((3, 0), (0, 1)), 4, "recurrent_lif", {"decay": 0.5, "threshold": 3}, Format(4, 1),
            recurrent=((0, 3), (-7, 0)),
        ),
        Layer(((1, 0), (0, 1)), 4, "li", {"decay": 1}, Format(4, 1)),
    ),
    steps=3,
)


def test_an_inference_by_hand():
    # Hidden layer: see test_row_layer. The readout gets (1, 2, 2) in the same step, in halves, and
    # then loses a quarter, rounded half up.
    result, trace = run(HAND, [0b11, 0b01])
    assert trace == Trace(spikes=(((1, 0), (0, 0)),), membranes=((2, 4, 4), (2, 3, 3)))
    assert result == Result(
        prediction=1,  # the first of two equal ones
        cycles=0,
        input_events=3,
        synops=3 * 2 + 1 * 3,
        spikes=(1, 0),
        outputs=(2, 3, 3),
    )


def test_a_recurrent_inference_by_hand():
    # Step 0: the first neuron reaches 3 and spikes. Step 1: so the second one gets 3, and spikes.
    # Step 2: so the first one gets 3 - 7 = -4, and no spike.
    result, trace = run(RECURRENT, [0b01, 0, 0b01])
    assert trace == Trace(
        spikes=(((1, 0), (0, 1), (0, 0)),), membranes=((2, 0), (2, 2), (2, 2))
    )
    # Two spikes of the input, two that return, and two that go to the readout.
    assert (result.input_events, result.spikes, result.synops) == (2, (2, 0), (2 + 2 + 2) * 2)


def test_a_recurrent_engine_forgets_the_last_spikes_of_an_inference():
    # The first sample ends with a spike that would make the second neuron spike.
    samples = [[0, 0, 0b01], [0, 0, 0], [0b01, 0, 0b01]]
    assert [sum(run(RECURRENT, bitmaps)[0].spikes) for bitmaps in samples] == [1, 0, 2]
    for bitmaps, (result, trace, _) in zip(
        samples, classify(EventEngine(network=RECURRENT, share=2), samples), strict=True
    ):
        expected, expected_trace = run(RECURRENT, bitmaps)
        assert replace(result, cycles=0) == expected
        assert trace == pack_trace(RECURRENT, expected_trace)


@pytest.mark.parametrize(
    ("bitmaps", "message"),
    [
        ([1], "this network runs 2 steps, not 1"),
        ([1, 4], "the bitmap of step 1 is 4; 2 inputs fit into 0 to 3"),
        ([-1, 0], "the bitmap of step 0 is -1; 2 inputs fit into 0 to 3"),
    ],
)
def test_bitmaps_that_do_not_fit_are_refused(bitmaps, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        run(HAND, bitmaps)


SHAPES = [
    # sizes, steps, share
    ((3, 2), 3, 1),  # a readout alone
    ((1, 1, 1), 1, 1),
    ((9, 17, 4), 4, 4),
    ((6, 3, 8, 5), 3, 2),
]


@pytest.mark.parametrize(("sizes", "steps", "share"), SHAPES)
def test_engine_follows_reference(sizes, steps, share, rng):
    network = example_network(sizes=sizes, steps=steps, weight_bits=4, membrane=Format(5, 2))
    samples = [
        [sum((rng.random() < density) << bit for bit in range(sizes[0])) for _ in range(steps)]
        for density in (0, 0.1, 0.5, 1, 0.5, 0)
    ]
    for bitmaps, (result, trace, passed) in zip(
        samples, classify(EventEngine(network=network, share=share), samples), strict=True
    ):
        expected, expected_trace = run(network, bitmaps)
        assert replace(result, cycles=0) == expected
        assert trace == pack_trace(network, expected_trace)
        assert result.cycles == passed <= worst_cycles(network, share=share)


def drawn_sizes(network, rng):
    """Return sizes of an engine for each layer, among those that have an effect on it."""
    if not (network.is_chain and all(layer.is_flat for layer in network.layers)):
        return {}
    several = [rng.randint(1, 4) for _ in network.layers]
    return rng.choice([
        {"banks": several}, {"block_bits": [rng.randint(1, 20) for _ in network.layers]},
        *([] if all(layer.recurrent for layer in network.layers) else [{"fold": several}]),
    ])


@pytest.mark.parametrize(
    ("draw", "count"),
    [
        (partial(drawn_network, largest=6, graded=True), 10),
        (partial(drawn_map_network, largest=4), 3),
        (partial(drawn_graph_network, largest=3), 4),
    ],
)
def test_engine_follows_reference_of_any_network(draw, count, rng):
    for _ in range(count):
        network = draw(rng)
        sizes = drawn_sizes(network, rng)
        share = [rng.randint(1, 3) for _ in network.layers]
        samples = [
            [rng.getrandbits(network.inputs) for _ in range(network.planes)] for _ in range(3)
        ]
        block_bits = sizes.pop("block_bits", None)
        engine = EventEngine(network=network, share=share, block_bits=block_bits, **sizes)
        longest = worst_cycles(network, share=share, **sizes)
        for bitmaps, (result, trace, passed) in zip(
            samples, classify(engine, samples), strict=True
        ):
            expected, expected_trace = run(network, bitmaps)
            assert replace(result, cycles=0) == expected
            assert trace == pack_trace(network, expected_trace)
            assert result.cycles == passed <= longest


@pytest.mark.parametrize("most_bits", [1024, 4])
@pytest.mark.parametrize(
    "preset",
    ["convolutions_pooled", "depthwise_count", "convolution_graded", "convolution_1d",
     "delays_skip_own", "graded_skip_own", "skip_of_a_map",
     "map_at_the_end", "map_at_the_end_count"],
)
def test_maps_and_graphs_follow_the_reference(preset, most_bits, rng):
    engine = core(**{**PRESETS[preset], "most_bits": most_bits})
    network, share = engine.network, engine.share
    samples = [
        [
            sum((rng.random() < density) << bit for bit in range(network.inputs))
            for _ in range(network.planes)
        ]
        for density in (0, 0.3, 1)
    ]
    longest = worst_cycles(network, share=share, most_bits=most_bits)
    for bitmaps, (result, trace, passed) in zip(samples, classify(engine, samples), strict=True):
        expected, expected_trace = run(network, bitmaps)
        assert replace(result, cycles=0) == expected
        assert trace == pack_trace(network, expected_trace)
        assert result.cycles == passed <= longest


def all_ones(network: Network) -> Network:
    """Make every weight 1 and every threshold too, so that whatever a spike reaches spikes."""
    layers = []
    for layer in network.layers:
        level = {"threshold": 1} if "threshold" in layer.parameters else {}
        ones = ((1,) * layer.connection.lanes,) * layer.connection.rows
        layers.append(replace(layer, weights=ones, parameters={**layer.parameters, **level}))
    return replace(network, layers=tuple(layers))


@pytest.mark.parametrize(
    ("preset", "steps", "share"),
    [("convolutions_pooled", 1, 2), ("convolutions_pooled", 6, 2), ("depthwise_count", 4, 3),
     ("convolution_graded", 3, 1), ("convolution_1d", 5, 4), ("map_at_the_end", 3, 1)],
)
def test_the_worst_case_of_maps_is_within_the_bound(preset, steps, share):
    given = {
        name: one for name, one in PRESETS[preset].items() if name not in ("share", "most_bits")
    }
    network = replace(all_ones(example_network(**given)), steps=steps)
    engine = EventEngine(network=network, share=share, most_bits=6)
    everything = [(1 << network.inputs) - 1] * network.planes
    (first, _, _), (again, _, _) = classify(engine, [everything] * 2)
    assert first.spikes[0] == again.spikes[0] == steps * network.layers[0].neurons
    # The first one after a reset may wait until all sums are cleared.
    longest = worst_cycles(network, share=share, most_bits=6)
    assert longest / 2 < again.cycles <= first.cycles <= longest


@pytest.mark.parametrize(
    ("preset", "least"),
    [("delays_skip_own", 0.5), ("skip_of_a_map", 0.8), ("graded_skip_own", 0.3)],
)
def test_the_worst_case_of_graphs_is_within_the_bound(preset, least):
    given = {
        name: one for name, one in PRESETS[preset].items() if name not in ("share", "most_bits")
    }
    network = all_ones(example_network(**given))
    everything = [(1 << network.inputs) - 1] * network.planes
    ((result, _, _),) = classify(EventEngine(network=network, share=2), [everything])
    longest = worst_cycles(network, share=2)
    assert least * longest < result.cycles <= longest


def spiking_always(network: Network, rng: random.Random) -> Network:
    """Return a network of the same connections and origins, whose spikes make all spike."""
    layers = []
    for layer in network.layers:
        own, name = layer.recurrent, "lif" if layer.definition.spikes else "li"
        ones = ((1,) * layer.connection.lanes,) * layer.connection.rows
        layers.append(Layer(
            ones, 2, "recurrent_lif" if own else name,
            {"decay": 1.0} | ({"threshold": 1.0} if name == "lif" else {}), Format(20, 0),
            recurrent=own and ((1,) * layer.neurons,) * layer.neurons,
            input_bits=layer.input_bits, connection=layer.connection, origins=layer.origins,
        ))
    late = max(max(one.each) for layer in layers for one in layer.origins)
    return Network(tuple(layers), rng.randint(late + 1, late + 5), network.readout)


@pytest.mark.parametrize("draw", [drawn_map_network, drawn_graph_network])
def test_no_drawn_network_exceeds_the_bound(draw, rng):
    for _ in range(4):
        network = spiking_always(draw(rng, largest=3), rng)
        share, most_bits = rng.randint(1, 4), rng.choice((1, 4, 1024))
        samples = [[(1 << network.inputs) - 1] * network.planes, [0] * network.planes]
        engine = EventEngine(network=network, share=share, most_bits=most_bits)
        longest = worst_cycles(network, share=share, most_bits=most_bits)
        assert max(one.cycles for one, _, _ in classify(engine, samples)) <= longest


def test_graded_words_of_a_layer_that_hears_itself(rng):
    source = FeatureMap(channels=1, height=3, width=3)
    network = example_network(
        connections=[
            Dense(source=source, neurons=3), Dense(source=FeatureMap(channels=3), neurons=2),
        ],
        neurons=["recurrent_lif", "li"], steps=3, weight_bits=2, membrane=Format(6, 1),
        input_bits=2,
    )
    engine = EventEngine(network=network, most_bits=3)
    assert (engine.words.bits, engine.words.count) == (3, 3)
    samples = [[rng.getrandbits(network.inputs) for _ in range(network.planes)] for _ in range(3)]
    for bitmaps, (result, trace, _) in zip(samples, classify(engine, samples), strict=True):
        expected, expected_trace = run(network, bitmaps)
        assert replace(result, cycles=0) == expected
        assert trace == pack_trace(network, expected_trace)


def test_a_spike_beside_graded_inputs_counts_once():
    # In step 0 the input is 3 and the neuron reaches 3 * 2 = 6, so it spikes and is 6 - 5 = 1. In
    # step 1 it hears its spike, 3 * 1 more, and the input 1: 1 + 2 + 3 = 6, and it spikes again.
    one = FeatureMap(channels=1)
    first = Layer(
        ((2,), (3,)), 4, "lif", {"decay": 1, "threshold": 5}, Format(6, 0), input_bits=2,
        connection=Joined(parts=(Dense(source=one, neurons=1),) * 2),
        origins=(Origin(), Origin(back=0, delays=1)),
    )
    network = Network((first,), steps=2, readout="count")
    ((result, trace, _),) = classify(EventEngine(network=network), [[1, 1, 0, 1]])
    assert (result.outputs, result.input_events, result.synops) == ((2,), 3, 3 + 1)
    assert first.greatest == (3, 1)
    assert trace == pack_trace(network, run(network, [1, 1, 0, 1])[1])


def always_spiking(
    sizes: tuple[int, ...], steps: int, *, recurrent: tuple[int, ...] = ()
) -> Network:
    """Make a network whose hidden neurons spike in every step that any input spikes."""
    neurons = [
        "recurrent_lif" if number in recurrent else "lif" for number in range(len(sizes) - 2)
    ]
    network = example_network(
        sizes=sizes, steps=steps, weight_bits=2, membrane=Format(4, 0), neurons=[*neurons, "li"]
    )
    layers = []
    for layer in network.layers:
        weights = tuple((1,) * layer.neurons for _ in range(layer.inputs))
        level = {"threshold": 1} if "threshold" in layer.parameters else {}
        own = layer.recurrent and tuple((1,) * layer.neurons for _ in range(layer.neurons))
        layers.append(replace(
            layer, weights=weights, recurrent=own, parameters={**layer.parameters, **level}
        ))
    return Network(tuple(layers), steps)


@pytest.mark.parametrize(
    ("sizes", "steps", "share", "recurrent", "spare"),
    [
        ((3, 2), 3, 1, (), 0),  # nothing to spare where no layer hears itself
        ((1, 1, 1), 1, 1, (), 0),
        ((12, 9, 17, 4), 1, 4, (), 0),
        ((20, 9, 4), 4, 3, (), 0),
        ((4, 20, 6, 3), 4, 3, (), 0),
        ((2, 2, 2), 2, 2, (), 0),
        ((2, 2, 2), 4, 2, (), 0),
        ((3, 3, 3, 2), 4, 4, (), 0),
        ((4, 3, 2), 1, 2, (0,), 0),
        ((4, 3, 2), 4, 2, (0,), 3),  # and what a recurrent layer does not hear in the first step
        ((4, 5, 6, 3), 4, 3, (1,), 6),
        ((2, 2, 2, 2), 6, 1, (0, 1), 2),
    ],
)
def test_the_worst_case_comes_close_to_the_bound(sizes, steps, share, recurrent, spare):
    network = always_spiking(sizes, steps, recurrent=recurrent)
    everything = [(1 << sizes[0]) - 1] * steps
    ((result, _, _),) = classify(EventEngine(network=network, share=share), [everything])
    hears_itself = [number in recurrent for number in range(len(network.layers))]
    assert result.synops == sum(
        (steps * layer.inputs + (steps - 1) * own * layer.neurons) * layer.neurons
        for layer, own in zip(network.layers, hears_itself, strict=True)
    )
    assert result.cycles == worst_cycles(network, share=share) - spare


@pytest.mark.parametrize("banks", [2, 3, (4, 1, 2), (1, 5, 3)])
@pytest.mark.parametrize(("steps", "share"), [(1, 2), (4, (4, 2, 1)), (4, 6)])
def test_the_worst_case_of_banks_is_the_bound(banks, steps, share):
    sizes = (23, 8, 14, 3)
    network = always_spiking(sizes, steps)
    everything = [(1 << sizes[0]) - 1] * steps
    engine = EventEngine(network=network, share=share, banks=banks)
    ((result, _, _),) = classify(engine, [everything])
    assert (result.input_events, result.spikes[:2]) == (23 * steps, (8 * steps, 14 * steps))
    assert result.synops == steps * sum(layer.inputs * layer.neurons for layer in network.layers)
    assert result.cycles == worst_cycles(network, share=share, banks=banks)


@pytest.mark.parametrize("fold", [2, (4, 1, 2)])
def test_the_worst_case_of_a_folded_engine_is_within_the_bound(fold):
    sizes, steps = (12, 8, 4, 4), 3
    network = always_spiking(sizes, steps)
    everything = [(1 << sizes[0]) - 1] * steps
    engine = EventEngine(network=network, share=2, fold=fold)
    ((result, _, _),) = classify(engine, [everything])
    assert (result.input_events, result.spikes[:2]) == (12 * steps, (8 * steps, 4 * steps))
    assert result.synops == steps * sum(layer.inputs * layer.neurons for layer in network.layers)
    longest = worst_cycles(network, share=2, fold=fold)
    assert 0.5 * longest < result.cycles <= longest


def test_a_layer_has_no_more_banks_than_rows():
    network = example_network(sizes=(5, 3, 2), steps=1, weight_bits=2, membrane=Format(4, 1))
    assert banks_of(network, 4) == (4, 3)
    assert banks_of(network, (2, 8)) == (2, 3)
    recurrent = always_spiking((2, 3, 2), 1, recurrent=(0,))
    assert banks_of(recurrent, 8) == (5, 3)


def test_a_layer_has_no_more_neurons_to_an_updater_than_there_are():
    network = example_network(sizes=(5, 3, 2), steps=1, weight_bits=2, membrane=Format(4, 1))
    assert shares_of(network, 60_000) == (3, 2)
    assert shares_of(network, (2, 8)) == (2, 2)
    most, all_ = (EventEngine(network=network, share=share) for share in (60_000, (3, 2)))
    assert classify(most, [[0b11111]]) == classify(all_, [[0b11111]])
    assert worst_cycles(network, share=60_000) == worst_cycles(network, share=(3, 2))


MAPPED = core(**PRESETS["convolutions_pooled"]).network
HEARS_ITSELF = Network(RECURRENT.layers[:1], steps=2, readout="count")


@pytest.mark.parametrize(
    ("network", "sizes", "message"),
    [
        (
            HAND, {"banks": 2, "fold": 1},
            ("banks is 2; layer 0 is folded, and such a network reads one row of weights at a "
             "time: leave out banks="),
        ),
        (
            MAPPED, {"banks": 2},
            ("banks is 2; layer 0 has a map or delays, and such a network reads one row of weights "
             "at a time: leave out banks="),
        ),
        (
            MAPPED, {"fold": 2},
            ("fold is 2; layer 0 has a map or delays, and no layer of such a network is folded: "
             "leave out fold="),
        ),
        (
            HEARS_ITSELF, {"fold": 1},
            ("fold is 1; every layer hears itself, and no layer of such a network is folded: leave "
             "out fold="),
        ),
        (
            HAND, {"block_bits": 4, "weights": "loaded"},
            ("block_bits is 4; weights that are loaded lie in memories alone: leave out "
             "block_bits=, or build the weights in"),
        ),
        (
            HAND, {"block_bits": 4, "fold": 1},
            ("block_bits is 4; no layer reads whole rows of a dense matrix, whose bits alone are "
             "divided: leave out block_bits="),
        ),
    ],
)
def test_sizes_without_effect_are_refused(network, sizes, message):
    for made in (EventDesign(**sizes).check, lambda one: EventEngine(network=one, **sizes)):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            made(network)


@pytest.mark.parametrize(
    ("banks", "message"),
    [
        (0, "banks is 0; a layer has at least 1"),
        ((2, 0), "banks is (2, 0); a layer has at least 1"),
        ((2, 2, 2), "banks is (2, 2, 2); a network of 2 layers takes one number or 2"),
    ],
)
def test_banks_that_cannot_be_are_refused(banks, message):
    for made in (worst_cycles, lambda network, **how: EventEngine(network=network, **how)):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            made(HAND, banks=banks)


def test_the_bound_has_the_stages_of_a_long_equation():
    hidden, readout = always_spiking((6, 4, 3), 4).layers
    network = Network((replace(hidden, neuron="alif", parameters={"threshold": 1}), readout), 4)
    ((result, _, _),) = classify(EventEngine(network=network, share=2), [[(1 << 6) - 1] * 4])
    assert result.spikes[0] == 4 * 4
    assert result.cycles == worst_cycles(network, share=2)


def test_no_share_is_refused():
    with pytest.raises(ValueError, match=r"^share is 0; a layer has at least 1$"):
        EventEngine(network=HAND, share=0)
