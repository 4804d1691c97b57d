"""What an installation may lack: packages that come with an extra, and what only a checkout has.

``pip install spikewright`` brings what the cores need; training, reports, simulation, proofs and
boards are extras. Which extra a package comes with is read from the metadata of the installation.
What writes files of the repository itself is not in a wheel.
"""

import re
from importlib import metadata
from pathlib import Path

from .errors import ToolError
from .imports import DISTRIBUTIONS

__all__ = ["install", "missing"]

#: Packages that only a checkout has.
_OF_A_CHECKOUT = ("spikewright.pages", "spikewright.scaffold")
_CHECKOUT = (Path(__file__).resolve().parents[2] / "bootstrap.sh").is_file()


def install(extra: str) -> str:
    """Return how to get an extra, by a checkout's set-up or by pip: an imperative sentence."""
    if _CHECKOUT:
        return "run `make setup` in the checkout"
    return f'pip install "spikewright[{extra}]"'


def missing(error: ModuleNotFoundError) -> ToolError | None:
    """Return the sentence for an import that failed, or None if nothing is known of the package."""
    if (error.name or "").startswith(_OF_A_CHECKOUT):
        return ToolError(
            "This writes files of a checkout of Spikewright, and is not in an installed package; "
            "clone the repository, and run the command there after `make setup`."
        )
    package = (error.name or "").partition(".")[0]
    name = DISTRIBUTIONS.get(package, package.replace("_", "-"))
    for requirement in metadata.requires("spikewright") or ():
        match = re.match(r"([\w.-]+).*;.*extra == ['\"](\w+)['\"]", requirement)
        if match and match[1].lower() == name:
            return ToolError(f"{name} is not installed. To get it, {install(match[2])}.")
    return None
