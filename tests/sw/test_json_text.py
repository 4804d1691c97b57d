"""JSON that anybody may have written: each fault is a short reason."""

import pytest

from spikewright.json_text import parsed_json, read_json, shortened


def test_what_is_sound_is_read(tmp_path):
    (tmp_path / "a.json").write_bytes('{"µ": [1, -2.5, true, null]}'.encode())
    assert read_json(tmp_path / "a.json") == {"µ": [1, -2.5, True, None]}
    assert parsed_json(b"1" * 400, huge=True) == int("1" * 400)


@pytest.mark.parametrize(("text", "said"), [
    (b"\xff" * 5000, "^it is no text in UTF-8$"),
    ('{"a": 1}'.encode("utf-16"), "^it is no text in UTF-8$"),
    (b"[" * 100_000, "^it is nested too deeply$"),
    (b"[NaN]", "^NaN is no number$"),
    (b"[-Infinity]", "^-Infinity is no number$"),
    (b"[1e999]", "^1e999 is no number$"),
    (b"1" * 400, r"^1{17}\.\.\. is no number$"),
    (b"x" * 5000, "^Expecting value: line 1 column 1"),
])
def test_what_is_not_is_said(text, said):
    with pytest.raises(ValueError, match=said) as caught:
        parsed_json(text)
    assert len(str(caught.value)) < 100


def test_a_quotation_is_cut():
    assert shortened("a" * 200) == "a" * 200
    assert shortened("a" * 201) == "a" * 197 + "..."
