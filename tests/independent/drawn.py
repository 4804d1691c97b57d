"""Neurons drawn at random, as the objects in which docs/spw.md has a file bring them along."""

from random import Random
from typing import Any

__all__ = ["drawn_definition"]

NUMBERS = {
    "add": 2, "subtract": 2, "multiply": 2, "divide": 2, "minimum": 2, "maximum": 2,
    "exp": 1, "expm1": 1, "exprel": 1, "log": 1, "sqrt": 1, "tanh": 1, "sigmoid": 1,
    "reciprocal": 1,
}
#: How often an operation is drawn.
LIKELY = {"add": 4, "subtract": 3, "multiply": 4, "divide": 1, "minimum": 2, "maximum": 2}


def drawn_definition(rng: Random) -> dict[str, Any]:
    """Draw a definition: up to three states, three parameters, and up to 20 nodes."""
    states = ["v", "a", "b"][: rng.randint(1, 3)]
    parameters = ["p", "q", "threshold"]
    nodes: list[list] = [["leaf", name] for name in ("i", *states, *parameters)]
    numbers, conditions = list(range(len(nodes))), []

    def add(kind: list[int], operation: str, *operands: Any) -> None:
        kind.append(len(nodes))
        nodes.append([operation, *operands])

    for _ in range(rng.randint(4, 13)):
        some = rng.choices(numbers, k=2)
        kind = rng.choices(("number", "constant", "condition", "choice"), (12, 2, 2, 3))[0]
        if kind == "constant":
            add(numbers, "constant", rng.choice((0, 1, 2, -1, round(rng.uniform(-2, 2), 3))))
        elif kind == "number":
            name = rng.choices(list(NUMBERS), [LIKELY.get(one, 0.4) for one in NUMBERS])[0]
            add(numbers, name, *some[: NUMBERS[name]])
        elif kind == "condition" or not conditions:
            add(conditions, rng.choice(("greater", "at_least")), *some)
        else:
            add(numbers, "where", rng.choice(conditions), *some)
        if conditions and rng.random() < 0.1:
            name = rng.choice(("both", "either", "invert"))
            count = 1 if name == "invert" else 2
            add(conditions, name, *rng.choices(conditions, k=count))
    outputs = [[name, rng.choice(numbers[-5:])] for name in states]
    if not conditions:
        add(conditions, "at_least", outputs[0][1], nodes.index(["leaf", "threshold"]))
    return {
        "name": "drawn",
        "doc": "drawn at random",
        "inputs": [{"name": "i", "source": "all"}],
        "states": [_state(rng, name) for name in states],
        "parameters": [
            {"name": name, "default": 1.0, "meaning": "drawn", "trained": False,
             "unit": "level" if name == "threshold" else "", "low": None, "high": None}
            for name in parameters
        ],
        "update": {"nodes": nodes, "outputs": [*outputs, ["spike", rng.choice(conditions)]]},
    }


def _state(rng: Random, name: str) -> dict[str, Any]:
    bits = rng.randint(2, 9) if name != "v" and rng.random() < 0.2 else None
    start = rng.choice((0, 0.3, -1.7, "p", "threshold")) if bits is None else rng.randint(-2, 1)
    guard = rng.choice((0, 0, 3, 5)) if name != "v" and bits is None else 0
    return {"name": name, "meaning": "drawn", "unit": "level" if name == "v" else "",
            "start": start, "guard": guard, "bits": bits}
