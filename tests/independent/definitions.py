"""Definitions of neurons as graphs: those that a file brings along, and those on docs/cores/*.md.

A graph is a list of nodes, an operation and its operands, as docs/spw.md has it. The equations of
a page are read line by line into the same nodes.
"""

import ast
import re
from dataclasses import dataclass, field
from math import e
from pathlib import Path

__all__ = ["Definition", "State", "of_object", "of_page"]

CORES = Path(__file__).resolve().parent.parent.parent / "docs" / "cores"
OPERATORS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
COMPARISONS = {ast.Gt: "greater", ast.GtE: "at_least"}
FUNCTIONS = {"min": "minimum", "max": "maximum"}


@dataclass(frozen=True)
class State:
    """A state: where it starts, and its bits."""

    start: str | float
    guard: int = 0
    bits: int | None = None


@dataclass
class Definition:
    """A neuron: inputs with their sources, states, parameters that are levels, and the graph."""

    inputs: dict[str, str]
    states: dict[str, State]
    levels: set[str]
    nodes: list[tuple] = field(default_factory=list)
    outputs: dict[str, int] = field(default_factory=dict)

    def node(self, *node) -> int:
        """Return the number of a node; equal nodes are one."""
        if node not in self.nodes:
            self.nodes.append(node)
        return self.nodes.index(node)


def of_object(about: dict) -> Definition:
    """Return the definition that a file brings along."""
    made = Definition(
        inputs={one["name"]: one["source"] for one in about["inputs"]},
        states={
            one["name"]: State(one["start"], one["guard"], one["bits"]) for one in about["states"]
        },
        levels={one["name"] for one in about["parameters"] if one["unit"] == "level"},
    )
    numbers = []
    for operation, *operands in about["update"]["nodes"]:
        if operation not in ("leaf", "constant"):
            operands = [numbers[one] for one in operands]
        numbers.append(made.node(operation, *operands))
    made.outputs = {name: numbers[one] for name, one in about["update"]["outputs"]}
    return made


def of_page(name: str) -> Definition:
    """Return the definition of a registered neuron, as its page states it."""
    text = (CORES / f"{name}.md").read_text(encoding="utf-8")
    made = Definition(inputs={}, states={}, levels=set())
    for cells in rows(text, "ports"):
        if cells[0] == "`i`":
            named = re.match(r"`(\w+)`", cells[2])
            source = {"negative": "inhibitory", "positive": "excitatory", "own": "recurrent"}
            found = [source[word] for word in source if word in cells[3]]
            made.inputs[named[1] if named else "i"] = found[0] if found else "all"
    for cells in rows(text, "states"):
        whole = re.match(r"(\d+) bits, whole", cells[4])
        start = cells[3].strip("`")
        made.states[cells[0].strip("`")] = State(
            start if start[0].isalpha() else float(start),
            int(cells[5] or 0),
            int(whole[1]) if whole else None,
        )
    made.levels = {
        cells[0].strip("`") for cells in rows(text, "parameters") if cells[3] == "level"
    }
    known: dict[str, int] = {}
    block = re.search(r"As computed, in this order:\n\n```\n(.*?)```", text, re.DOTALL)
    assert block
    for line in block[1].splitlines():
        target, expression = line.split(" = ", 1)
        now = re.sub(r"(\w+)\[t-1\]", r"\1_before", expression).replace("[t]", "_now")
        target = target.replace("[t]", "_now")
        known[target] = read(made, ast.parse(now, mode="eval").body, known)
    made.outputs = {state: known[f"{state}_now"] for state in made.states}
    if "spike_now" in known:
        made.outputs["spike"] = known["spike_now"]
    return made


def rows(text: str, table: str) -> list[list[str]]:
    """Return the cells of a page's generated table."""
    part = text.split(f"<!-- generated: {table} -->")[1].split("<!-- end -->")[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def read(made: Definition, tree: ast.expr, known: dict[str, int]) -> int:
    """Add the nodes of an expression, and return the number of the last one."""

    def child(one: ast.expr) -> int:
        return read(made, one, known)

    match tree:
        case ast.Constant(int() | float() as value):
            return made.node("constant", float(value))
        case ast.Name(name):
            if name in known:
                return known[name]
            if name == "e":
                return made.node("constant", e)
            return made.node("leaf", re.sub("_(before|now)$", "", name))
        case ast.UnaryOp(ast.USub(), operand):
            return made.node("multiply", made.node("constant", -1.0), child(operand))
        case ast.UnaryOp(ast.Not(), operand):
            return made.node("invert", child(operand))
        case ast.BinOp(left, operator, right):
            return made.node(OPERATORS[type(operator)], child(left), child(right))
        case ast.BoolOp(operator, [left, right]):
            both = isinstance(operator, ast.And)
            return made.node("both" if both else "either", child(left), child(right))
        case ast.Compare(left, [operator], [right]):
            return made.node(COMPARISONS[type(operator)], child(left), child(right))
        case ast.IfExp(condition, yes, no):
            return made.node("where", child(condition), child(yes), child(no))
        case ast.Call(ast.Name(name), operands):
            return made.node(FUNCTIONS.get(name, name), *(child(one) for one in operands))
    raise ValueError(ast.dump(tree))
