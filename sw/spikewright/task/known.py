"""Tasks by name: the data sets that the project knows."""

from pathlib import Path

from spikewright.errors import DataError
from spikewright_hw.checks import one_of, optional, pathlike

from . import digits, mnist
from .task import Task

__all__ = ["TASKS", "load_task"]

#: Names of the tasks.
TASKS = ("digits", "mnist")


def load_task(name: str = "digits", *, folder: str | Path | None = None) -> Task:
    """Return a task by its name: samples and labels, split into a training and a test part.

    Parameters
    ----------
    name : str
        ``"digits"``, which scikit-learn brings along, or ``"mnist"``, whose files are in a folder.
    folder : str or Path, optional
        Folder of MNIST's four files, or the folder above it; the one in the environment variable
        ``SPIKEWRIGHT_DATA`` if not given.

    Raises
    ------
    DataError
        The files are not there, or malformed.
    ValueError
        There is no task of that name, or it is in no folder.
    """
    place = optional(pathlike)("folder", folder)
    if one_of(TASKS)("name", name) == "digits":
        if place is not None:
            raise ValueError("folder is given, but digits come with scikit-learn; leave it out")
        return digits.load()
    place = mnist.find(place)
    if place is None:
        raise DataError(
            f"mnist needs its files {', '.join(sum(mnist.FILES.values(), ()))}; name their folder "
            f"by folder=, or in the environment variable {mnist.VARIABLE}"
        )
    return mnist.load(place)
