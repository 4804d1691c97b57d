"""Which tools were found, which versions, where, and what each missing one costs."""

import platform
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from . import terminal, tools

__all__ = ["Finding", "doctor", "examine_tools"]


@dataclass(frozen=True)
class Finding:
    """What was found of one tool.

    Parameters
    ----------
    name : str
        The tool.
    tool : Tool or None
        What was found.
    entry : Entry
        What it is for and how to get it.
    """

    name: str
    tool: tools.Tool | None
    entry: tools.Entry

    @property
    def fatal(self) -> bool:
        """Whether the main job cannot run for want of it."""
        if self.tool is not None or not self.entry.needed:
            return False
        return self.entry.instead == "" or tools.find(self.entry.instead) is None


def examine_tools() -> list[Finding]:
    """Look for every tool."""
    return [Finding(name, tools.find(name), entry) for name, entry in tools.TOOLS.items()]


def doctor(*, console: Console | None = None) -> int:
    """Print what was found; return 1 if the main job lacks something, else 0."""
    console = console or terminal.console()
    findings = examine_tools()
    table = Table(title=f"Tools (Python {platform.python_version()})")
    table.add_column("tool")
    table.add_column("version")
    table.add_column("where, or what is lost", overflow="fold")
    for finding in findings:
        if finding.tool is not None:
            table.add_row(finding.name, finding.tool.version, " ".join(finding.tool.command))
        else:
            mark = "[bold red]missing" if finding.fatal else "[yellow]missing"
            cost = f"{finding.entry.purpose}. To get it, {finding.entry.install}"
            table.add_row(finding.name, mark, cost)
    console.print(table)
    fatal = [finding.name for finding in findings if finding.fatal]
    if fatal:
        console.print(f"The main job cannot run without {', '.join(fatal)}.")
    else:
        console.print("The main job has all it needs.")
    return 1 if fatal else 0
