"""Reading JSON that anybody may have written: numbers are finite, and a fault is a short reason."""

import json
import math
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["parsed_json", "read_json", "shortened"]


def parsed_json(text: bytes, *, huge: bool = False) -> Any:
    """Return what a JSON text says.

    Raises :exc:`ValueError`, whose message never has the text itself, if it is no JSON in UTF-8, is
    nested too deeply, or has NaN, infinity, or a number that no float can hold. With ``huge``,
    whole numbers of any size are taken.
    """
    def refuse(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number")

    def finite(number: str) -> float:
        return float(number) if math.isfinite(float(number)) else refuse(shortened(number, most=20))

    def whole(number: str) -> int:
        finite(number)
        return int(number)

    try:
        return json.loads(
            text.decode(), parse_constant=refuse, parse_float=finite,
            parse_int=int if huge else whole,
        )
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(file: Path) -> Any:
    """Return what a JSON file says; raises as :func:`parsed_json` does, or :exc:`OSError`."""
    return parsed_json(file.read_bytes())


def shortened(text: str, *, most: int = 200) -> str:
    """Return a text that quotes what was read, cut to so many signs."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
