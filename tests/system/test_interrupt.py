"""Ctrl-C, SIGTERM and SIGHUP in the middle of something long, and SIGKILL."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from spikewright import guard

SAYS = "spikewright: interrupted; nothing half-written was left behind\n"
PROMISED_S = 2
LOAD = 20  # lives of a plain child that a signal may take besides, on a machine that is busy
HOUSE = Path(__file__).parents[2]
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def wait_for(pattern: str, folder: Path, process, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, f"{pattern} did not appear within {seconds} s"
        time.sleep(0.05)


def left_in(folder: Path) -> list[Path]:
    return list(folder.rglob(".*.tmp"))


def life_of_a_child() -> float:
    """Return the seconds that a child which does nothing takes now; a few hundredths if idle."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
    return time.monotonic() - started


def soon() -> float:
    """Return the seconds that are promised, and what the machine's load adds to them."""
    return PROMISED_S + LOAD * life_of_a_child()


def interrupt(process, *signals: signal.Signals) -> str:
    """Send signals, and return what is said; it must have ended soon."""
    allowed = soon()
    started = time.monotonic()
    for at, number in enumerate(signals):
        time.sleep(0.1 * (at > 0))
        os.kill(process.pid, number)
    _, err = process.communicate(timeout=60)
    took = time.monotonic() - started
    assert took < allowed or took < soon()  # the load may have come meanwhile
    assert process.returncode == 130, err
    return err


# A stage of each kind, in the main thread or beside it: what it does until it is interrupted.
STAGES = {
    "python": "while True: pass",
    "a long call": "import hashlib; hashlib.pbkdf2_hmac('sha256', b'', b'', 1 << 29)",
    "a tool": "run(Tool('sleep', ('sleep',), {}, '1'), ['60'], cwd=folder, log=folder / 'log')",
    "a family": "run(Tool('sh', ('sh', '-c', 'setsid true; (sleep 60 & sleep 60) & sleep 60'), {}, "
                "'1'), [], cwd=folder, log=folder / 'log')",
    "python in a thread": """
with Background() as background:
    background.submit(forever)
    sleep(60)
""",
    "tools in a thread": """
def tools():
    while True:
        with suppress(BuildError):
            run(Tool('sleep', ('sleep',), {}, '1'), ['60'], cwd=folder, log=folder / 'log')
with Background() as background:
    background.submit(tools)
    sleep(60)
""",
    "errors that are swallowed": """
while True:
    try:
        sleep(60)
    except BaseException:
        pass
""",
}

#: Processes "sleep 60" that a stage has then.
SLEEPERS = {"a tool": 1, "a family": 3, "tools in a thread": 1}

PROGRAM = """
import sys
from contextlib import suppress
from pathlib import Path
from time import sleep
from spikewright.cache import cached
from spikewright.cli import guarded
from spikewright.errors import BuildError
from spikewright.job.background import Background
from spikewright.tools import Tool, run

folder = Path(sys.argv[1])

def forever():
    while True:
        pass

def build(made):
    (made / "half").write_text("half")
    exec(sys.argv[2])

sys.exit(guarded(lambda: cached("stage", {}, build, root=folder / "cache")))
"""


@pytest.fixture
def stage(launch, tmp_path):
    """Start a stage that does not end, and wait until it has begun."""

    def sleeping() -> int:
        return [*launch.running().values()].count("sleep 60 ")

    def begin(name: str):
        before = sleeping()
        code = [sys.executable, "-c", PROGRAM, str(tmp_path), textwrap.dedent(STAGES[name])]
        process = launch(code, stdout=-1, stderr=-1, text=True, cwd=tmp_path)
        wait_for(f"cache/stage/.*.{process.pid}.*.tmp/half", tmp_path, process)
        time.sleep(0.1)
        end = time.monotonic() + 60
        while sleeping() < before + SLEEPERS.get(name, 0):
            assert process.poll() is None and time.monotonic() < end, process.communicate()
            time.sleep(0.05)
        return process

    return begin


@pytest.mark.parametrize(
    ("name", "by"), [*zip(STAGES, SIGNALS * len(STAGES), strict=False)]
)
def test_a_signal_ends_every_kind_of_stage(stage, launch, tmp_path, name, by):
    process = stage(name)
    assert interrupt(process, by) == SAYS
    assert (left_in(tmp_path), launch.running()) == ([], {})


@pytest.mark.parametrize("name", ["a family", "tools in a thread"])
def test_what_is_said_after_a_second_ctrl_c_is_true(stage, launch, tmp_path, name):
    process = stage(name)
    assert interrupt(process, signal.SIGINT, signal.SIGINT, signal.SIGINT) == SAYS
    assert (left_in(tmp_path), launch.running()) == ([], {})


@pytest.mark.parametrize("by", [*SIGNALS, signal.SIGKILL])
def test_a_signal_to_make_alone_ends_what_it_runs(launch, tmp_path, by):
    arguments = ["", str(tmp_path), STAGES["a tool"]]
    (tmp_path / "stage.py").write_text(f"import sys\nsys.argv = {arguments}\n{PROGRAM}")
    (tmp_path / "Makefile").write_text(f"run:\n\t@{sys.executable} stage.py\n")
    process = launch(["make", "run"], stdout=-1, stderr=-1, text=True, cwd=tmp_path)
    end = time.monotonic() + 60
    while "sleep 60 " not in launch.running().values():
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.05)
    allowed, started = soon(), time.monotonic()
    process.send_signal(by)
    _, err = process.communicate(timeout=60)  # the end of all that holds the pipe
    took = time.monotonic() - started
    assert took < allowed or took < soon()
    assert SAYS in err
    assert (left_in(tmp_path), launch.running()) == ([], {})


def test_after_sigkill_nothing_runs_on_and_the_next_run_clears_what_is_left(
    stage, launch, tmp_path
):
    first = stage("a family")
    first.kill()
    first.wait()
    end = time.monotonic() + soon()
    while launch.running():
        assert time.monotonic() < end, launch.running()
        time.sleep(0.05)
    (left,) = left_in(tmp_path)
    other = stage("a tool")
    assert not left.exists()
    (right,) = left_in(tmp_path)  # not that of a program that is running
    third = stage("a tool")
    assert right.exists() and len(left_in(tmp_path)) == 2
    for process in (other, third):
        interrupt(process, signal.SIGTERM)
    assert left_in(tmp_path) == []


def test_ctrl_c_while_the_command_line_is_imported_is_a_sentence(launch, tmp_path):
    code = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "spikewright.cli.verbs":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from spikewright.cli import main
main(["boards"])
"""
    process = launch(
        [sys.executable, "-c", code], stdout=-1, stderr=-1, text=True, cwd=tmp_path
    )
    said = process.communicate(timeout=60)
    assert said == ("", "spikewright: interrupted before anything was begun\n")
    assert process.returncode == 130


def test_signals_that_are_ignored_stay_ignored(launch, tmp_path):
    script = f"trap '' INT HUP; exec '{sys.executable}' -c \"$1\""
    code = """
import os, signal, sys
from spikewright.cli import guarded

def work():
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(os.getpid(), number)
    print("went on")

sys.exit(guarded(work))
"""
    process = launch(["sh", "-c", script, "sh", code], stdout=-1, stderr=-1, text=True)
    assert process.communicate(timeout=60) == ("went on\n", "")
    assert process.returncode == 0


def test_in_training(start, tmp_path):
    process = start("train", "digits.spw")
    wait_for("build/cache/training/.*.tmp", tmp_path, process)
    time.sleep(1)
    assert interrupt(process, signal.SIGINT).endswith(SAYS)
    assert not (tmp_path / "digits.spw").exists()
    assert left_in(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "by"), [("placement", signal.SIGTERM), ("virtual_board", signal.SIGHUP)]
)
def test_in_a_build(start, launch, small, tmp_path, where, by):
    arguments = ["--build-only"] if where == "placement" else []
    process = start("run", "--network", small, *arguments)
    wait_for(f"build/cache/{where}/.*.tmp", tmp_path, process)
    end = time.monotonic() + 120
    while not any("guard.py" in line for line in launch.running().values()):
        assert time.monotonic() < end, "no tool is started"
        time.sleep(0.05)
    time.sleep(0.5)
    assert interrupt(process, by).endswith(SAYS)
    assert (left_in(tmp_path), launch.running()) == ([], {})


@pytest.mark.parametrize(
    ("command", "by", "says"),
    [
        (["formal/run.py", "--fresh", "counter"], signal.SIGINT,
         "Interrupted; the verdicts so far are kept.\n"),
        pytest.param(
            ["-m", "pytest", "-q", "-n", "2", "sim", "--core", "counter"], signal.SIGINT,
            "Interrupted; what was simulated is not reported.\n", marks=pytest.mark.slow,
        ),
        (["-m", "pytest", "-q", "-n", "2", "sim", "--core", "counter"], signal.SIGTERM,
         "Interrupted; what was simulated is not reported.\n"),
    ],
)
def test_in_a_proof_and_in_a_simulation(launch, command, by, says):
    process = launch([sys.executable, *command], cwd=HOUSE, stdout=-1, stderr=-1, text=True)
    end = time.monotonic() + 240
    while not any("guard.py" in line for line in launch.running().values()):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.05)
    time.sleep(0.5)
    assert interrupt(process, by).endswith(says)
    end = time.monotonic() + soon()
    while launch.running():
        assert time.monotonic() < end, launch.running()
        time.sleep(0.05)


def test_a_guard_whose_owner_has_ended_starts_nothing_that_stays(launch):
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        process = launch(
            [sys.executable, guard.__file__, str(theirs.fileno()), "sleep", "60"],
            pass_fds=[theirs.fileno()],
        )
    assert process.wait(timeout=20) != 0  # and nothing is left, as `launch` sees to


def test_the_leader_of_a_session_is_killed_last(monkeypatch):
    """Whoever is killed meanwhile leaves a guard that goes on."""
    killed: list[int] = []
    monkeypatch.setattr(guard, "_processes", lambda: iter([70, 71, 72, 80, os.getpid()]))
    monkeypatch.setattr(guard, "_session", lambda pid: 80 if pid == 80 else 70)
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append(pid))
    guard.end_session(70)
    assert sorted(killed[:-1]) == [71, 72] and killed[-1] == 70
