"""``docs/harness_defects.md``: each case is run, and prints what stands below it."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "harness_defects.md"


def test_each_case_prints_what_stands_below_it():
    blocks = re.findall(
        r"^```(python|text)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    names: dict = {}
    compared, printed = 0, ""
    for language, text in blocks:
        if language == "text":
            assert printed == text
            compared, printed = compared + 1, ""
            continue
        assert printed == "", "a block prints what no text block has"
        out = StringIO()
        with redirect_stdout(out):
            exec(compile(text, str(PAGE), "exec"), names)
        printed = out.getvalue()
    assert compared == 14 and printed == ""
