"""Words for the type of a port, as a component's docstring writes it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["PortType", "port_type"]


@dataclass(frozen=True)
class PortType:
    """A type such as ``In(stream.Signature(unsigned(width)))``.

    Parameters
    ----------
    flow : str
        ``"In"`` or ``"Out"``.
    stream : bool
        Whether it is a stream.
    always_ready : bool
        Whether it is a stream that is taken at once.
    shape : ast.expr
        Shape of the port, or of the stream's payload.
    """

    flow: str
    stream: bool
    always_ready: bool
    shape: ast.expr

    @property
    def direction(self) -> str:
        """The direction, and whether it is a stream."""
        words = {"stream": self.stream, "always ready": self.always_ready}
        return ", ".join([self.flow.lower(), *(word for word, holds in words.items() if holds)])

    @property
    def payload(self) -> str:
        """The shape in words; empty where the docstring leaves it to the description."""
        return _words(self.shape)


def port_type(text: str) -> PortType | None:
    """Read the type of a port; return None if it is none."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    match node:
        case ast.Call(func=ast.Name(id="In" | "Out" as flow), args=[inner]):
            pass
        case _:
            return None
    match inner:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="stream"), attr="Signature"), args=[shape]
        ):
            ready = any(one.arg == "always_ready" for one in inner.keywords)
            return PortType(flow, True, ready, shape)
    return PortType(flow, False, False, inner)


def _words(shape: ast.expr) -> str:
    match shape:
        case ast.Constant(value=int(bits)):
            return "1 bit" if bits == 1 else f"{bits} bits"
        case ast.Constant():  # an ellipsis
            return ""
        case ast.Call(func=ast.Name(id="unsigned"), args=[width]):
            return _words(width)
        case ast.Call(func=ast.Name(id="signed"), args=[width]):
            return ", ".join(filter(None, ["signed", _words(width)]))
        case ast.Call(func=ast.Name(id="range"), args=[end]):
            return f"0 to {_highest(end)}"
        case ast.Call(func=ast.Name(id="ArrayLayout"), args=[element, length]):
            return ", each ".join(filter(None, [f"array of {_code(length)}", _words(element)]))
        case ast.Call(func=ast.Name(id="StructLayout"), args=[ast.Dict() as fields]):
            return f"structure of {_listed([*_fields(fields)])}"
        case ast.Name(id="StructLayout"):
            return "structure"
        case ast.Name(id="unsigned"):
            return "unsigned"
        case ast.Name(id=name) if name[0].isupper():  # a layout or an enumeration
            return _code(shape)
        case ast.Call(func=ast.Name(id=name)) if name != "len":  # a function that returns a layout
            return _code(shape)
    return f"{_code(shape)} bits"


def _fields(layout: ast.Dict) -> Iterator[str]:
    """Yield the fields of a structure; those of the same shape that follow each other as one."""
    together: dict[str, list[str]] = {}
    for key, value in zip(layout.keys, layout.values, strict=True):
        assert isinstance(key, ast.Constant)
        together.setdefault(_words(value), []).append(f"`{key.value}`")
    for words, names in together.items():
        each = " each" if len(names) > 1 else ""
        yield _listed(names) + (f" ({words}{each})" if words else "")


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _highest(end: ast.expr) -> str:
    """Return the last number of a range, in code."""
    match end:
        case ast.Constant(value=int(number)):
            return str(number - 1)
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=1)):
            return _code(left)
        case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int(less))):
            return _code(ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=less + 1)))
    return _code(ast.BinOp(left=end, op=ast.Sub(), right=ast.Constant(value=1)))


def _code(node: ast.expr) -> str:
    return f"`{ast.unparse(node)}`"
