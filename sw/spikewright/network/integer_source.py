"""C++ of a neuron's integer program: all steps of many neurons, generated from the definition.

What is generated is the shape of the program alone. Its constants, tables and bounds are arguments,
so that networks that differ in these share what is compiled.
"""

# Each method is an operation; those of other lowerings are static.
# pyright: reportIncompatibleMethodOverride=false

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spikewright_hw.definition.expression import Expression, Operations
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.definition.graph import evaluate

__all__ = ["Source", "integer_source"]

#: Neurons whose states are in the first cache through all steps.
_BLOCK = 256


@dataclass
class Source:
    """A program as text, and what it is given.

    Parameters
    ----------
    text : str
        Function ``scan``; see :class:`~.neurons.Neurons` for what calls it.
    numbers : list of int
        Constants, and then the least and the greatest value of each state.
    tables : list of tuple of int
    """

    text: str = ""
    numbers: list[int] = field(default_factory=list)
    tables: list[tuple[int, ...]] = field(default_factory=list)


def integer_source(fixed: FixedNeuron, *, bits: int) -> Source:
    """Return the source of a neuron that computes with integers of so many bits, 32 or 64."""
    source = Source()
    states, inputs = list(fixed.formats), list(fixed.definition.inputs)
    vectors = list(fixed.vectors)
    lines = _Lines(source)
    leaves = {name: f"s{n}[j]" for n, name in enumerate(states)}
    leaves |= {name: f"i{n}[j]" for n, name in enumerate(inputs)}
    leaves |= {name: f"v{n}[j]" for n, name in enumerate(vectors)}
    ends = evaluate(_in_order(fixed.update, states), leaves, lines)
    spike = f"fired[j] = std::uint8_t({ends['spike']});" if "spike" in ends else ""
    bounds = [lines.constant(end) for name in states for end in fixed.bounds[name]]
    stores = [
        f"const I a{n} = std::min(std::max({ends[name]}, {low}), {high});"
        for n, (name, low, high) in enumerate(zip(states, bounds[::2], bounds[1::2], strict=True))
    ]
    source.text = _TEMPLATE.format(
        bits=bits, block=_BLOCK,
        numbers=_each("const I k{0} = numbers[{0}];", source.numbers),
        tables=_each("const I *const t{0} = tables[{0}];", source.tables),
        states="I " + ", ".join(f"s{n}[BLOCK]" for n in range(len(states))) + ";",
        load=_each("s{0}[j] = states[{0}][at + j];", states),
        keep=_each("states[{0}][at + j] = s{0}[j];", states),
        inputs=_each("const I *const i{0} = inputs[{0}] + r * row + t * step + n;", inputs),
        vectors=_each("const I *const v{0} = vectors[{0}] + n;", vectors),
        # A state is written after all have been read.
        body="\n                    ".join([*lines.text, *stores]),
        store=" ".join([_each("s{0}[j] = a{0};", states), spike]),
        fired="std::uint8_t *const fired = spikes + r * spike_row + t * spike_step + n;",
        membrane=states.index("v"),
    )
    return source


def _in_order(update: Mapping[str, Expression], states: list[str]) -> dict[str, Expression]:
    return {name: update[name] for name in (*states, "spike") if name in update}


def _each(line: str, of: Any) -> str:
    return " ".join(line.format(number) for number in range(len(of)))


class _Lines(Operations):
    """Operations as lines of text; a value is a name or an operand."""

    def __init__(self, source: Source):
        self.text: list[str] = []
        self._source = source

    def made(self, value: str) -> str:
        if value.isalnum():
            return value
        name = f"x{len(self.text)}"
        self.text.append(f"const I {name} = {value};")
        return name

    def constant(self, value: int) -> str:
        if value not in self._source.numbers:
            self._source.numbers.append(value)
        return f"k{self._source.numbers.index(value)}"

    def pick(self, index: str, table: tuple[int, ...]) -> str:
        if table not in self._source.tables:
            self._source.tables.append(table)
        return f"t{self._source.tables.index(table)}[{index}]"


def _operation(form: str):
    return staticmethod(form.format)


for _name, _form in {
    "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}",
    "greater": "{0} > {1}", "at_least": "{0} >= {1}", "both": "{0} & {1}", "either": "{0} | {1}",
    "invert": "{0} == 0", "where": "{0} ? {1} : {2}", "minimum": "std::min({0}, {1})",
    "maximum": "std::max({0}, {1})", "shift_left": "{0} * (I(1) << {1})",
    "shift_right": "{0} >> {1}", "low_bits": "{0} & ((I(1) << {1}) - 1)",
}.items():
    setattr(_Lines, _name, _operation(_form))

_TEMPLATE = """\
#include <algorithm>
#include <cstdint>

typedef std::int{bits}_t I;
enum {{ BLOCK = {block} }};

extern "C" void scan(
    const I *numbers, const I *const *tables, const I *const *vectors, I *const *states,
    const I *const *inputs, std::uint8_t *spikes, I *membranes,
    std::int64_t rows, std::int64_t steps, std::int64_t neurons,
    std::int64_t row, std::int64_t step, std::int64_t spike_row, std::int64_t spike_step,
    std::int64_t membrane_row, std::int64_t membrane_step
) {{
    {numbers}
    {tables}
    {states}
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t n = 0; n < neurons; n += BLOCK) {{
            const int width = int(std::min<std::int64_t>(neurons - n, BLOCK));
            const std::int64_t at = r * neurons + n;
            {vectors}
            for (int j = 0; j < width; ++j) {{ {load} }}
            for (std::int64_t t = 0; t < steps; ++t) {{
                {inputs}
                {fired}
                #pragma GCC ivdep
                for (int j = 0; j < width; ++j) {{
                    {body}
                    {store}
                }}
                if (membranes) {{
                    I *const left = membranes + r * membrane_row + t * membrane_step + n;
                    for (int j = 0; j < width; ++j) left[j] = s{membrane}[j];
                }}
            }}
            for (int j = 0; j < width; ++j) {{ {keep} }}
        }}
}}
"""
