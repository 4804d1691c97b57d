"""Spikewright: spiking networks from PyTorch to measured FPGA gateware.

``import spikewright as spw`` is the library. What is public stands in the stub beside this file,
``__init__.pyi``, with where it comes from; it is imported when it is first asked for, so that
``import spikewright`` alone costs next to nothing. ``docs/api.md`` describes all of it.

The packages follow the path of the data::

    task -> coding -> network -> quantized (.spw) -> gateware -> device -> record

``equations`` compiles a user's own neuron, ``exchange`` reads and writes networks of others,
``job`` joins all into the main job, ``bench`` compares, on one task or by size, ``pages`` writes
what follows from a definition on the page of a core, ``scaffold`` lays out the files of a new core,
and ``cli`` is the command line. Each package imports only those before it in the path, and
``spikewright_hw``; none but ``cli`` imports what is public from here.
"""

from typing import Any

from .public import homes

_HOMES = homes(__file__)

__all__ = list(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]  # pyright reads the stub


def __getattr__(name: str) -> Any:
    """Import a public name from where it is defined (PEP 562)."""
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _HOMES[name]
    try:
        return getattr(import_module(module, __name__), own)
    except ModuleNotFoundError as error:
        from .extras import missing

        sentence = missing(error)
        if sentence is None:
            raise
        raise sentence from error


def __dir__() -> list[str]:
    """List what is public."""
    return sorted([*__all__, "__version__"])
