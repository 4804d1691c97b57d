"""What the templates of a neuron that was compiled are filled in with."""

import json
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from spikewright_hw.definition import reals
from spikewright_hw.definition.dead_zone import dead_zone
from spikewright_hw.definition.definition import Parameter, State
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format

from ..equations.compile import Compiled
from ..equations.document import body, discrete, functions, methods_of, spike_of
from ..equations.names import INPUT, TIME_STEP

__all__ = ["points", "words"]

#: Distances from the start, and currents, at which slopes are worked out: of the first points where
#: the neuron does not spike. Those farther away are for a neuron that does near its start.
_SHIFTS = (
    (0.0, 0.5), (0.25, 0.0), (-0.5, 0.25), (1.0, -1.5),
    *((sign * 2.0**power, -0.5 * sign) for power in range(7) for sign in (-1, 1)),
)
_POINTS = 4
#: Length of the short step, in time steps.
SHORT = 1e-6
#: Headings of the page, and the generated block under each.
_HEADINGS = (
    ("Response", "response"), ("Ports", "ports"), ("Parameters", "parameters"),
    ("States", "states"), ("Latency and throughput", "timing"), ("Number format", "arithmetic"),
    ("Proofs", "proofs"), ("Size", "cost"),
)
_WIDTH = 100
_INDENT = "    "


def words(compiled: Compiled, formats: Mapping[str, Format]) -> dict[str, Any]:
    """Return the words; ``formats`` are those of the two presets by name."""
    name, step = compiled.specification.name, compiled.step
    states = [
        _declared(key, "State", _state_arguments(state))
        for key, state in compiled.states.items()
        if state != State(state.meaning)
    ]
    parameters = [
        _declared(key, "Parameter", _parameter_arguments(key, parameter))
        for key, parameter in compiled.parameters.items()
    ]
    return {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "imports": "\n".join(_imports(compiled, has_states=bool(states))),
        "exported": ", ".join(f'"{one}"' for one in ("PRESETS", *sorted(("core", name)))),
        "imported": ", ".join(("PRESETS", *sorted(("core", name)))),
        "declarations": "\n".join([*states, *parameters]),
        "doc": textwrap.indent(compiled.doc, _INDENT).strip(),
        "body": body(step),
        "refractory": compiled.specification.refractory,
        "presets": formats,
        "points": points(compiled),
        "short": SHORT,
        "zones": [
            (preset, dead_zone(FixedNeuron.of(compiled.definition, Arithmetic(format=format))))
            for preset, format in formats.items()
        ],
        "given": step.statements.written,
        "discrete": discrete(step),
        "spike": spike_of(step),
        "methods": methods_of(step),
        "headings": _HEADINGS,
        "row": _row,
    }


def points(compiled: Compiled) -> list[tuple[dict[str, float], float, dict[str, float]]]:
    """Return some states, a current, and the slopes that the equations have there.

    They lie around the start, where the neuron does not spike, nor in the short step of the test.
    """
    definition, statements = compiled.definition, compiled.step.statements
    slopes = replace(
        definition,
        update={name: statements.whole(one) for name, one in statements.states.items()},
    )
    values = {name: one.default for name, one in definition.parameters.items()}
    start = reals.start(definition, values)
    found = []
    for number, (shift, current) in enumerate(_SHIFTS):
        states = {
            name: value + (name in statements.states) * shift / (1 + min(number, _POINTS) + place)
            for place, (name, value) in enumerate(start.items())
        }
        inputs = {INPUT: current}
        steps = ({**values, TIME_STEP: share * values[TIME_STEP]} for share in (0.0, SHORT))
        spike = any(reals.step(definition, states, inputs, given)[1] for given in steps)
        exact, _ = reals.step(slopes, states, inputs, values)
        if not spike and all(map(math.isfinite, exact.values())):
            found.append((states, current, exact))
    return found[:_POINTS]


def _imports(compiled: Compiled, *, has_states: bool) -> Iterable[str]:
    kinds = ["Parameter", *(["State"] if has_states else []), "neuron"]
    yield _import("..definition.definition", kinds)
    called = functions(compiled.step)
    if called:
        yield _import("..definition.expression", called)
    if compiled.specification.refractory is not None:
        yield _import("..definition.refractory", ["refractory"])
    yield _import("..fixed", ["Format"])
    yield _import(".core", ["neuron_core"])


def _import(module: str, names: Sequence[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line
    inner = "".join(f"{_INDENT}{name},\n" for name in names)
    return f"from {module} import (\n{inner})"


def _declared(name: str, kind: str, arguments: Sequence[str]) -> str:
    line = f"{_INDENT}{name}={kind}({', '.join(arguments)}),"
    if len(line) <= _WIDTH:
        return line
    inner = "".join(f"{2 * _INDENT}{argument},\n" for argument in arguments)
    return f"{_INDENT}{name}={kind}(\n{inner}{_INDENT}),"


def _state_arguments(state: State) -> list[str]:
    arguments = [_quoted(state.meaning)]
    if state.unit != State.unit:
        arguments.append(f"unit={_quoted(state.unit)}")
    if state.start:
        start = _quoted(state.start) if isinstance(state.start, str) else repr(state.start)
        arguments.append(f"start={start}")
    if state.guard:
        arguments.append(f"guard={state.guard}")
    return arguments


def _parameter_arguments(name: str, parameter: Parameter) -> list[str]:
    arguments = [repr(parameter.default), _quoted(parameter.meaning)]
    if parameter.unit != Parameter.unit:
        arguments.append(f"unit={_quoted(parameter.unit)}")
    if parameter.low is not None:
        arguments.append(f"low={parameter.low!r}")
    return arguments


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _row(*cells: object) -> str:
    """Write a row of a test's parameters, in as many lines as it takes."""
    texts = [one if isinstance(one, str) else _literal(one) for one in cells]
    line = f"{2 * _INDENT}({', '.join(texts)}),"
    if len(line) <= _WIDTH:
        return line
    inner = "".join(
        f"\n{13 * ' '}".join(textwrap.wrap(text, _WIDTH - 16)).join((3 * _INDENT, ",\n"))
        for text in texts
    )
    return f"{2 * _INDENT}(\n{inner}{2 * _INDENT}),"


def _literal(value: object) -> str:
    return "None" if value is None else json.dumps(value)
