"""The comparison of a board with its reference: it must see every kind of difference."""

from dataclasses import replace

import numpy as np
import pytest

from spikewright.device.answers import Answers, Inference
from spikewright.gateware.board import BOARDS
from spikewright.job.compare import compare
from spikewright.network.reference import run
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.record import Result, Trace
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network

NETWORK = Network(
    (
        Layer(((3, -2), (1, 7), (-4, 5)), 4, "lif", {"decay": 0.75, "threshold": 2}, Format(6, 2)),
        Layer(((2, -1), (5, 3)), 4, "li", {"decay": 0.75}, Format(6, 2)),
    ),
    steps=3,
)
SPIKES = np.random.default_rng(3).random((20, 3, 3)) < 0.6


def answers(inferences) -> Answers:
    return Answers(
        sent=SPIKES, inferences=tuple(inferences), board=BOARDS["ulx3s"], design=EventDesign(),
        clock_hz=80_000_000, simulator="",
    )


def perfect():
    """Return the inferences of a board that is right, its reference, and what else is known."""
    reference = run(NETWORK, SPIKES)
    inferences = [
        Inference(
            Result(
                prediction=int(reference.predictions[n]),
                cycles=7,
                input_events=int(reference.input_events[n]),
                synops=int(reference.synops[n]),
                spikes=tuple(map(int, reference.layer_spikes[n])),
                outputs=tuple(map(int, reference.membranes[n, -1])),
            ),
            Trace(
                spikes=tuple(
                    tuple(tuple(map(int, step)) for step in layer[n])
                    for layer in reference.spikes[:-1]
                ),
                membranes=tuple(tuple(map(int, step)) for step in reference.membranes[n]),
            ),
        )
        for n in range(len(SPIKES))
    ]
    known = {"torch_predictions": reference.predictions, "cycles": np.full(len(SPIKES), 7)}
    return inferences, reference, known


def test_a_right_board_has_no_mismatches():
    inferences, reference, known = perfect()
    comparison = compare(answers(inferences), reference, **known)
    assert sum(comparison.mismatches.values()) == 0
    assert comparison.compared == {
        "spikes of layer 0": 20 * 3 * 2,
        "readout membranes": 20 * 3 * 2,
        "outputs": 20 * 2,
        "predictions": 20,
        "predictions of PyTorch": 20,
        "cycles": 20,
        "input events": 20,
        "synaptic operations": 20,
        "spike counts": 20 * 2,
    }
    assert reference.spikes[0].any(), "the network never spikes, so nothing was compared"


@pytest.mark.parametrize(
    ("field", "wrong", "kinds"),
    [
        ("prediction", 2, {"predictions", "predictions of PyTorch"}),
        ("cycles", 8, {"cycles"}),
        ("input_events", 99, {"input events"}),
        ("synops", 99, {"synaptic operations"}),
        ("spikes", (99, 0), {"spike counts"}),
        ("outputs", (999, 999), {"outputs"}),
    ],
)
def test_a_wrong_result_is_seen(field, wrong, kinds):
    inferences, reference, known = perfect()
    result = replace(inferences[5].result, **{field: wrong})
    inferences[5] = replace(inferences[5], result=result)
    mismatches = compare(answers(inferences), reference, **known).mismatches
    assert {kind for kind, count in mismatches.items() if count} == kinds


def test_a_single_wrong_spike_is_seen():
    inferences, reference, known = perfect()
    steps = [list(map(list, layer)) for layer in inferences[7].trace.spikes]
    steps[0][1][0] ^= 1
    inferences[7] = replace(inferences[7], trace=replace(inferences[7].trace, spikes=steps))
    assert compare(answers(inferences), reference, **known).mismatches["spikes of layer 0"] == 1


def test_a_single_wrong_membrane_is_seen():
    inferences, reference, known = perfect()
    membranes = [list(step) for step in inferences[0].trace.membranes]
    membranes[2][1] += 1
    inferences[0] = replace(inferences[0], trace=replace(inferences[0].trace, membranes=membranes))
    assert compare(answers(inferences), reference, **known).mismatches["readout membranes"] == 1


def test_what_is_not_known_is_not_compared():
    inferences, reference, _ = perfect()
    compared = compare(answers(inferences), reference).compared
    assert "cycles" not in compared and "predictions of PyTorch" not in compared


def test_answers_to_other_samples_are_no_mismatch_but_an_error():
    inferences, reference, _ = perfect()
    with pytest.raises(ValueError) as caught:
        compare(answers(inferences[:3]), reference)
    assert str(caught.value) == (
        "answers have spikes of layer 0 of shape [3, 3, 2], and expected has [20, 3, 2]; "
        "both must be of the same network and samples"
    )


def test_equal_is_said_of_no_mismatch_alone():
    inferences, reference, known = perfect()
    assert compare(answers(inferences), reference).equal
    assert not compare(answers(inferences), reference, cycles=known["cycles"] + 1).equal


def test_answers_have_the_arrays_of_a_reference():
    inferences, reference, known = perfect()
    given = answers(inferences)
    for name in ("predictions", "input_events", "synops", "layer_spikes", "membranes"):
        assert np.array_equal(getattr(given, name), getattr(reference, name)), name
    assert np.array_equal(given.spikes[0], reference.spikes[0])
    assert np.array_equal(given.cycles, known["cycles"])
    assert given.accuracy(reference.predictions) == 1
    assert not given.virtual
