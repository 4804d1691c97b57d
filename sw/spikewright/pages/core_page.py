"""What the page of a core says that follows from the docstring of its component."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from amaranth.hdl import Fragment
from amaranth.lib import stream, wiring

from spikewright_hw.cores import CORES, Core

from ..errors import DataError
from ..record.markdown import presets_line, table, wrapped
from .docstring import Field, parsed, plain
from .shape_words import PortType, port_type

__all__ = ["CORE_BLOCKS", "core_page_blocks", "parameters", "ports", "ports_of"]

#: What the page of a core that is not a neuron has, in this order.
CORE_BLOCKS = ("ports", "parameters")


def core_page_blocks(core: Core) -> dict[str, str]:
    """Return the ports and the parameters of a core, as Markdown by the name of the block.

    The ports are those of the section ``Members`` of the component's docstring, and of its base
    classes'. The parameters are those of the section ``Parameters``: of the module's ``core``, if
    that is a function that has one, else of the component.

    Raises :exc:`DataError` where a docstring does not fit the component of the first preset.
    """
    return {
        "ports": "\n".join(_ports_block(core)),
        "parameters": "\n".join(_parameters_block(core)),
    }


# Ports --------------------------------------------------------------------------------------------


def _ports_block(core: Core) -> Iterator[str]:
    rows = [
        (_code(field), kind.direction, kind.payload, _meaning(field))
        for field, kind in ports(core).items()
    ]
    yield from table(("port", "direction", "payload", "meaning"), rows)


def ports(core: Core) -> Mapping[Field, PortType]:
    """Return the entries of a core's ports in the order of its signature, and the type of each.

    Raises :exc:`DataError` unless they are the members of the component of the first preset.
    """
    kind, members = _component(core)
    name = kind.__name__
    written: dict[str, Field] = {}
    for field in _fields(kind, "Members"):
        for port in ports_of(field, members):
            written.setdefault(port, field)
    _compare(f"{name} has the port", f"{name}'s docstring, under Members,", members, written)
    found: dict[Field, PortType] = {}
    for port, member in members.items():
        field = written[port]
        if field not in found:
            found[field] = _port_type(field, component=name)
        wanted = member.flow.name, _is_stream(member)
        if wanted != (found[field].flow, found[field].stream):
            words = f"{wanted[0]}({'stream.Signature(...)' if wanted[1] else '...'})"
            raise DataError(
                f"{name}'s docstring says of the port {port} that it is {field.kind}; it is {words}"
            )
    return found


def _port_type(field: Field, *, component: str) -> PortType:
    kind = port_type(field.kind)
    if kind is None:
        raise DataError(
            f"{component}'s docstring says of the port {field.head} that it is {field.kind!r}; "
            "write In(...) or Out(...), with the shape or the stream.Signature in it"
        )
    return kind


def ports_of(field: Field, members: Any) -> list[str]:
    """Return the ports that an entry describes: ``layer_0, layer_1, ...`` are any number."""
    names = [*field.names]
    if names[-1] != "...":
        return names
    stem = names[0].rstrip("0123456789")
    return [name for name in members if name.rstrip("0123456789") == stem]


def _is_stream(member: wiring.Member) -> bool:
    if not member.is_signature:
        return False
    signature = member.signature
    if isinstance(signature, wiring.FlippedSignature):
        signature = signature.flip()
    return isinstance(signature, stream.Signature)


# Parameters ---------------------------------------------------------------------------------------


def _parameters_block(core: Core) -> Iterator[str]:
    found = parameters(core)
    if not found:
        yield "None."
        return
    rows = [
        (_code(field), *_range_default(field, given), _meaning(field)) for field, given in found
    ]
    yield from table(("parameter", "range", "default", "meaning"), rows)
    yield ""
    yield wrapped(presets_line(core.presets))


def parameters(core: Core) -> list[tuple[Field, list[inspect.Parameter]]]:
    """Return the entries of a core's parameters in the docstring's order, and what each describes.

    Raises :exc:`DataError` unless they are the arguments of what they are of.
    """
    made = core.module.core
    if not inspect.isclass(made) and not _section(made, "Parameters"):
        made, _ = _component(core)
    arguments = _arguments(made)
    own = _section(made, "Parameters")
    fields = own or _fields(made, "Parameters")
    written = {name.lstrip("*"): field for field in fields for name in field.names}
    if not own:
        written = {name: field for name, field in written.items() if name in arguments}
    of = f"{core.module.__name__}.{made.__name__}"
    _compare(f"{of} has the argument", f"{of}'s docstring, under Parameters,", arguments, written)
    return [
        (field, [arguments[name.lstrip("*")] for name in field.names])
        for field in dict.fromkeys(written.values())
    ]


def _range_default(field: Field, given: list[inspect.Parameter]) -> tuple[str, str]:
    kind = field.kind.removesuffix(", optional")
    kind = kind.removeprefix("int, ").removeprefix("float, ").removeprefix("{").removesuffix("}")
    kind = f"`{kind}`" if kind.isidentifier() else plain(kind.replace('"', "`"))
    if field.kind.endswith(", optional"):
        return kind, "optional"
    return kind, ", ".join(_value(one.default) for one in given if one.default is not one.empty)


def _value(default: Any) -> str:
    return f"`{default}`" if isinstance(default, str) else str(default)


@cache
def _component(core: Core) -> tuple[type, wiring.SignatureMembers]:
    """Return the class of the component of a core's first preset, and its ports."""
    component = core.build(next(iter(core.presets)))
    Fragment.get(component, platform=None)  # Amaranth warns of what is never elaborated
    return type(component), component.signature.members


# Docstrings ---------------------------------------------------------------------------------------


def _fields(kind: type, section: str) -> list[Field]:
    """Return the entries of a section of a component, and of its base classes."""
    bases = inspect.getmro(kind)
    classes = bases[: bases.index(wiring.Component)]
    return [field for one in classes for field in _section(one, section)]


def _section(made: Callable[..., Any], name: str) -> tuple[Field, ...]:
    _, sections = parsed(inspect.cleandoc(made.__doc__ or ""))
    return sections.get(name, ())


def _arguments(made: Any) -> Mapping[str, inspect.Parameter]:
    """Return what a function, or the constructor of a class, takes.

    Of a class that has ``__new__`` from its base, as Amaranth's have, some versions of Python 3.11
    return the arguments of that.
    """
    if not inspect.isclass(made):
        return inspect.signature(made).parameters
    _, *own = inspect.signature(made.__init__).parameters.values()
    return {one.name: one for one in own}


def _compare(has: str, docstring: str, real: Any, written: Any) -> None:
    """Raise :exc:`DataError` unless two collections hold the same names."""
    for name in real:
        if name not in written:
            raise DataError(f"{has} {name}, which its docstring does not describe")
    for name in written:
        if name not in real:
            raise DataError(f"{docstring} describes {name}, which there is not")


def _meaning(field: Field) -> str:
    """Return what an entry says, in Markdown; the component of a core is a link to its page."""

    def linked(role: re.Match[str]) -> str:
        module, component = role.groups()
        return f"[{component}]({module}.md)" if module in CORES else role[0]

    return plain(re.sub(r":class:`~(?:[\w.]*\.)?(\w+)\.(\w+)`", linked, field.text))


def _code(field: Field) -> str:
    return ", ".join(name if name == "..." else f"`{name}`" for name in field.names)
