"""No function is so long that it has to be read in parts."""

import ast
import io
import tokenize
from collections.abc import Iterator

import pytest

from .test_house import HOUSE, here

#: Lines of code, without the docstring, comments and blank lines.
MOST = 62

_NO_CODE = (
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
)


def functions(source: str, *, least: int = 0) -> Iterator[tuple[str, int, int]]:
    """Return each function of a module: its name, its first line, and its lines of code.

    Those of less than ``least`` lines, of whatever kind, are left out.
    """
    found = [
        node for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 >= least
    ]
    if not found:
        return
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in found:
        lines = {*range(node.lineno, (node.end_lineno or node.lineno) + 1)} & code
        if ast.get_docstring(node) is not None:
            first = node.body[0]
            lines -= {*range(first.lineno, (first.end_lineno or first.lineno) + 1)}
        yield node.name, node.lineno, len(lines)


@pytest.mark.parametrize("folder", ["hw", "sw", "sim", "formal", "boards", "tests"])
def test_functions_are_short(folder):
    long = [
        f"{here(file)}:{line} {name} has {lines}"
        for file in sorted((HOUSE / folder).rglob("*.py"))
        for name, line, lines in functions(file.read_text(encoding="utf-8"), least=MOST + 1)
        if lines > MOST
    ]
    assert not long, f"functions of more than {MOST} lines; part them: {'; '.join(long)}"


def test_lines_are_counted_without_docstring_comments_and_blanks():
    source = (
        "def first():\n"
        '    """Two\n    lines."""\n'
        "\n"
        "    # why\n"
        "    return (\n        1\n    )\n"
        "def second(): return '''a\nb'''\n"
    )
    assert [*functions(source)] == [("first", 1, 4), ("second", 9, 2)]
    assert [*functions(source, least=8)] == [("first", 1, 4)]
    assert [*functions(source, least=9)] == []
