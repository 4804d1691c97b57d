"""Networks: what is refused, and what the digest depends on."""

import re
from dataclasses import replace

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network, NetworkError
from spikewright_hw.neuron import DEFINITIONS

HIDDEN = Layer(
    weights=((1, -2, 7), (0, 3, -7)),
    weight_bits=4,
    neuron="lif",
    parameters={"leak": 2, "threshold": 40},
    membrane=Format(5, 3),
)
READOUT = Layer(
    weights=((1, -1), (2, 0), (-3, 3)),
    weight_bits=3,
    neuron="li",
    parameters={"leak": 1},
    membrane=Format(6, 2),
)


def network(hidden: Layer = HIDDEN, readout: Layer = READOUT, steps: int = 5) -> Network:
    return Network(layers=(hidden, readout), steps=steps)


def test_sizes():
    assert (network().inputs, network().outputs) == (2, 2)
    assert (HIDDEN.inputs, HIDDEN.neurons) == (2, 3)
    assert Network((READOUT,), 1).inputs == 3


def test_ends_of_the_ranges_are_allowed():
    for bits in (2, 8):
        bound = (1 << (bits - 1)) - 1
        weights = ((bound, -bound, 0), (0, -bound, bound))
        network(replace(HIDDEN, weights=weights, weight_bits=bits), steps=1)
    network(replace(HIDDEN, membrane=Format(31, 1)))


def hidden(**fields):
    return lambda: network(hidden=replace(HIDDEN, **fields))


def readout(**fields):
    return lambda: network(readout=replace(READOUT, **fields))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network((), 5), "layers is empty; a network needs at least one layer"),
        (lambda: network(steps=0), "steps is 0; an inference needs at least one step"),
        (hidden(weight_bits=1), "layers[0].weight_bits is 1; it must be 2 to 8"),
        (readout(weight_bits=9), "layers[1].weight_bits is 9; it must be 2 to 8"),
        (hidden(weights=()), "layers[0].weights is empty; a layer needs inputs and neurons"),
        (hidden(weights=((),)), "layers[0].weights is empty; a layer needs inputs and neurons"),
        (
            hidden(neuron="izhikevich"),
            f"layers[0].neuron is 'izhikevich'; there are {', '.join(DEFINITIONS)}",
        ),
        (
            hidden(parameters={"leak": 2}),
            "layers[0].parameters: lif needs the parameter threshold, and it is missing",
        ),
        (
            readout(parameters={"leak": 9}),
            "layers[1].parameters: li.leak is 9; a shift of a Q6.2 state lies in 0 to 8",
        ),
        (
            hidden(membrane=Format(31, 2)),
            "layers[0].membrane is Q31.2, 33 bits; a membrane has at most 32",
        ),
        (
            hidden(weights=((1, 2, 3), (1, 2))),
            "layers[0].weights[1] has 2 entries; row 0 has 3",
        ),
        (
            hidden(weights=((1, 2, 3), (1, 2, 8))),
            "layers[0].weights[1][2] is 8; 4-bit weights lie in -7 to 7",
        ),
        (
            hidden(weights=((1, -8, 3), (1, 2, 3))),
            "layers[0].weights[0][1] is -8; 4-bit weights lie in -7 to 7",
        ),
        (
            hidden(weights=((1, 2), (1, 2))),
            "layers[1].weights has 3 inputs, but layers[0] has 2 neurons",
        ),
        (
            hidden(neuron="li", parameters={"leak": 2}),
            "layers[0].neuron is 'li'; a hidden layer needs a neuron that spikes, such as lif",
        ),
        (
            readout(neuron="lif", parameters={"leak": 2, "threshold": 40}),
            "layers[1].neuron is 'lif'; the readout is a neuron that never spikes, such as li",
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
    "a parameter": hidden(parameters={"leak": 2, "threshold": 41}),
    "another parameter": hidden(parameters={"leak": 3, "threshold": 40}),
    "integer bits": hidden(membrane=Format(6, 3)),
    "fraction bits": hidden(membrane=Format(5, 4)),
    "the point alone": hidden(membrane=Format(4, 4)),
    "steps": lambda: network(steps=6),
    "one layer less": lambda: Network((READOUT,), 5),
}


def test_digest_changes_with_each_field():
    digests = [make().digest() for make in (network, *CHANGES.values())]
    assert len(set(digests)) == len(digests)
    assert {len(digest) for digest in digests} == {32}


def test_digest_changes_with_nothing_else():
    # The order in which parameters were given, lists for tuples, and the day are no matter.
    same = network(hidden=replace(HIDDEN, parameters={"threshold": 40, "leak": 2}))
    assert same.digest() == network().digest()
    listed = replace(HIDDEN, weights=[list(row) for row in HIDDEN.weights])  # pyright: ignore
    assert network(hidden=listed).digest() == network().digest()


def test_digest_changes_with_the_equation(monkeypatch):
    lif = DEFINITIONS["lif"]
    strict = {**lif.update, "spike": lif.update["spike"] > 0}
    monkeypatch.setitem(DEFINITIONS, "lif", replace(lif, update=strict))
    changed = network().digest()
    monkeypatch.undo()
    assert changed != network().digest()


def test_digest_stays_what_it_was():
    # A bitstream and a file that were made earlier must still recognise each other.
    digest = "288a1688f989bb016d903434bd8d9debf7020741926e3af903870d8fb1169fea"
    assert network().digest().hex() == digest
