"""The table of all neurons in ``docs/cores/README.md``."""

import re
from collections.abc import Iterable
from typing import Any

from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.expression import Expression
from spikewright_hw.definition.graph import leaves

from ..record.markdown import Presets, table
from .neuron_page import multipliers, neuron_of

__all__ = ["comparison_of", "index_block", "purpose_of", "reset_of"]

_SIGNS = {"at_least": "≥", "greater": ">"}


def index_block(neurons: Iterable[tuple[Definition, Presets, str]]) -> str:
    """Return the table; each neuron comes with its presets and the text of its page."""
    rows: list[tuple[Any, ...]] = []
    for definition, presets, page in neurons:
        fixed = neuron_of(definition, presets)
        title = page.splitlines()[0].removeprefix("# ")
        rows.append(
            (
                f"[{title}]({definition.name}.md)",
                f"`{definition.name}`",
                len(definition.states),
                multipliers(fixed) or "",
                len(fixed.tables) or "",
                comparison_of(definition),
                reset_of(definition),
                purpose_of(page),
            )
        )
    headings = ("neuron", "name", "states", "multiplications", "tables", "spike at", "reset")
    return "\n".join(table((*headings, "when to use it"), rows))


def comparison_of(definition: Definition) -> str:
    """Return the sign of the comparison that makes it spike, ``never`` for a readout."""
    if not definition.spikes:
        return "never"
    return ", ".join(sorted(_signs(definition.update["spike"])))


def _signs(condition: Expression) -> set[str]:
    if condition.operation in ("both", "either"):
        return set().union(*map(_signs, condition.operands))
    return {_SIGNS[condition.operation]} if condition.operation in _SIGNS else set()


def reset_of(definition: Definition) -> str:
    """Return what a spike does to the membrane: ``to a level``, ``by subtraction``, or else."""
    if not definition.spikes:
        return ""
    node = definition.update["v"]
    while node.operation == "where":
        _, yes, no = node.operands
        if yes.operation == "leaf" and yes.operands[0] == "v":  # it rests
            node = no
            continue
        if all(leaf.operands[0] in definition.parameters for leaf in leaves(yes)):
            return "to zero" if yes.operation == "constant" else "to a level"
        while yes is not no and yes.operation == "subtract":
            yes = yes.operands[0]
        return "by subtraction" if yes is no else "mixed"
    return "none"


def purpose_of(page: str) -> str:
    """Return the first sentence of a page's section on when to use it."""
    match = re.search(r"^## When to use it\n+(.*?\.)(?=\s|\Z)", page, re.MULTILINE | re.DOTALL)
    return " ".join(match[1].split()) if match else ""
