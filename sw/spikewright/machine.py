"""The machine that this runs on, as far as figures depend on it."""

import platform
from pathlib import Path

__all__ = ["processor"]

_CPUINFO = Path("/proc/cpuinfo")


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
