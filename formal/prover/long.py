"""The tasks that the quick form of the proofs leaves out, and what it keeps in their place."""

from spikewright.errors import ToolError

from .tasks import HOUSE

__all__ = ["LONG", "long_tasks"]

#: Their list, below the house.
LONG = "formal/long.txt"


def long_tasks() -> dict[tuple[str, str], tuple[str, str]]:
    """Return the tasks that are left out, and for each the one that is kept, by core and name.

    Raises :exc:`~spikewright.errors.ToolError` for a line of another form.
    """
    found = {}
    for number, line in enumerate((HOUSE / LONG).read_text().splitlines(), start=1):
        text = line.partition("#")[0]
        match text.replace(":", " : ").split():
            case []:
                pass
            case [core, task, ":", kept_core, kept]:
                found[core, task] = kept_core, kept
            case _:
                raise ToolError(
                    f"{LONG}, line {number}: {text.strip()!r} is not of the form CORE TASK: CORE "
                    "TASK, a task that is left out and the one that is kept in its place"
                )
    return found
