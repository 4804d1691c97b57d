"""A command line, from its words to its exit status.

Heavy imports happen inside the verbs, so that ``--help`` and a wrong option answer at once.
"""

import errno
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..errors import SpikewrightError, SpikewrightWarning, StorageError
from ..extras import missing
from ..interrupt import interruptible
from ..terminal import take_any_text
from .applies import check_options, parsed
from .config_file import named, told_by, with_config
from .files_apart import check_files
from .parser import parser
from .shared import shared
from .words import options_named

__all__ = ["guarded", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; return the exit status. Without arguments, print the help."""
    arguments = sys.argv[1:] if arguments is None else arguments
    take_any_text()
    if not arguments:
        parser().print_help()
        return 0
    options = parsed(parser(), arguments)
    if getattr(options, "config", None) is not None:
        try:
            with_its_options = with_config(arguments, options)
            config, given = options.config, options.given
            with named(config):
                options = parsed(parser(), with_its_options)
            options.flags = told_by(config, options.flags, given=given)
        except SpikewrightError as error:
            print(f"spikewright: {error}", file=sys.stderr)
            return 1

    def work() -> int | None:
        check_options(options)
        check_files(options)
        with options_named(options.flags):
            return options.verb(options)

    return guarded(lambda: shared(options.command, work))


def guarded(work: Callable[[], int | None]) -> int:
    """Run ``work``; report what a user can do something about as one sentence on stderr.

    Ctrl-C, SIGTERM and SIGHUP end it, see :mod:`spikewright.interrupt`.
    """
    try:
        with _warnings_as_sentences():
            return interruptible(
                lambda: work() or 0,
                says="spikewright: interrupted; nothing half-written was left behind",
            )
    except SpikewrightError as error:
        print(f"spikewright: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        absent = missing(error)
        if absent is None:
            raise
        print(f"spikewright: {absent}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        full = StorageError("the disk is full; free some space and try again")
        print(f"spikewright: {full}", file=sys.stderr)
        return 1


@contextmanager
def _warnings_as_sentences() -> Iterator[None]:
    """Print the project's warnings as sentences on stderr, each once."""
    said: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", SpikewrightWarning)
        others = warnings.showwarning

        def show(message, category, *place, **more) -> None:
            if issubclass(category, SpikewrightWarning):
                if str(message) not in said:
                    print(f"spikewright: warning: {message}", file=sys.stderr)
                said.add(str(message))
            else:
                others(message, category, *place, **more)

        warnings.showwarning = show
        yield
