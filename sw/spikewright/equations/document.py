"""What is written of a compiled neuron: the body of its update, and its docstring."""

import textwrap

from .names import INPUT
from .source import WIDTH, call_names, one_line, statement
from .step import Step

__all__ = ["body", "discrete", "document", "functions", "methods_of", "spike_of"]

#: Longest line of a docstring, without the indentation of a function's body.
_WIDTH = WIDTH - 4


def document(name: str, step: Step) -> str:
    """Return a neuron's docstring: its equations, how they were discretised, and its step."""
    statements = step.statements
    title = name.replace("_", " ").capitalize()
    given = statements.written
    text = [f"{title}: compiled from equations.", "", ".. code-block:: none", ""]
    text += [line for one in given for line in _wrapped(one)]
    text += ["", *textwrap.wrap(spike_of(step), _WIDTH), *textwrap.wrap(methods_of(step), _WIDTH)]
    text += ["", ".. code-block:: none", ""]
    text += [line for one in discrete(step) for line in _wrapped(one)]
    return "\n".join(text)


def _wrapped(equation: str) -> list[str]:
    """Return an equation in indented lines."""
    return textwrap.wrap(
        equation, _WIDTH, initial_indent="    ", subsequent_indent="        ",
        break_on_hyphens=False,
    )


def spike_of(step: Step) -> str:
    """Say when a neuron spikes, and what then."""
    statements = step.statements
    if statements.threshold is None:
        return "It never spikes."
    resets = "; ".join(one.text.text for one in statements.resets.values())
    return (
        f"It spikes when {statements.threshold.text.text} holds after the step; then, in the same "
        f"step, {resets}."
    )


def methods_of(step: Step) -> str:
    """Say how each equation was discretised."""
    parts = [f"d{name}/dt by {method}" for name, method in step.methods.items()]
    return f"Discretised: {', '.join(parts)}."


def functions(step: Step) -> list[str]:
    """Return the functions that the body calls, in order."""
    rights = [*(line.right for line in step.lines), *step.result.values()]
    return sorted({name for right in rights for name in call_names(right)})


def body(step: Step) -> str:
    """Return the body of the update function."""
    texts = [
        statement(f"{line.name} = ", line.right, _names(step, after=line.after))
        for line in step.lines
    ]
    names = _names(step, after=True)
    entries = [f'"{name}": {one_line(one, names)}' for name, one in step.result.items()]
    line = f"    return {{{', '.join(entries)}}}"
    if len(line) > WIDTH:
        entries = [
            statement(f'"{name}": ', one, names, end=",\n", indent=" " * 8)
            for name, one in step.result.items()
        ]
        line = f"    return {{\n{''.join(entries)}    }}"
    return "\n".join([*texts, line])


def discrete(step: Step) -> list[str]:
    """Return the discrete equations as a paper writes them, one a line."""
    texts = []
    for line in step.lines:
        names = {name: name for name in _names(step, after=line.after)}
        shown = f"{line.name}[t]" if line.name in step.statements.states else line.name
        for state in step.statements.states:
            names[state] = f"{state}[t]" if line.after else f"{state}[t-1]"
        names[INPUT] = f"{INPUT}[t]"
        texts.append(f"{shown} = {one_line(line.right, names)}")
    return texts


def _names(step: Step, *, after: bool) -> dict[str, str]:
    names = {name: f"p.{name}" for name in step.parameters}
    names |= {line.name: line.name for line in step.lines}
    names |= {name: name if after else f"s.{name}" for name in step.statements.states}
    return names | {INPUT: INPUT}
