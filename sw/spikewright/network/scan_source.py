"""C++ of a cell: all steps of many neurons, and backwards, generated from the cell's tape."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from .cell import Cell
from .tape_source import StepSource, step_source

__all__ = ["Constant", "scan_source"]

#: Neurons whose states are in the first cache through all steps.
BLOCK = 256

_TYPES = {torch.float32: "float", torch.float64: "double"}


@dataclass(frozen=True)
class Constant:
    """What is the same in all steps.

    Parameters
    ----------
    several : bool
        Whether there is one for each neuron, or one for all.
    is_condition : bool
    learned : bool
        Whether its gradient is asked for.
    """

    several: bool = False
    is_condition: bool = False
    learned: bool = False


def scan_source(
    cell: Cell, constants: Sequence[Constant], dtype: torch.dtype
) -> tuple[str, StepSource]:
    """Return the text of a cell's functions ``forward`` and ``backward``, and its step.

    Raises
    ------
    Untraceable
        The cell does what cannot be written down.
    """
    program, ends = cell.written
    states, inputs = list(cell.definition.states), list(cell.definition.inputs)
    names = [_leaf(number, one) for number, one in enumerate(constants)]
    names += [f"s{n}[j]" for n in range(len(states))] + [f"i{n}[j]" for n in range(len(inputs))]
    first, membrane = len(constants), states.index("v")
    step = step_source(program, names, starts={first + membrane: "m[j]"}, clamped=dict(ends))
    text = _TEMPLATE.format(
        type=_TYPES[dtype], block=BLOCK, membrane=membrane,
        functions=(Path(__file__).parent / "real_functions.hpp").read_text(encoding="utf-8"),
        numbers=_each("const R k{0} = R(numbers[{0}]);", range(len(step.numbers))),
        tables=_each("const R *const t{0} = tables[{0}];", range(len(step.tables))),
        scalars="\n    ".join(_scalar(*one) for one in enumerate(constants) if not one[1].several),
        vectors="\n        ".join(
            f"const R *const c{n} = constants[{n}] + at;"
            for n, one in enumerate(constants) if one.several
        ),
        inputs=_each("const R *const i{0} = inputs[{0}] + place;", range(len(inputs))),
        lines="\n                ".join(step.forward),
        **_forward(step, range(len(states))),
        **_backward(step, constants, range(len(states)), range(len(inputs))),
    )
    return text, step


def _forward(step: StepSource, states: range) -> dict[str, str]:
    """Return the parts of the function ``forward`` alone."""
    fired = step.ends[len(states) :]
    return {
        "state_arrays": _each("R s{0}[BLOCK];", states),
        "load": _each("s{0}[j] = starts[{0}][at + j];", states),
        "outs": _each("R *const o{0} = states[{0}] + place;", states),
        "ends": _each("const R a{0} = {1};", states, step.ends),
        "keep": _each("s{0}[j] = o{0}[j] = a{0};", states),
        "fired": _each("fired[j] = {0};", fired),
    }


def _backward(
    step: StepSource, constants: Sequence[Constant], states: range, inputs: range
) -> dict[str, str]:
    """Return the parts of the function ``backward`` alone."""
    first = len(constants)
    learned = [number for number, one in enumerate(constants) if one.learned]
    of_constants = [step.gradients[number] for number in learned]
    of_states = step.gradients[first : first + len(states)]
    of_inputs = step.gradients[first + len(states) :]
    return {
        "gradient_arrays": _each("R g{0}[BLOCK] = {{}};", states)
        + _each(" R d{0}[BLOCK] = {{}};", learned),
        "take": _each(
            "if (of_after[{0}]) for (int j = 0; j < width; ++j) g{0}[j] = of_after[{0}][at + j];",
            states,
        ),
        "before": _each(
            "const R *const s{0} = t ? states[{0}] + place - elements : starts[{0}] + at;", states
        ),
        "gives": _each("R *const h{0} = of_inputs[{0}] + place;", inputs),
        "of_ends": _each("const R e{0} = g{0}[j];", states)
        + _each(" const R e{0} = f[j];", range(len(states), len(step.ends))),
        "back": "\n                ".join(step.backward),
        "give": _each("h{0}[j] = {1};", inputs, of_inputs),
        "add": _each("d{0}[j] += {1};", learned, of_constants),
        "pass_on": _each("const R b{0} = {1};", states, of_states)
        + _each(" g{0}[j] = b{0};", states),
        "leave": _each("of_starts[{0}][at + j] = g{0}[j];", states)
        + _each(" of_constants[{0}][at + j] = d{0}[j];", learned),
    }


def _leaf(number: int, constant: Constant) -> str:
    if not constant.several:
        return f"c{number}" + ("?" if constant.is_condition else "")
    return f"(c{number}[j] != 0)?" if constant.is_condition else f"c{number}[j]"


def _scalar(number: int, constant: Constant) -> str:
    if constant.is_condition:
        return f"const bool c{number} = constants[{number}][0] != 0;"
    return f"const R c{number} = constants[{number}][0];"


def _each(line: str, *of: Sequence) -> str:
    return " ".join(line.format(*values) for values in zip(*of, strict=False))


_TEMPLATE = """\
typedef {type} R;
{functions}
#include <algorithm>

enum {{ BLOCK = {block} }};
static const R zeros[BLOCK] = {{}};

extern "C" void forward(
    const double *numbers, const R *const *tables, const R *const *constants,
    const R *const *inputs, const R *const *starts, R *const *states, R *spikes,
    std::int64_t steps, std::int64_t elements, std::int64_t begin, std::int64_t end
) {{
    {numbers}
    {tables}
    {scalars}
    {state_arrays}
    for (std::int64_t at = begin; at < end; at += BLOCK) {{
        const int width = int(std::min<std::int64_t>(end - at, BLOCK));
        {vectors}
        for (int j = 0; j < width; ++j) {{ {load} }}
        for (std::int64_t t = 0; t < steps; ++t) {{
            const std::int64_t place = t * elements + at;
            {inputs}
            {outs}
            R *const fired = spikes + place;
            #pragma GCC ivdep
            for (int j = 0; j < width; ++j) {{
                {lines}
                {ends}
                {keep}
                {fired}
            }}
        }}
    }}
}}

extern "C" void backward(
    const double *numbers, const R *const *tables, const R *const *constants,
    const R *const *inputs, const R *const *starts, R *const *states,
    const R *of_spikes, const R *of_membranes, const R *const *of_after, const R *of_earlier,
    R *const *of_inputs, R *const *of_starts, R *const *of_constants,
    std::int64_t steps, std::int64_t elements, std::int64_t begin, std::int64_t end
) {{
    {numbers}
    {tables}
    {scalars}
    for (std::int64_t at = begin; at < end; at += BLOCK) {{
        const int width = int(std::min<std::int64_t>(end - at, BLOCK));
        {vectors}
        {gradient_arrays}
        if (of_after) {{
            {take}
        }}
        if (of_membranes)
            for (int j = 0; j < width; ++j)
                g{membrane}[j] += of_membranes[(steps - 1) * elements + at + j];
        for (std::int64_t t = steps - 1; t >= 0; --t) {{
            const std::int64_t place = t * elements + at;
            {inputs}
            {before}
            {gives}
            const R *const f = of_spikes ? of_spikes + place : zeros;
            const R *const m = of_membranes && t ? of_membranes + place - elements
                : of_earlier ? of_earlier + at : zeros;
            #pragma GCC ivdep
            for (int j = 0; j < width; ++j) {{
                {lines}
                {of_ends}
                {back}
                {give}
                {add}
                {pass_on}
            }}
        }}
        for (int j = 0; j < width; ++j) {{ {leave} }}
    }}
}}
"""
