"""Raw logs: arrays from which what a report says can be counted once more."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

from ..files import write_bytes

__all__ = ["write_log"]


def write_log(file: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as a compressed ``.npz`` file, by their names."""
    made = BytesIO()
    np.savez_compressed(made, **arrays)  # pyright: ignore[reportArgumentType]
    write_bytes(file, made.getvalue())
