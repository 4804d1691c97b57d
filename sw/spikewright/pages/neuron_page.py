"""What a neuron's page says that follows from its definition, as blocks of Markdown."""

from collections.abc import Iterator
from dataclasses import fields

from spikewright_hw.definition import integers
from spikewright_hw.definition.dead_zone import dead_zone
from spikewright_hw.definition.definition import Definition, Parameter
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.graph import operands_first
from spikewright_hw.definition.table import Table

from ..record.markdown import Presets, presets_line, table, wrapped

__all__ = ["multipliers", "neuron_of", "neuron_page_blocks", "unit_of"]

_INPUTS = {
    "all": "the step's current; in a layer the sum of the weights whose inputs spiked",
    "excitatory": "the step's excitation; in a layer the sum of the positive weights",
    "inhibitory": "the step's inhibition; in a layer the sum of the negative weights, as positive",
    "recurrent": "what the layer's own spikes of the step before add, by the recurrent weights",
}
_CORE = (
    ("format", "Qm.n", "", "", "format of the membrane, of the inputs and of levels"),
    ("rounding", "`half_up`, `floor`", "`half_up`", "", "of a state, when it is stored"),
    (
        "saturation",
        "`full`, `symmetric`, `positive`",
        "`full`",
        "",
        "where the states end: at the format's ends, at ± the highest value, or `v` at 0",
    ),
    ("interleave", "at least 1", "1", "", "neurons that take turns, and pipeline stages"),
)
_TIMING = """\
One clock cycle, and one step per clock cycle for as long as `o` is taken. A stalled stream changes
no state. With `interleave` = n, n neurons take turns in n pipeline stages that hold their states,
which shortens the paths from register to register: transfer k is a step of neuron k mod n, and its
result is offered one cycle after transfer k + n - 1."""
_TIMES = {1: "once", 2: "twice"}
#: Steps of a strong input, after which a neuron is left to itself.
_STRONG = 50


def neuron_of(definition: Definition, presets: Presets) -> FixedNeuron:
    """Return a neuron in the integers of its first preset."""
    given = dict(next(iter(presets.values())))
    given.pop("interleave", None)
    words = [field.name for field in fields(Arithmetic)]
    arithmetic = Arithmetic(**{word: given.pop(word) for word in words if word in given})
    return FixedNeuron.of(definition, arithmetic, given)


def neuron_page_blocks(definition: Definition, presets: Presets) -> dict[str, str]:
    """Return what follows from a definition, as Markdown by the name of the block.

    Parameters
    ----------
    definition : Definition
        The neuron; it need not be registered.
    presets : mapping of str to mapping
        Its ``PRESETS``. Formats, tables and the dead zone are those of the first.

    Returns
    -------
    dict of str to str
        ``ports``, ``parameters``, ``states``, ``timing`` and ``arithmetic``.
    """
    fixed = neuron_of(definition, presets)
    return {
        "ports": "\n".join(_ports(definition)),
        "parameters": "\n".join(_parameters(definition, presets)),
        "states": "\n".join(_states(fixed, next(iter(presets)))),
        "timing": _TIMING,
        "arithmetic": "\n".join(_arithmetic(fixed, next(iter(presets)))),
    }


def multipliers(fixed: FixedNeuron) -> int:
    """Count the products of two variables in a step."""
    return sum(node.operation == "multiply" for node in operands_first(fixed.update.values()))


# Blocks -------------------------------------------------------------------------------------------


def _ports(definition: Definition) -> Iterator[str]:
    rows = []
    if len(definition.inputs) == 1:
        ((_, what),) = definition.inputs.items()
        rows.append(("`i`", "in, stream", "signed, as wide as the format", _INPUTS[what.source]))
    else:
        for name, what in definition.inputs.items():
            of = f"`{name}`, signed, as wide as the format"
            rows.append(("`i`", "in, stream", of, _INPUTS[what.source]))
    outputs = [f"`{name}`" for name in definition.states]
    payload = f"{', '.join(outputs)}, signed"
    meaning = "the membrane" if len(outputs) == 1 else "the states"
    if definition.spikes:
        payload = f"`spike` 1, {payload}"
        meaning = f"whether it spiked, and {meaning}"
    rows.append(("`o`", "out, stream", payload, f"{meaning} after the step"))
    yield from table(("port", "direction", "payload", "meaning"), rows)


def _parameters(definition: Definition, presets: Presets) -> Iterator[str]:
    rows = [(f"`{name}`", *words) for name, *words in _CORE]
    for name, parameter in definition.parameters.items():
        meaning = parameter.meaning + ("; trained" if parameter.trained else "")
        default = f"{parameter.default:.6g}"
        rows.append((f"`{name}`", _range(parameter), default, unit_of(parameter.unit), meaning))
    yield from table(("parameter", "range", "default", "unit", "meaning"), rows)
    units = {what.unit for what in definition.parameters.values()}
    units |= {what.unit for what in definition.states.values()}
    if "level" in units:
        yield ""
        yield "A level is in the membrane's own unit; an input of 1 is one such unit, too."
    yield ""
    yield wrapped(presets_line(presets))


def _range(parameter: Parameter) -> str:
    low, high = parameter.low, parameter.high
    if low is not None and high is not None:
        return f"{low:.6g} to {high:.6g}"
    if low is not None:
        return f"at least {low:g}"
    if high is not None:
        return f"at most {high:g}"
    return "the format's" if parameter.unit == "level" else "any"


def unit_of(unit: str) -> str:
    """Return a unit as it is written: nothing for a mere number."""
    return "" if unit == "1" else unit


def _states(fixed: FixedNeuron, preset: str) -> Iterator[str]:
    rows = []
    for name, state in fixed.definition.states.items():
        form = fixed.formats[name]
        low, high = (form.real(end) for end in fixed.bounds[name])
        rows.append(
            (
                f"`{name}`",
                state.meaning or "membrane",
                unit_of(state.unit),
                f"`{state.start}`" if isinstance(state.start, str) else f"{state.start:g}",
                f"{state.bits} bits, whole" if state.bits else form,
                state.guard or "",
                f"{low:g} to {high:.10g}",
            )
        )
    yield from table(
        ("state", "meaning", "unit", "start", f"format in `{preset}`", "guard bits", "range"), rows
    )


_TABLE_COLUMNS = (
    "function", "argument", "its bits after the point", "the result's", "limit, as a power of two",
    "segments", "degree", "largest error", "in steps",
)


def _arithmetic(fixed: FixedNeuron, preset: str) -> Iterator[str]:
    products = multipliers(fixed)
    tables = ", interpolation in tables counted" if fixed.tables else ""
    multiplied = (
        f"A step multiplies variables {_TIMES.get(products, f'{products} times')}{tables}"
        if products
        else "No two variables are multiplied, so there is no multiplier"
    )
    equations = operands_first(fixed.definition.update.values())
    compares = any(node.operation in ("greater", "at_least") for node in equations)
    compared = (
        "; in a comparison, whatever a state stores, with a reset or without, stands as it is "
        "rounded for that state, before it is saturated, and everything else is exact"
        if compares
        else ""
    )
    yield wrapped(
        "A coefficient is rounded to at most four signed powers of two, off by less than 1/80 of "
        f"it and mostly far less, so that it takes shifts and adders. {multiplied}. Sums are exact "
        f"and as wide as they must be, at most {fixed.widest()} bits in `{preset}`, so nothing "
        "wraps. Each state is rounded, half up unless told otherwise, and saturated once, when it "
        f"is stored{compared} ([all rules](../decisions/0008-equations-to-programs.md))."
    )
    if fixed.tables:
        yield ""
        yield wrapped(
            "Functions of a variable are tables with lines or parabolas between their entries "
            "([the exact rule](../tables.md)). The error is the largest one for all arguments "
            "that can come:"
        )
        yield ""
        yield from table(_TABLE_COLUMNS, map(_tabulated, fixed.tables))
    yield ""
    yield from table((f"what rounding leaves, in `{preset}`", "value", "as stored"), _slow(fixed))


def _tabulated(table: Table) -> tuple[object, ...]:
    low, high = (end * 2.0**-table.argument for end in (table.low, table.high))
    return (
        f"`{table.function}`",
        f"{low:.4g} to {high:.4g}",
        table.argument,
        table.result,
        table.limit,
        len(table.segments),
        ("0", "1", "2")[table.degree],
        f"{table.error:.2g}",
        f"{table.steps:.2g} of `{table.state}`",
    )


def _slow(fixed: FixedNeuron) -> Iterator[tuple[object, ...]]:
    """Return where the neuron rests, and the smallest currents that move it from there."""
    source = next(iter(fixed.definition.inputs))
    zone = dead_zone(fixed, source=source)
    left = {
        f"`v` that a strong {sign} `{source}` leaves behind": _left(fixed, strong)
        for sign, strong in (("positive", fixed.format.max), ("negative", fixed.format.min))
    }
    moving = {
        f"smallest constant `{source}` that moves `v` {word} from rest": current
        for word, current in (("up", zone.up), ("down", zone.down))
    }
    for words, stored in {"`v` at rest": zone.rest["v"], **left}.items():
        if stored is None:
            yield words, "none: it swings", ""
        else:
            yield words, f"{fixed.formats['v'].real(stored):.4g}", stored
    for words, stored in moving.items():
        if stored is None:
            yield words, "none", ""
        else:
            yield words, f"{fixed.format.real(stored):.4g}", stored


def _left(fixed: FixedNeuron, strong: int) -> int | None:
    """Return the membrane at which a neuron stays after a strong input, or None."""
    zero = dict.fromkeys(fixed.definition.inputs, 0)
    source = next(iter(zero))
    states = integers.start(fixed)
    for _ in range(_STRONG):
        states, _ = integers.step(fixed, states, zero | {source: strong})
    seen = set()
    while (key := tuple(states.values())) not in seen:
        seen.add(key)
        before = states
        states, _ = integers.step(fixed, states, zero)
        if states == before:
            return states["v"]
    return None
