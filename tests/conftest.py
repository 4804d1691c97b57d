"""Shared by all tests: programs that a test starts, and whatever they leave running."""

import gc
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import settings

from . import object_cache
from .coverage_report import measure, tell

# A worker of pytest-xdist for each core: threads within one would wait for those of the others.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# What every board has of Verilator is compiled for the first one, and for no other.
HOUSE = Path(__file__).resolve().parent.parent
os.environ.update(object_cache.environment(HOUSE / "build" / "tests" / "objects"))

# Of tests that say no number of examples themselves. A busy machine is no fault of an example's.
settings.register_profile("quick", max_examples=40, deadline=None)
settings.register_profile("whole", max_examples=200, deadline=None)
settings.load_profile("quick" if os.environ.get("WHOLE", "") in ("", "0") else "whole")


def pytest_addoption(parser):
    parser.addoption("--coverage", action="store_true", help="tell which lines the tests run")
    parser.addoption(
        "--examples", type=int, default=2, help="networks that test_networks.py draws, 2 by default"
    )
    parser.addoption("--networks-seed", type=int, help="of the first of them; drawn by default")


def pytest_configure(config):
    """Measure the workers, where that is asked for: ``make test COVERAGE=1``; draw their seed."""
    if config.option.networks_seed is None:  # the workers of pytest-xdist take their options here
        config.option.networks_seed = secrets.randbits(32)
    if config.getoption("--coverage") and not hasattr(config, "workerinput"):
        if not config.getoption("numprocesses", None):
            raise pytest.UsageError("--coverage measures the workers of pytest-xdist: add -n 2")
        measure()


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage while tests are collected, and never again at what is there then.

    Half a million objects stay to the end; to look at them was a tenth of the time of the tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--coverage"):
        chosen = config.option.markexpr
        terminalreporter.ensure_newline()
        tell(
            tests=f"of those marked {chosen!r}" if chosen else "of all",
            width=None if terminalreporter.isatty else 100,
        )


#: Variable by which a test's programs, and all that they start, are known.
MARK = "SPIKEWRIGHT_TEST"


@contextmanager
def default_signals() -> Iterator[None]:
    """Start programs in the body as a terminal does, whatever this process ignores.

    In the background of a script, and under nohup, signals are ignored, and children inherit that.
    A handler is not inherited: with one in place, a child gets the system's default.
    """
    names = (signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in names}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def marked(mark: str) -> dict[int, str]:
    """Return the processes that bear a mark, each with its command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        with suppress(OSError):  # it has just ended, or is not ours
            if folder.name.isdecimal() and mark in (folder / "environ").read_text("latin-1"):
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
    return found


class Launch:
    """Starts programs, with the default signals, each in a session of its own."""

    def __init__(self):
        self._mark = secrets.token_hex(8)
        self.started: list[subprocess.Popen] = []

    def __call__(self, command, *, env=None, **options) -> subprocess.Popen:
        env = {**(os.environ if env is None else env), MARK: self._mark}
        with default_signals():
            process = subprocess.Popen(command, env=env, start_new_session=True, **options)
        self.started.append(process)
        return process

    def running(self) -> dict[int, str]:
        """Return what runs of all that was started, each with its command line."""
        return marked(f"{MARK}={self._mark}")


@pytest.fixture
def empty_cache(tmp_path, monkeypatch) -> Path:
    """Return a cache folder that is empty, but for what other people's tools compiled once.

    Yosys and nextpnr are WebAssembly, and take a quarter of a minute to compile for themselves.
    """
    place = tmp_path / "cache"
    place.mkdir()
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in usual.iterdir() if usual.is_dir() else ():
        if folder.name != "spikewright":
            (place / folder.name).symlink_to(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    return place


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Return ``launch(command, **options)``, which is Popen; nothing of it may outlive the test."""
    launch = Launch()
    yield launch
    end = time.monotonic() + 20  # for what is ending, on a machine that has other things to do
    while (left := launch.running()) and time.monotonic() < end:
        time.sleep(0.05)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for process in launch.started:
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    assert not left, f"left running: {left}"
