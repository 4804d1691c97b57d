"""Tasks by name: the data sets that the project knows."""

from pathlib import Path

from spikewright_hw.checks import flag, one_of, optional, pathlike

from . import digits
from .asc import ASC
from .audio import sound_task
from .cifar10 import CIFAR10
from .dvs_gesture import DVS_GESTURE
from .eeg_mi import EEG_MI
from .esc10 import ESC10
from .fsdd import FSDD
from .mitbih import MITBIH
from .mnist import FASHION_MNIST, MNIST
from .nmnist import NMNIST
from .source import Source, located
from .speech_commands import SPEECH_COMMANDS
from .spoken import SHD, SSC
from .task import Task
from .wisdm import WISDM

__all__ = ["SOURCES", "TASKS", "load_task"]

#: By name: the tasks whose files are in a folder.
SOURCES: dict[str, Source] = {
    one.name: one
    for one in (
        MNIST, FASHION_MNIST, CIFAR10, NMNIST, DVS_GESTURE, MITBIH, FSDD, ESC10, ASC,
        SPEECH_COMMANDS, SHD, SSC, WISDM, EEG_MI,
    )
}

#: Names of the tasks.
TASKS = ("digits", *SOURCES)


def load_task(
    name: str = "digits", *, folder: str | Path | None = None, sound: bool = False
) -> Task:
    """Return a task by its name: samples and targets, split into a training and a test part.

    Parameters
    ----------
    name : str
        ``"digits"``, which scikit-learn brings along, or one whose files are in a folder:
        ``docs/data.md`` lists them with the layout of the folder.
    folder : str or Path, optional
        Folder of the files, or the folder above it; the one in the environment variable
        ``SPIKEWRIGHT_DATA`` if not given.
    sound : bool
        Of ``fsdd``, ``esc10`` and ``speech_commands``: the samples of the sound themselves, for the
        coding ``filter_bank``, in the place of energies in bands. Those of ``asc`` always are.

    Raises
    ------
    DataError
        The files are not there, or malformed; the message says where to get them.
    ToolError
        A package that reads them is missing.
    ValueError
        There is no task of that name, it is in no folder, or it has no sound.
    """
    place = optional(pathlike)("folder", folder)
    if one_of(TASKS)("name", name) == "digits":
        if flag("sound", sound):
            raise ValueError("sound is True, but digits have none; leave it out")
        if place is not None:
            raise ValueError("folder is given, but digits come with scikit-learn; leave it out")
        return digits.load()
    source = SOURCES[name]
    if not flag("sound", sound) or source is ASC:
        return source.load(located(source, place))
    if source.recordings is None:
        heard = ", ".join(key for key, one in SOURCES.items() if one.recordings or one is ASC)
        raise ValueError(f"sound is True, but {name} has none; there are {heard}")
    return sound_task(source.recordings(located(source, place)))
