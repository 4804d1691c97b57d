"""Definitions as data: what is written is read again, and what is malformed is refused."""

import json
import re
from copy import deepcopy
from typing import Any

import pytest

from spikewright_hw.definition.serial import MOST_NODES, from_data, to_data
from spikewright_hw.neuron import DEFINITIONS


@pytest.mark.parametrize("name", DEFINITIONS)
def test_round_trip(name):
    definition = DEFINITIONS[name]
    written = json.loads(json.dumps(to_data(definition)))
    read = from_data(written)
    assert read == definition and read.doc == definition.doc
    assert to_data(read) == written


def test_a_definition_equals_what_computes_the_same():
    assert DEFINITIONS["lif"] != DEFINITIONS["li"]
    assert DEFINITIONS["lif"] != "lif"
    changed = to_data(DEFINITIONS["lif"])
    changed["parameters"][0]["default"] = 0.5
    assert from_data(changed) != DEFINITIONS["lif"]


def without(*keys: str | int) -> Any:
    def change(data: Any) -> None:
        for key in keys[:-1]:
            data = data[key]
        del data[keys[-1]]

    return change


def put(value: Any, *keys: str | int) -> Any:
    def change(data: Any) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = value

    return change


NODES, OUTPUTS = ("update", "nodes"), ("update", "outputs")
COUNT = f"neuron.update.nodes must be a list of 1 to {MOST_NODES} nodes"
NAMES = (
    "inputs, parameters and states need names of letters, digits and _, each once, and none is "
    "called spike"
)
#: A change of LIF's data, and what is said of it.
MALFORMED = (
    (without("update"), "neuron.update is missing"),
    (without("states", 0, "guard"), "neuron.states[0].guard is missing"),
    (put(1, "extra"),
     "neuron.extra is no field; there are name, doc, inputs, states, parameters, update"),
    (put("a b", "name"), "neuron.name is 'a b'; it must be a name, such as my_neuron"),
    (put({"i": "all"}, "inputs"), "neuron.inputs is {'i': 'all'}; it must be a list of objects"),
    (put("light", "inputs", 0, "source"),
     "neuron.inputs[0].source is 'light'; there are all, excitatory, inhibitory, recurrent"),
    (put(33, "states", 0, "guard"),
     "neuron.states[0].guard is 33; it must be a whole number from 0 to 32"),
    (put("tau", "states", 0, "start"),
     "neuron starts its state v at 'tau'; it must be a number, or the name of a parameter"),
    (put("high", "parameters", 0, "high"),
     "neuron.parameters[0].high is 'high'; it must be a number"),
    (put("threshold", "parameters", 0, "name"),
     "neuron.parameters[1].name is 'threshold', as another's is"),
    (put("v", "inputs", 0, "name"), f"neuron has the name 'v'; {NAMES}"),
    (put("spike", "inputs", 0, "name"), f"neuron has the name 'spike'; {NAMES}"),
    (put([], "states"), "neuron.states has no v, which is the membrane"),
    (put([], *NODES), COUNT),
    (put([["leaf", "v"]] * (MOST_NODES + 1), *NODES), COUNT),
    (put("leaf", *NODES, 0),
     "neuron.update.nodes[0] is 'leaf'; it must be a list, the operation first"),
    (put(["leaf", "w"], *NODES, 0),
     "the leaf of neuron.update.nodes[0] is 'w'; there are decay, i, threshold, v"),
    (put(["constant", float("nan")], *NODES, 0),
     "the constant of neuron.update.nodes[0] is nan; it must be a finite number"),
    (put(["add", 0, 1], *NODES, 0),
     "neuron.update.nodes[0] is add, and has no node before it to work on"),
    (put(["add", 0, 9], *NODES, 2),
     "an operand of neuron.update.nodes[2] is 9; it must be a whole number from 0 to 1"),
    (put(["add", 0], *NODES, 2), "neuron.update.nodes[2] has 1 operands; add has 2"),
    (put(["both", 0, 1], *NODES, 2),
     "operand 0 of neuron.update.nodes[2] is no condition, and both works on conditions there"),
    (put(["w", 1], *OUTPUTS, 0),
     "the name in neuron.update.outputs[0] is 'w'; there are v, spike"),
    (put("v", *OUTPUTS, 0),
     "neuron.update.outputs[0] is 'v'; it must be a name and a node's number"),
    (put([], *OUTPUTS), "neuron.update.outputs has no v, which is a state"),
    (put([["v", 0], ["v", 0]], *OUTPUTS),
     "neuron.update.outputs[1] is v, which has a node already"),
    (put(["spike", 0], *OUTPUTS, 0),
     "neuron.update.outputs[0] is spike, whose node must be a condition"),
)


@pytest.mark.parametrize(("change", "message"), MALFORMED)
def test_what_is_malformed_is_refused(change, message):
    data = deepcopy(to_data(DEFINITIONS["lif"]))
    change(data)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_data(data)


def test_a_condition_is_no_number():
    data = to_data(DEFINITIONS["lif"])
    at = next(n for n, node in enumerate(data["update"]["nodes"]) if node[0] == "at_least")
    data["update"]["nodes"].append(["add", at, 0])
    last = len(data["update"]["nodes"]) - 1
    message = (
        f"operand 0 of neuron.update.nodes[{last}] is a condition, and add works on numbers there; "
        "where(condition, 1, 0) is a number"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_data(data)
