"""The machine that this runs on, as far as figures depend on it."""

import platform
import subprocess
from pathlib import Path

__all__ = ["commit", "processor"]

_CPUINFO = Path("/proc/cpuinfo")
_CHECKOUT = Path(__file__).resolve().parents[2]


def processor() -> str:
    """Name the processor: two of one name add floats in the same order, others may not."""
    facts: dict[str, str] = {}
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    for line in text.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        facts[key.strip()] = value.strip()
    name = facts.get("model name") or platform.processor() or platform.machine()
    if "cpu family" in facts and "model" in facts:
        name += f" (family {facts['cpu family']}, model {facts['model']})"
    return name


def commit() -> str:
    """Return the commit of the checkout that this runs from, ``-dirty`` if files differ from it.

    It is empty where there is no checkout, or no git.
    """
    if not (_CHECKOUT / "bootstrap.sh").is_file():
        return ""
    command = ["git", "-C", str(_CHECKOUT), "describe", "--always", "--dirty", "--abbrev=40",
               "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()
