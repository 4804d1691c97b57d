"""A neuron definition as data: what a network file holds of a neuron that is not registered.

The update is a list of nodes, each after its operands. A node is its operation, and the numbers of
its operands; of a ``leaf`` the name that it reads, of a ``constant`` its value::

    {"nodes": [["leaf", "v"], ["constant", 0.5], ["multiply", 0, 1]], "outputs": [["v", 2]]}

Inputs, states and outputs are lists, since their order is part of a definition.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from ..checks import flag, mapping, one_of, optional, real, shown, text, whole
from .definition import Definition, Input, Parameter, State
from .expression import CONDITIONS, FUNCTIONS, Expression
from .graph import merged, operands, operands_first

__all__ = ["MOST_GUARD", "MOST_NODES", "from_data", "to_data"]

#: Most nodes of an update, and most guard bits of a state.
MOST_NODES = 4096
MOST_GUARD = 32
#: Widest counter, in bits.
_MOST_BITS = 32

#: Operations of equations, with how many operands each has.
_OPERANDS = {
    **dict.fromkeys(("add", "subtract", "multiply", "divide", "minimum", "maximum"), 2),
    **dict.fromkeys(("greater", "at_least", "both", "either"), 2),
    **dict.fromkeys(("invert", *FUNCTIONS), 1),
    "where": 3,
}
_Kind = TypeVar("_Kind", Input, State, Parameter)
_SOURCES = ("all", "excitatory", "inhibitory", "recurrent")


def to_data(definition: Definition) -> dict[str, Any]:
    """Return a definition as JSON has it; :func:`from_data` makes an equal one of it."""
    update = merged(definition.update)
    order = operands_first(update.values())
    numbers = {node: number for number, node in enumerate(order)}
    nodes = [[node.operation, *operands(node, numbers)] for node in order]
    outputs = [[name, numbers[node]] for name, node in update.items()]
    return {
        "name": definition.name,
        "doc": definition.doc,
        "inputs": _listed(definition.inputs),
        "states": _listed(definition.states),
        "parameters": _listed(definition.parameters),
        "update": {"nodes": nodes, "outputs": outputs},
    }


def from_data(data: Any, *, at: str = "neuron") -> Definition:
    """Return the definition that :func:`to_data` wrote.

    Parameters
    ----------
    data : mapping
    at : str
        Where it stands, for errors.

    Raises
    ------
    ValueError
        A field is missing or malformed; the message names it.
    """
    fields = _fields(at, data, ("name", "doc", "inputs", "states", "parameters", "update"))
    name = text(f"{at}.name", fields["name"])
    if not name.isidentifier():
        raise ValueError(f"{at}.name is {shown(name)}; it must be a name, such as my_neuron")
    inputs = _read(f"{at}.inputs", fields["inputs"], Input, _INPUT)
    parameters = _read(f"{at}.parameters", fields["parameters"], Parameter, _PARAMETER)
    states = _read(f"{at}.states", fields["states"], State, _STATE)
    _check_names(at, inputs, parameters, states)
    return Definition(
        name=name,
        doc=text(f"{at}.doc", fields["doc"]),
        inputs=inputs,
        states=states,
        parameters=parameters,
        update=_update(
            f"{at}.update", fields["update"], leaves={*inputs, *parameters, *states}, states=states
        ),
    )


def _start(name: str, value: Any) -> float | str:
    return text(name, value) if isinstance(value, str) else real()(name, value)


_INPUT: dict[str, Callable[[str, Any], Any]] = {"source": one_of(_SOURCES)}
_STATE: dict[str, Callable[[str, Any], Any]] = {
    "meaning": text, "unit": text, "start": _start, "guard": whole(0, MOST_GUARD),
    "bits": optional(whole(1, _MOST_BITS)),
}
_PARAMETER: dict[str, Callable[[str, Any], Any]] = {
    "default": real(), "meaning": text, "unit": text, "low": optional(real()),
    "high": optional(real()), "trained": flag,
}


def _listed(named: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **asdict(one)} for name, one in named.items()]


def _sequence(at: str, data: Any, what: str) -> list:
    if not isinstance(data, list | tuple):
        raise ValueError(f"{at} is {shown(data)}; it must be a list of {what}")
    return [*data]


def _read(
    at: str, data: Any, kind: Callable[..., _Kind], rules: Mapping[str, Callable[[str, Any], Any]]
) -> dict[str, _Kind]:
    """Return what a list holds, by name."""
    found: dict[str, _Kind] = {}
    for index, one in enumerate(_sequence(at, data, "objects")):
        here = f"{at}[{index}]"
        given = _fields(here, one, ("name", *rules))
        values = {name: rule(f"{here}.{name}", given[name]) for name, rule in rules.items()}
        name = text(f"{here}.name", given["name"])
        if name in found:
            raise ValueError(f"{here}.name is {shown(name)}, as another's is")
        found[name] = kind(**values)
    return found


def _fields(at: str, data: Any, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Return an object of exactly these fields."""
    given = mapping(at, data)
    for name in names:
        if name not in given:
            raise ValueError(f"{at}.{name} is missing")
    for name in given:
        if name not in names:
            raise ValueError(f"{at}.{name} is no field; there are {', '.join(names)}")
    return given


def _check_names(
    at: str,
    inputs: Mapping[str, Input],
    parameters: Mapping[str, Parameter],
    states: Mapping[str, State],
) -> None:
    words = [*inputs, *parameters, *states]
    for word in words:
        if not word.isidentifier() or word == "spike" or words.count(word) > 1:
            raise ValueError(
                f"{at} has the name {shown(word)}; inputs, parameters and states need names of "
                "letters, digits and _, each once, and none is called spike"
            )
    if "v" not in states:
        raise ValueError(f"{at}.states has no v, which is the membrane")
    for word, state in states.items():
        if isinstance(state.start, str) and state.start not in parameters:
            raise ValueError(
                f"{at} starts its state {word} at {shown(state.start)}; it must be a number, or "
                "the name of a parameter"
            )


def _update(
    at: str, data: Any, *, leaves: set[str], states: Mapping[str, State]
) -> dict[str, Expression]:
    fields = _fields(at, data, ("nodes", "outputs"))
    written = _sequence(f"{at}.nodes", fields["nodes"], "nodes")
    if not 0 < len(written) <= MOST_NODES:
        raise ValueError(f"{at}.nodes must be a list of 1 to {MOST_NODES} nodes")
    nodes: list[Expression] = []
    for index, node in enumerate(written):
        nodes.append(_node(f"{at}.nodes[{index}]", node, nodes, leaves))
    update: dict[str, Expression] = {}
    for index, output in enumerate(_sequence(f"{at}.outputs", fields["outputs"], "outputs")):
        here = f"{at}.outputs[{index}]"
        if not isinstance(output, list | tuple) or len(output) != 2:
            raise ValueError(f"{here} is {shown(output)}; it must be a name and a node's number")
        name = one_of((*states, "spike"))(f"the name in {here}", output[0])
        node = nodes[whole(0, len(nodes) - 1)(f"the node of {here}", output[1])]
        if (name == "spike") != (node.operation in CONDITIONS):
            wanted = "a condition" if name == "spike" else "a number"
            raise ValueError(f"{here} is {name}, whose node must be {wanted}")
        if name in update:
            raise ValueError(f"{here} is {name}, which has a node already")
        update[name] = node
    for name in states:
        if name not in update:
            raise ValueError(f"{at}.outputs has no {name}, which is a state")
    return update


def _node(at: str, data: Any, before: list[Expression], leaves: set[str]) -> Expression:
    if not isinstance(data, list | tuple) or not data:
        raise ValueError(f"{at} is {shown(data)}; it must be a list, the operation first")
    operation, *operands = data
    known = one_of(("leaf", "constant", *_OPERANDS))(f"the operation of {at}", operation)
    wanted = _OPERANDS.get(known, 1)
    if len(operands) != wanted:
        raise ValueError(f"{at} has {len(operands)} operands; {known} has {wanted}")
    if known == "leaf":
        return Expression.leaf(one_of(sorted(leaves))(f"the leaf of {at}", operands[0]))
    if known == "constant":
        return Expression(known, real()(f"the constant of {at}", operands[0]))
    if not before:
        raise ValueError(f"{at} is {known}, and has no node before it to work on")
    number = whole(0, len(before) - 1)
    taken = [before[number(f"an operand of {at}", one)] for one in operands]
    for place, one in enumerate(taken):
        wanted = known in ("both", "either", "invert") or (known == "where" and place == 0)
        if wanted != (one.operation in CONDITIONS):
            raise ValueError(
                f"operand {place} of {at} is no condition, and {known} works on conditions there"
                if wanted else
                f"operand {place} of {at} is a condition, and {known} works on numbers there; "
                "where(condition, 1, 0) is a number"
            )
    return Expression(known, *taken)
