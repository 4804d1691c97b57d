"""The command line: a verb for each thing to do.

What is named here is imported when it is first asked for; Ctrl-C meanwhile ends the process in one
sentence, since nothing has been begun.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .board_script import run_on_family
    from .command import guarded, main
    from .options import design_of

__all__ = ["design_of", "guarded", "main", "run_on_family"]

#: Where each is.
_HOMES = {
    "design_of": "options", "guarded": "command", "main": "command",
    "run_on_family": "board_script",
}


def __getattr__(name: str) -> Any:
    """Import a name from where it is defined (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _ended_by_interrupt():
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)


@contextmanager
def _ended_by_interrupt() -> Iterator[None]:
    """Let Ctrl-C end the process at once, where it would raise :exc:`KeyboardInterrupt`."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(*_: Any) -> None:
    os.write(2, b"spikewright: interrupted before anything was begun\n")
    os._exit(130)  # as shells have it for Ctrl-C
