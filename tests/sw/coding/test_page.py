"""``docs/coding.md``: its code prints what it says, its pictures are current, its tables whole."""

import contextlib
import io
import re
from dataclasses import fields
from pathlib import Path

from spikewright.coding.known import CODINGS
from spikewright.pages.coding_page import coding_pictures, examples

HOUSE = Path(__file__).resolve().parents[3]
PAGE = (HOUSE / "docs" / "coding.md").read_text(encoding="utf-8")


def test_the_code_prints_what_the_page_says():
    names: dict = {}
    runs = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(runs) == 3
    for code, expected in runs:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "coding.md", "exec"), names)
        assert printed.getvalue() == expected
    assert names["config"].coding.name == "rate" and names["config"].coding.steps == 8


def test_the_pictures_are_current():
    for path, text in coding_pictures(root=HOUSE).items():
        message = f"{path.name} is not what the coding gives: run `spikewright pages`"
        assert path.read_text(encoding="utf-8") == text, message
        assert f"(pictures/codings/{path.name})" in PAGE
    assert {*examples(), "spikes", "direct", "filter_bank"} == {*CODINGS}


def test_the_page_has_every_coding_and_every_field():
    assert {*re.findall(r"^\| \[`(\w+)`\]\(#[\w-]+\)", PAGE, re.M)} == {*CODINGS}
    sections = re.split(r"^## ", PAGE, flags=re.M)
    titles = {name: name.replace("_", " ").capitalize() for name in CODINGS}
    titles |= {"ttfs": "Time to first spike", "log_latency": "Logarithmic latency"}
    for name, title in titles.items():
        (section,) = (one for one in sections if one.startswith(f"{title}\n"))
        if name != "spikes":
            first = " ".join(row.split("|")[1] for row in re.findall(r"^\|.*$", section, re.M))
            listed = {*re.findall(r"`(\w+)`", first)}
            assert listed == {field.name for field in fields(CODINGS[name])}  # pyright: ignore
