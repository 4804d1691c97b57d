"""A command in the processes that ``torchrun`` has started: one of them says what it has to say."""

from collections.abc import Callable

from ..errors import SpikewrightError
from ..started import started

__all__ = ["shared"]

#: Commands whose work is shared.
_ABLE = ("train",)


def shared(command: str, work: Callable[[], int | None]) -> int | None:
    """Do the work of a command, in each of the processes; only one of them says why it failed."""
    count = started()
    if count == 1:
        return work()
    from ..network.processes import joined

    with joined() as processes:
        try:
            if command not in _ABLE:
                raise SpikewrightError(
                    f"{count} processes were started, and spikewright {command} is one; what they "
                    f"can share is spikewright {', '.join(_ABLE)}"
                )
            return work()
        except SpikewrightError:
            if processes.says():
                raise
            return 1
