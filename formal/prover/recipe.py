"""Reading ``.sby`` files as SymbiYosys does, one task at a time."""

import re
from dataclasses import dataclass

from spikewright.errors import ToolError

__all__ = ["Recipe", "recipe_of", "task_names"]


@dataclass(frozen=True)
class Recipe:
    """What a ``.sby`` file says of one task."""

    options: dict[str, str]
    engines: tuple[str, ...]
    script: tuple[str, ...]

    @property
    def thorough(self) -> bool:
        """Whether each property gets a verdict, also after another has failed."""
        return all("--keep-going" in engine.split() for engine in self.engines)

    @property
    def mode(self) -> str | None:
        """Mode of SymbiYosys."""
        return self.options.get("mode")

    def check(self, *, file: str, task: str) -> None:
        """Raise a sentence unless a failure of the task would name its property and leave a trace.

        ABC says of a failure only that there is one: the run is done again by an SMT solver, of
        which SymbiYosys must be told, and which names properties by their place in a flat design.
        """
        if self.mode != "cover" and any(engine.startswith("abc ") for engine in self.engines):
            if self.options.get("aigsmt") != "z3":
                raise ToolError(f"{file}: task {task} runs abc and lacks the option aigsmt z3")
        if task.split("_")[0] == "fault" and not self.thorough:
            raise ToolError(
                f"{file}: task {task} stops at the first property that fails; its engine lacks "
                "--keep-going"
            )
        if not self.script or self.script[-1] != "flatten":
            raise ToolError(f"{file}: the script of task {task} does not end with flatten")


def recipe_of(text: str, task: str) -> Recipe:
    """Read what the text of a ``.sby`` file, or of a ``config.sby``, says of a task."""
    tags = next((line.split() for line in _lines(text, "tasks") if line.split()[0] == task), [])
    options = (line.split(maxsplit=1) for line in _lines(text, "options", tags))
    return Recipe(
        options={key: "".join(value).strip() for key, *value in options},
        engines=tuple(_lines(text, "engines", tags)),
        script=tuple(_lines(text, "script", tags)),
    )


def task_names(text: str) -> list[str]:
    """Return the names in the ``[tasks]`` section."""
    return [line.split()[0] for line in _lines(text, "tasks")]


def _lines(text: str, section: str, tags: list[str] | None = None) -> list[str]:
    """Return the lines of a section that are meant for a task with these tags, its name among them.

    ``tag: line`` is for tasks with the tag, ``~tag: line`` for those without; ``tag:`` alone
    begins a block, which ends with ``--``.
    """
    match = re.search(rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    found = []
    inside = True  # no block, or a block for this task
    for line in map(str.strip, match[1].splitlines() if match else []):
        prefix = None if tags is None else re.fullmatch(r"(~?)(\w+):\s*(.*)", line)
        meant = prefix is None or (prefix[2] in (tags or ())) != bool(prefix[1])
        rest = line if prefix is None else prefix[3]
        if tags is not None and line == "--":
            inside = True
        elif prefix is not None and not rest:
            inside = meant
        elif rest and not rest.startswith("#") and inside and meant:
            found.append(rest)
    return found
