"""Ending by a signal: Ctrl-C, SIGTERM and SIGHUP act at once, and leave nothing behind."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from .make import Make
from .process import stop_all
from .temporary import remove_all

__all__ = ["INTERRUPTED", "SIGNALS", "interruptible"]

#: Exit status after one of the signals, as shells have it for Ctrl-C: 128 + SIGINT.
INTERRUPTED = 130

#: From the keyboard, from a supervisor, from a terminal that is closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Seconds that the work has to end in good order. Then, or at a second signal, the process is
#: ended: its tools are killed, its temporary files removed.
GRACE_S = 0.5

#: Seconds between two looks at the make that runs this process, if one does.
_LOOK_S = 0.25


def interruptible(work: Callable[[], int], *, says: str) -> int:
    """Run ``work`` and return its exit status; one of the signals ends the process.

    The exit status of the process is :data:`INTERRUPTED` then.

    A signal raises :exc:`KeyboardInterrupt` in ``work``, so that it can end in good order; then the
    process ends. If that takes longer than :data:`GRACE_S`, because ``work`` waits for a long
    computation or for a thread, the process is ended by a thread of its own. ``says`` is printed in
    both cases, when nothing is left to be removed. Signals that are ignored at the start, as under
    nohup, stay so. A signal to make alone, where it runs this process, ends this one as SIGTERM
    does. Outside the main thread, signals are left as they are.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    watch = _Watch(says)
    before = {
        number: signal.signal(number, watch.interrupt)
        for number in SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        return work()
    except BaseException as error:
        # A signal may come out as another error, if the work was ending already.
        if not (watch.interrupted or isinstance(error, KeyboardInterrupt)):
            raise
        watch.finish()
        if watch.interrupted:
            _end_now(says)  # the interpreter's own end can take seconds
        _say(says)
        return INTERRUPTED
    finally:
        watch.finish()
        for number, handler in before.items():
            signal.signal(number, handler)
        watch.close()


class _Watch:
    """A thread that ends the process unless its work has ended soon after a signal.

    The system's own handler writes the signal's number to a socket, so the thread learns of it
    even while the main thread is inside a long call of a library.
    """

    def __init__(self, says: str):
        self._says = says
        self.interrupted = False
        self._lock = threading.Lock()
        self._finished = False
        self._read, self._written = socket.socketpair()
        self._written.setblocking(False)
        self._before = signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._run, daemon=True).start()

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        if not self.interrupted:  # a second one is the thread's
            self.interrupted = True
            raise KeyboardInterrupt

    def finish(self) -> None:
        """Note that the work has ended; from then on the thread does nothing."""
        with self._lock:
            self._finished = True

    def close(self) -> None:
        signal.set_wakeup_fd(self._before)
        self._written.close()  # ends the thread

    def _run(self) -> None:
        with self._read:
            if not self._signalled_first():
                return
            self._read.settimeout(GRACE_S)
            with suppress(TimeoutError):
                if not self._signalled():
                    return
            with self._lock:
                if not self._finished:
                    _end_now(self._says)

    def _signalled_first(self) -> bool:
        """Wait for one of the signals, to this process or to make alone, as below."""
        make = Make.above()
        while make is not None:
            self._read.settimeout(_LOOK_S)
            with suppress(TimeoutError):
                return self._signalled()
            if make.is_ending():
                os.kill(os.getpid(), signal.SIGTERM)
                make = None
        self._read.settimeout(None)
        return self._signalled()

    def _signalled(self) -> bool:
        """Wait for one of the signals; false if the work has ended."""
        while numbers := self._read.recv(16):
            if any(number in SIGNALS for number in numbers):
                return True
        return False


def _end_now(says: str) -> NoReturn:
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    stop_all(for_good=True)
    remove_all()
    _say(says)
    os._exit(INTERRUPTED)


def _say(text: str) -> None:
    """Print a line; the terminal may be gone, and its cursor may be hidden."""
    with suppress(OSError, ValueError):
        cursor = "\x1b[?25h" if sys.stderr.isatty() else ""
        os.write(sys.stderr.fileno(), f"{cursor}{text}\n".encode())
