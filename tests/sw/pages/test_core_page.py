"""What the page of a core says of its ports and parameters, and the docstrings that say it."""

import ast
import re
import sys
from collections.abc import Mapping
from typing import Any

import amaranth
import pytest
from amaranth import Shape
from amaranth.hdl import Fragment
from amaranth.lib import data, wiring

from spikewright.errors import DataError
from spikewright.pages.core_page import core_page_blocks, parameters, ports, ports_of
from spikewright.pages.docstring import Field, parsed, plain
from spikewright.pages.shape_words import port_type
from spikewright.record.markdown import presets_line
from spikewright_hw.connection import Dense, FeatureMap
from spikewright_hw.cores import CORES, Core
from spikewright_hw.engine.scan import Scan
from spikewright_hw.neuron import DEFINITIONS

OTHERS = [core for name, core in CORES.items() if name not in DEFINITIONS]

#: Ports whose docstring gives no shape that can be evaluated: it depends on a parameter, and the
#: description says how.
OPEN = {
    ("neuron_array", "i"), ("neuron_array", "o"), ("neuron_group", "addends"),
    ("neuron_group", "o"), ("tap_join", "i_0, i_1, ..."),
    ("trace_memory", "layer_0, layer_1, ..."), ("sng", "values"), ("sng", "o"),
    ("estimator", "o"), ("sign_magnitude_multiplier", "i"), ("mux_adder", "i"),
    ("signed_parallel_counter", "o"), ("windowed_neuron", "o"),
}  # fmt: skip


# Docstrings and gateware --------------------------------------------------------------------------


def shape_of(member: wiring.Member) -> Any:
    return member.signature.members["payload"].shape if member.is_signature else member.shape


def known(component: wiring.Component, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the names in a docstring of a component stand for."""
    names = vars(component) | dict(given) | vars(amaranth) | vars(data)
    for kind in reversed(type(component).__mro__):
        names |= vars(sys.modules[kind.__module__])
    return names


@pytest.mark.parametrize("core", OTHERS, ids=lambda core: core.name)
def test_the_shapes_in_a_docstring_are_those_of_the_gateware(core: Core):
    """Of every preset."""
    for preset, given in core.presets.items():
        component = core.build(preset)
        Fragment.get(component, platform=None)  # Amaranth warns of what is never elaborated
        for field, kind in ports(core).items():
            if (core.name, field.head) in OPEN:
                continue
            text = ast.unparse(kind.shape)
            written = eval(text, known(component, given))  # the docstring's own text
            members = component.signature.members
            for name in ports_of(field, members):
                real = shape_of(members[name])
                assert Shape.cast(written) == Shape.cast(real), f"{preset}: {name} is not {text}"


@pytest.mark.parametrize("core", OTHERS, ids=lambda core: core.name)
def test_each_port_and_parameter_is_described(core: Core):
    assert ports(core)
    for field in [*ports(core), *(field for field, _ in parameters(core))]:
        assert field.text, f"{core.name}: the docstring says nothing of {field.head}"


SCAN = Scan.__doc__ or ""
I_LINE = "    i : In(stream.Signature(unsigned(width)))\n"
UNLIKE = "Scan's docstring says of the port i that it is"
WRITE = "write In(...) or Out(...), with the shape or the stream.Signature in it"
PARAMETERS = "spikewright_hw.engine.scan.Scan's docstring, under Parameters,"
ARGUMENT = "spikewright_hw.engine.scan.Scan has the argument"


@pytest.mark.parametrize(
    ("written", "changed", "message"),
    [
        (
            f"{I_LINE}        Spikes of one step.\n", "",
            "Scan has the port i, which its docstring does not describe",
        ),
        (
            I_LINE, f"    spare : In(1)\n        Nothing.\n{I_LINE}",
            "Scan's docstring, under Members, describes spare, which there is not",
        ),
        (
            I_LINE, I_LINE.replace("In(", "Out("),
            f"{UNLIKE} Out(stream.Signature(unsigned(width))); it is In(stream.Signature(...))",
        ),
        (
            I_LINE, "    i : In(width)\n",
            f"{UNLIKE} In(width); it is In(stream.Signature(...))",
        ),
        (
            I_LINE, "    i : spikes\n",
            f"{UNLIKE} 'spikes'; {WRITE}",
        ),
        (
            "    width : int, at least 1\n        Bits of a bitmap.\n", "",
            f"{ARGUMENT} width, which its docstring does not describe",
        ),
        (
            "    width : int,", "    wide : int,",
            f"{ARGUMENT} width, which its docstring does not describe",
        ),
        (
            "    width : int,", "    height : int\n        None.\n    width : int,",
            f"{PARAMETERS} describes height, which there is not",
        ),
    ],
)  # fmt: skip
def test_a_docstring_that_does_not_fit_is_refused(monkeypatch, written, changed, message):
    assert written in SCAN
    monkeypatch.setattr(Scan, "__doc__", SCAN.replace(written, changed))
    with pytest.raises(DataError) as caught:
        core_page_blocks(CORES["scan"])
    assert str(caught.value) == message


# Tables -------------------------------------------------------------------------------------------


def test_the_blocks_of_a_core():
    assert core_page_blocks(CORES["uart_tx"]) == {
        "ports": (
            "| port | direction | payload | meaning |\n"
            "|---|---|---|---|\n"
            "| `i` | in, stream | 8 bits | Bytes to send. |\n"
            "| `tx` | out | 1 bit | The line, from a register; it rests high. |"
        ),
        "parameters": (
            "| parameter | range | default | meaning |\n"
            "|---|---|---|---|\n"
            "| `divisor` | at least 4 |  | Clock cycles per bit. |\n"
            "| `bits` | 0 or enough for the divisor | 0 | Of the port `cycles`, which there is if "
            "this is not 0: clock cycles per bit, at least 4, in place of `divisor`. It is looked "
            "at in the cycle of a byte's transfer, so each byte is sent with one divisor "
            "throughout. |\n"
            "\n"
            "Presets: `d4`, `divisor` 4; `d25`, `divisor` 25; `d25_b8`, `divisor` 25, `bits` 8."
        ),
    }
    assert core_page_blocks(CORES["frame_encoder"])["parameters"] == "None."


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("sng", "| `encoding` | `unipolar`, `bipolar`, `sign_magnitude` | `unipolar` |"),
        ("estimator", "| `threshold` | 1 to `length` | optional |"),
        ("integrate_and_fire", "| `rounding`, `saturation`, `digits` |  | `half_up`, `full`, 4 |"),
        ("row_layer", "| `layer` | `Layer` |  |"),
        ("neuron_array", "| `**parameters` | float or sequence of float |  |"),
        ("maximum", "| `lanes` | at least 1 |  | Gates side by side. |"),
        ("trace_memory", "| `layer_0`, `layer_1`, ... | in, stream, always ready |"),
        ("sobol", "| `reseed` | in | 1 bit | Load `seed` at the next clock edge; wins over"),
        ("row_layer", "| `i` | in, stream | `bank_layout(len(rows), banks)` |"),
        ("stochastic", "| Rows at once, in every layer; see [StreamLayer](stream_layer.md). |"),
        ("windowed_neuron", "| `half_up`, `full`, 4 | As in `Arithmetic`. |"),
        ("event", "| `i` | in, stream | `words.bits` bits |"),
    ],
)
def test_a_row_of_a_table(name, row):
    assert row in "\n".join(core_page_blocks(CORES[name]).values())


@pytest.mark.parametrize("core", CORES.values(), ids=lambda core: core.name)
def test_presets_are_in_words(core):
    assert not re.search(r"\w\(|[={}]", line := presets_line(core.presets)), line


def test_a_preset_with_a_connection_and_parameters_by_name():
    given = {
        "connection": Dense(source=FeatureMap(channels=2, height=3, width=4), neurons=5),
        "parameters": {"decay": (0.5, 0.75), "threshold": 3.0},
    }
    assert presets_line({"one": given}) == (
        "Presets: `one`, `connection` dense from 2 × 3 × 4 to 5, `parameters` (`decay` (0.5, 0.75),"
        " `threshold` 3.0)."
    )


@pytest.mark.parametrize(
    ("text", "direction", "payload"),
    [
        ("In(1)", "in", "1 bit"),
        ("Out(8, init=1)", "out", "8 bits"),
        ("In(width)", "in", "`width` bits"),
        ("In(unsigned(a + b))", "in", "`a + b` bits"),
        ("In(len(layer.rows))", "in", "`len(layer.rows)` bits"),
        ("Out(signed(width))", "out", "signed, `width` bits"),
        ("Out(signed(...))", "out", "signed"),
        ("Out(range(n + 1))", "out", "0 to `n`"),
        ("Out(range(n))", "out", "0 to `n - 1`"),
        ("Out(range(n - 1))", "out", "0 to `n - 2`"),
        ("Out(range(16))", "out", "0 to 15"),
        ("In(stream.Signature(PACKET))", "in, stream", "`PACKET`"),
        ("In(stream.Signature(layout(width)))", "in, stream", "`layout(width)`"),
        ("In(stream.Signature(8, always_ready=True))", "in, stream, always ready", "8 bits"),
        ("Out(stream.Signature(...))", "out, stream", ""),
        ("In(ArrayLayout(signed(width), n))", "in", "array of `n`, each signed, `width` bits"),
        ("In(ArrayLayout(..., n))", "in", "array of `n`"),
        ('In(StructLayout({"a": n, "b": n}))', "in", "structure of `a` and `b` (`n` bits each)"),
        (
            'In(StructLayout({"a": n, "b": n, "c": range(m), "d": ...}))', "in",
            "structure of `a` and `b` (`n` bits each), `c` (0 to `m - 1`) and `d`",
        ),
        ("In(StructLayout)", "in", "structure"),
    ],
)  # fmt: skip
def test_the_type_of_a_port_in_words(text, direction, payload):
    kind = port_type(text)
    assert kind and (kind.direction, kind.payload) == (direction, payload)


@pytest.mark.parametrize("text", ["", "In", "width", "In(a, b)", "In(1", "Inout(1)"])
def test_what_is_no_type_of_a_port(text):
    assert port_type(text) is None


def test_a_docstring_has_prose_and_sections():
    prose, sections = parsed(
        "Adds.\n\nMore.\n\nParameters\n----------\nwidth, lanes : int\n    Bits, as\n"
        "    :class:`~.scan.Scan` has ``them``.\nopen\n\nRaises\n------\nValueError\n    Never."
    )
    assert prose == "Adds.\n\nMore."
    assert sections == {
        "Parameters": (
            Field("width, lanes", "int", ("Bits, as", ":class:`~.scan.Scan` has ``them``.")),
            Field("open", "", ()),
        ),
        "Raises": (Field("ValueError", "", ("Never.",)),),
    }
    first, _ = sections["Parameters"]
    assert first.names == ("width", "lanes")
    assert first.text == "Bits, as :class:`~.scan.Scan` has ``them``."
    assert plain(first.text) == "Bits, as `Scan` has `them`."
    assert parsed("Adds.") == ("Adds.", {})
