"""The script that installs the open tools for Artix-7: what it says, and what it leaves behind."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "boards" / "artix7_tools.sh"
#: The port "discard" of this machine, at which nothing answers.
NOBODY = "http://127.0.0.1:9/debian"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def installed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), *arguments], capture_output=True, text=True, timeout=300,
        env=os.environ | {"MIRROR": NOBODY},
    )


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_says_what_it_installs_and_where(flag):
    done = installed(flag)
    assert done.returncode == 0 and not done.stderr
    assert done.stdout.startswith("Install the open tools for Artix-7 into a folder: sh boards/")
    assert "unless FOLDER is given" in done.stdout and "set -eu" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nope"], "--nope is no option; sh "),
        (["one", "two"], "one folder is named, not 2"),
    ],
)
def test_other_arguments_are_refused(arguments, said):
    done = installed(*arguments)
    assert done.returncode == 2 and done.stderr.startswith(said) and not done.stdout


@pytest.mark.skipif(
    shutil.which("apt-get") is None or not KEYS.exists(),
    reason="of apt-get alone, which this system has not, or not with Debian's keys",
)
@pytest.mark.parametrize("there", [False, True])
def test_a_mirror_that_does_not_answer_leaves_nothing(there, tmp_path):
    folder = tmp_path / "tools"
    if there:
        folder.mkdir()
        (folder / "mine").write_text("kept")
    done = installed(str(folder))
    assert done.returncode == 1
    assert f"the lists of packages of {NOBODY} could not be fetched; name another" in done.stderr
    assert folder.exists() == there
    if there:
        assert [one.name for one in folder.iterdir()] == ["mine"]
