import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from spikewright import plain_paths, tool_search, tools
from spikewright.errors import BuildError, StorageError, ToolError


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!{sys.executable}\n{textwrap.dedent(text)}")
    path.chmod(0o755)
    return path


def python(code: str) -> tools.Tool:
    return tools.Tool("sample", (sys.executable, "-c", textwrap.dedent(code)), {}, "1.0")


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but was not waited for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_tools_are_found_without_an_active_environment(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    names = ("verilator", "sby", "yosys", "yosys-smtbmc", "yosys-abc", "z3", "nextpnr-ecp5",
             "ecppack", "pyosys", "c++", "make", "perl")
    assert {name: tools.find(name) for name in names if tools.find(name) is None} == {}


def test_every_tool_that_is_found_starts():
    # Not one by one: those in WebAssembly take a minute for their first start.
    for name, arguments in {"verilator": ["--version"], "z3": ["--version"],
                            "yosys-abc": ["-c", "version"], "sby": ["--help"]}.items():
        tool = tools.require(name)
        result = subprocess.run(
            [*tool.command, *arguments], env=tool.full_environment(), capture_output=True,
            check=False,
        )
        assert result.returncode == 0, result


def test_sby_is_told_where_its_companions_are():
    sby = tools.require("sby")
    for variable, name in {"YOSYS": "pyosys", "SMTBMC": "yosys-smtbmc", "ABC": "yosys-abc"}.items():
        assert sby.environment[variable] == tools.require(name).shell


def test_sby_takes_the_other_yosys_where_there_is_no_library(monkeypatch):
    monkeypatch.setattr(tool_search, "package_folder", lambda package: None)
    assert tools.require("sby").environment["YOSYS"] == tools.require("yosys").shell


def test_a_missing_compiler_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError) as caught:
        tools.require("c++")
    assert str(caught.value) == (
        "c++ was not found; without it, no virtual board and no simulation can be compiled. "
        "To get it, on Debian: apt-get install g++."
    )


def test_verilator_needs_perl(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"^verilator was not found; .* it needs perl\.$"):
        tools.require("verilator")


@pytest.mark.parametrize("name", tools.TOOLS)
def test_every_tool_says_what_it_costs_to_do_without(name, monkeypatch, tmp_path):
    monkeypatch.setitem(tools.TOOLS, name, replace(tools.TOOLS[name], search=()))
    with pytest.raises(ToolError) as caught:
        tools.require(name)
    called = tools.TOOLS[name].called or name
    assert str(caught.value).startswith(f"{called} was not found; without it, ")


def test_a_system_verilator_is_preferred_if_it_is_new_enough(monkeypatch, tmp_path):
    path = program(tmp_path / "verilator", "print('Verilator 5.006 2023-01-22 rev')")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    assert tools.require("verilator").command != (str(path),)
    program(path, "print('Verilator 5.036 2025-04-27 rev')")
    found = tools.require("verilator")
    assert (found.command, found.version) == ((str(path),), "5.036")


def test_run_writes_the_log_in_the_folder_it_is_given(tmp_path):
    tool = tools.Tool("sample", (sys.executable, "-c"), {"SAMPLE": "7"}, "1.0")
    code = "import os; print(os.getcwd(), os.environ['SAMPLE'])"
    log = tmp_path / "logs" / "a.log"
    tools.run(tool, [code], cwd=tmp_path, log=log)
    assert log.read_text() == f"{tmp_path} 7\n"


@pytest.mark.parametrize(
    ("code", "quoted"),
    [
        ("print('Info: 1\\nERROR: no place for cell x\\n0 warnings, 1 error'); exit(1)",
         "ERROR: no place for cell x"),
        ("print('%Error: top.v:3: syntax'); exit(1)", "%Error: top.v:3: syntax"),
        ("print('a.cpp:1:2: error: no type'); exit(1)", "a.cpp:1:2: error: no type"),
        ("print('first\\nlast words\\n'); exit(1)", "last words"),
        ("print('a.mk:1: b/c.mk: No such file or directory\\nmake: *** No rule.  Stop.'); exit(1)",
         "a.mk:1: b/c.mk: No such file or directory"),
        ("print('make[1]: *** [x.mk:2: y] Killed\\nmake: Leaving directory /x'); exit(1)",
         "make[1]: *** [x.mk:2: y] Killed"),
        ("print('make: Entering directory /x\\nnot so\\nmake: Leaving directory /x'); exit(1)",
         "not so"),
        ("exit(9)", "exit status 9, without a word"),
    ],
)
def test_a_failure_quotes_the_tool_and_names_the_log(tmp_path, code, quoted):
    log = tmp_path / "a.log"
    with pytest.raises(BuildError) as caught:
        tools.run(python(code), [], cwd=tmp_path, log=log)
    assert str(caught.value) == f"sample failed: {quoted} (see {log})"


def test_a_tool_that_cannot_be_started_is_a_sentence(tmp_path):
    tool = tools.Tool("sample", (str(tmp_path / "gone"),), {}, "1.0")
    with pytest.raises(ToolError) as caught:
        tools.run(tool, [], cwd=tmp_path, log=tmp_path / "a.log")
    assert str(caught.value) == (
        f"sample cannot be started ({tmp_path / 'gone'}): No such file or directory"
    )


def test_a_log_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "logs").write_text("not a folder")
    with pytest.raises(StorageError, match=r"logs/a\.log cannot be written: part of the path"):
        tools.run(python("pass"), [], cwd=tmp_path, log=tmp_path / "logs" / "a.log")


# A tool with a child of its own, as Verilator's make and the compiler are; a shell starts at once.
FAMILY = ("sh", "-c", "sleep 60 & echo $$ $!; sleep 60")


def wait_for_pids(log: Path) -> list[int]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if log.exists() and log.read_text().endswith("\n"):
            # A shell that outlives its child by a moment writes "Killed" below their numbers.
            return [int(pid) for pid in log.read_text().splitlines()[0].split()]
        time.sleep(0.02)
    raise TimeoutError("the sample tool did not start")


def wait_until_dead(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {pids}"
        time.sleep(0.02)


def test_a_tool_that_takes_too_long_is_killed_with_its_children(tmp_path):
    log = tmp_path / "a.log"
    with pytest.raises(BuildError) as caught:
        tools.run(tools.Tool("sample", FAMILY, {}, "1.0"), [], cwd=tmp_path, log=log, timeout=2)
    assert str(caught.value) == f"sample did not finish within 2 s and was stopped; see {log}"
    wait_until_dead(wait_for_pids(log))


def test_a_tool_whose_log_says_enough_is_killed_with_its_children(tmp_path):
    log = tmp_path / "a.log"

    def watch(text: str) -> None:
        if text.endswith("\n"):
            raise LookupError("enough")

    with pytest.raises(LookupError, match=r"^enough$"):
        tools.run(tools.Tool("sample", FAMILY, {}, "1.0"), [], cwd=tmp_path, log=log, watch=watch)
    wait_until_dead(wait_for_pids(log))


def test_ctrl_c_kills_the_tool_and_its_children_and_goes_on(launch, tmp_path):
    log = tmp_path / "a.log"
    script = f"""
import sys
from pathlib import Path
from spikewright import tools
folder = Path({str(tmp_path)!r})
tool = tools.Tool("sample", {FAMILY}, {{}}, "1.0")
try:
    tools.run(tool, [], cwd=folder, log=folder / "a.log")
except KeyboardInterrupt:
    sys.exit(130)
"""
    process = launch([sys.executable, "-c", script])
    pids = wait_for_pids(log)
    assert all(alive(pid) for pid in pids)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    wait_until_dead(pids)


def test_a_path_that_make_cannot_take_has_a_link_to_it(tmp_path, monkeypatch):
    folder = tmp_path / "a b" / "c$d"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    link = plain_paths.plain_path(folder)
    assert link.resolve() == folder and plain_paths.is_plain(link)
    assert plain_paths.plain_path(folder) == link
    assert plain_paths.plain_path(tmp_path) == tmp_path
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    with pytest.raises(ToolError) as caught:
        plain_paths.plain_path(folder)
    assert str(caught.value) == (
        f"{folder} has a space or a sign in its path that make cannot take, and so has "
        f"{folder / 'spikewright'}, where a link to it would be; name a plain folder in "
        "XDG_CACHE_HOME"
    )
