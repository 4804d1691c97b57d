"""Data that a submission is of: a folder of them is named by the environment alone."""

from ...task.source import VARIABLE, Files, find, unnamed

__all__ = ["check_there"]


def check_there(*files: Files) -> None:
    """Raise :exc:`~spikewright.errors.DataError` if data are not at hand.

    A submission has no argument that names the folder of its data, so none is spoken of.
    """
    for one in files:
        if find(one) is None:
            raise unnamed(one, by=f"in the environment variable {VARIABLE}")
