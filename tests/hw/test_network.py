"""Networks: what is refused, and what the digest depends on."""

import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from spikewright_hw.definition.expression import Expression
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network, NetworkError
from spikewright_hw.neuron import DEFINITIONS

HIDDEN = Layer(
    weights=((1, -2, 7), (0, 3, -7)),
    weight_bits=4,
    neuron="lif",
    parameters={"decay": 0.75, "threshold": 5.0},
    membrane=Format(5, 3),
)
READOUT = Layer(
    weights=((1, -1), (2, 0), (-3, 3)),
    weight_bits=3,
    neuron="li",
    parameters={"decay": 0.5},
    membrane=Format(6, 2),
)


OWN = ((1, -2, 7), (0, 3, -7), (0, 0, 1))


def network(hidden: Layer = HIDDEN, readout: Layer = READOUT, steps: int = 5) -> Network:
    return Network(layers=(hidden, readout), steps=steps)


def starting(level: float | tuple[float, ...]) -> Network:
    """Make a network in which only the states before the first step depend on the level."""
    slow = {"tau": 1e9, "r": 1e9, "v_leak": level}
    return Network((replace(READOUT, neuron="nir_li", parameters=slow),), 5)


def test_sizes():
    assert (network().inputs, network().outputs) == (2, 2)
    assert (HIDDEN.inputs, HIDDEN.neurons) == (2, 3)
    assert Network((READOUT,), 1).inputs == 3


def test_parameters_that_are_not_given_have_their_defaults():
    layer = replace(HIDDEN, parameters={"decay": 0.5})
    assert layer.parameters == {"decay": 0.5, "threshold": 1.0}


def test_rows_of_a_recurrent_layer():
    layer = replace(HIDDEN, neuron="recurrent_lif", recurrent=OWN)
    assert layer.rows == HIDDEN.weights + OWN
    assert (layer.inputs, layer.neurons) == (2, 3)
    assert HIDDEN.rows == HIDDEN.weights


def test_a_weight_step_in_the_membranes_format():
    assert [replace(HIDDEN, exponent=exponent).shift for exponent in range(4)] == [3, 2, 1, 0]


def test_ends_of_the_ranges_are_allowed():
    for bits in (2, 8):
        bound = (1 << (bits - 1)) - 1
        weights = ((bound, -bound, 0), (0, -bound, bound))
        network(replace(HIDDEN, weights=weights, weight_bits=bits), steps=1)
    network(replace(HIDDEN, membrane=Format(31, 1)))
    for exponent in (0, 3):
        network(replace(HIDDEN, exponent=exponent))
    network(replace(HIDDEN, neuron="recurrent_lif", recurrent=OWN))


NEVER = (
    "the readout 'last' needs a neuron that never spikes, such as li; with one that spikes, the "
    "readout is count or first"
)


def hidden(**fields):
    return lambda: network(hidden=replace(HIDDEN, **fields))


def readout(**fields):
    return lambda: network(readout=replace(READOUT, **fields))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network((), 5), "layers is empty; a network needs at least one layer"),
        (lambda: network(steps=0), "steps is 0; it must be a whole number from 1 to 65531"),
        (hidden(weight_bits=1), "weight_bits is 1; it must be a whole number from 2 to 8"),
        (readout(weight_bits=9), "weight_bits is 9; it must be a whole number from 2 to 8"),
        (hidden(weights=()), "weights is empty; a layer needs inputs and neurons"),
        (hidden(weights=((),)), "weights is empty; a layer needs inputs and neurons"),
        (
            hidden(neuron="brain"),
            f"neuron is 'brain'; there are {', '.join(DEFINITIONS)}",
        ),
        (
            hidden(parameters={"leak": 2}),
            "parameters: lif has no parameter leak; it has decay, threshold",
        ),
        (
            readout(parameters={"decay": 1.5}),
            "parameters: li.decay is 1.5; it lies in 0 to 1",
        ),
        (
            hidden(parameters={"threshold": 16.0}),
            "parameters: lif.threshold is 16; a Q5.3 level lies in -16 to 15.875",
        ),
        (
            hidden(parameters={"decay": (0.5, 0.25)}),
            "parameters.decay has 2 values; the layer has 3 neurons",
        ),
        (
            hidden(parameters={"decay": (0.5, 0.25, 2.0)}),
            "parameters: lif.decay is 2; it lies in 0 to 1",
        ),
        (
            hidden(exponent=4),
            "exponent is 4; it must be a whole number from 0 to 3",
        ),
        (
            hidden(exponent=-1),
            "exponent is -1; it must be a whole number from 0 to 3",
        ),
        (hidden(rounding="up"), "rounding is 'up'; it is half_up or floor"),
        (
            readout(saturation="none"),
            "saturation is 'none'; it is full, symmetric or positive",
        ),
        (
            hidden(recurrent=OWN),
            "recurrent is given, but lif does not take the layer's own spikes",
        ),
        (
            hidden(neuron="recurrent_lif"),
            "recurrent is missing; recurrent_lif takes the layer's own spikes",
        ),
        (
            hidden(neuron="recurrent_lif", recurrent=OWN[:2]),
            "recurrent has 2 rows; the layer has 3 neurons",
        ),
        (
            hidden(neuron="recurrent_lif", recurrent=(*OWN[:2], (1, 2))),
            "recurrent[2] has 2 entries; the layer has 3",
        ),
        (
            hidden(neuron="recurrent_lif", recurrent=(*OWN[:2], (1, 2, 8))),
            "recurrent[2][2] is 8; 4-bit weights lie in -7 to 7",
        ),
        (
            hidden(membrane=Format(31, 2)),
            "membrane is Q31.2, 33 bits; a membrane has at most 32",
        ),
        (
            hidden(weights=((1, 2, 3), (1, 2))),
            "weights[1] has 2 entries; row 0 has 3",
        ),
        (
            hidden(weights=((1, 2, 3), (1, 2, 8))),
            "weights[1][2] is 8; 4-bit weights lie in -7 to 7",
        ),
        (
            hidden(weights=((1, -8, 3), (1, 2, 3))),
            "weights[0][1] is -8; 4-bit weights lie in -7 to 7",
        ),
        (
            hidden(weights=((1, 2), (1, 2))),
            "layers[1].weights has 3 inputs, but layers[0] has 2 neurons",
        ),
        (
            hidden(neuron="li", parameters={}),
            "layers[0].neuron is 'li'; a hidden layer needs a neuron that spikes, such as lif",
        ),
        (
            readout(neuron="lif", parameters={}),
            "layers[1].neuron is 'lif'; " + NEVER,
        ),
        (
            lambda: Network((HIDDEN, READOUT), 5, "count"),
            "layers[1].neuron is 'li'; the readout 'count' needs a neuron that spikes, such as lif",
        ),
        (
            lambda: Network((HIDDEN, READOUT), 5, "mean"),
            "readout is 'mean'; there are last, maximum, count, first",
        ),
        (hidden(bias=(1, 2)), "bias has 2 values; the layer has 3 neurons"),
        (hidden(input_bits=9), "input_bits is 9; it must be a whole number from 1 to 8"),
        (hidden(input_bits=0), "input_bits is 0; it must be a whole number from 1 to 8"),
        (hidden(bias=(1, 2, 0.5)), "bias[2] is 0.5; it must be a whole number"),
        (
            hidden(bias=(1, 2, 1 << 31)),
            "bias[2] is 2147483648; it must be a whole number from -2147483647 to 2147483647",
        ),
    ],
)
def test_a_network_that_cannot_be_built_is_refused(make, message):
    with pytest.raises(NetworkError, match=f"^{re.escape(message)}$"):
        make()


# Digest -------------------------------------------------------------------------------------------

CHANGES = {
    "a weight": hidden(weights=((1, -2, 7), (0, 3, -6))),
    "another order of weights": hidden(weights=((0, 3, -7), (1, -2, 7))),
    "a weight of the readout": readout(weights=((1, -1), (2, 0), (-3, 2))),
    "weight bits": hidden(weight_bits=5),
    "a parameter": hidden(parameters={"decay": 0.75, "threshold": 5.125}),
    "another parameter": hidden(parameters={"decay": 0.875, "threshold": 5.0}),
    "a parameter of one neuron": hidden(parameters={"decay": 0.75, "threshold": (5.0, 5.0, 4.0)}),
    "exponent": hidden(exponent=1),
    "rounding": hidden(rounding="floor"),
    "saturation": hidden(saturation="symmetric"),
    "a bias": hidden(bias=(0, 0, 1)),
    "graded inputs": hidden(input_bits=2),
    "another bias": hidden(bias=(0, 0, -1)),
    "recurrent weights": hidden(neuron="recurrent_lif", recurrent=OWN),
    "other recurrent weights": hidden(neuron="recurrent_lif", recurrent=OWN[::-1]),
    "start": lambda: starting(1.0),
    "another start": lambda: starting(2.0),
    "another start of one neuron": lambda: starting((1.0, 2.0)),
    "integer bits": hidden(membrane=Format(6, 3)),
    "fraction bits": hidden(membrane=Format(5, 4)),
    "the point alone": hidden(membrane=Format(4, 4)),
    "steps": lambda: network(steps=6),
    "readout": lambda: Network((HIDDEN, READOUT), 5, "maximum"),
    "one layer less": lambda: Network((READOUT,), 5),
}


def test_digest_changes_with_each_field():
    digests = [make().digest() for make in (network, *CHANGES.values())]
    assert len(set(digests)) == len(digests)
    assert {len(digest) for digest in digests} == {32}


def test_digest_changes_with_nothing_else():
    # The order in which parameters were given, lists for tuples, and the day are no matter, nor
    # what the number format rounds away.
    same = network(hidden=replace(HIDDEN, parameters={"threshold": 5.01, "decay": 0.75}))
    assert same.digest() == network().digest()
    listed = replace(HIDDEN, weights=[list(row) for row in HIDDEN.weights])  # pyright: ignore
    assert network(hidden=listed).digest() == network().digest()


def test_digest_changes_with_the_equation(monkeypatch):
    lif = DEFINITIONS["lif"]
    strict = {**lif.update, "spike": lif.update["spike"] & (Expression.leaf("i") > 0)}
    monkeypatch.setitem(DEFINITIONS, "lif", replace(lif, update=strict))
    changed = network(hidden=replace(HIDDEN)).digest()  # a layer that is not compiled yet
    monkeypatch.undo()
    assert changed != network().digest()


def test_digest_is_the_same_in_every_process():
    # A bitstream and a file that were made at another time must recognise each other.
    program = (
        "from spikewright_hw.engine.example import example_network\n"
        "from spikewright_hw.fixed import Format\n"
        "network = example_network(sizes=(3, 2, 2, 2), steps=2, weight_bits=3, exponent=1,"
        " membrane=Format(5, 6), neurons=('adex', 'recurrent_lif', 'nir_cuba_li'))\n"
        "print(network.digest().hex())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(digests) == 1 and len(digests.pop().strip()) == 64
