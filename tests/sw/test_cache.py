import errno
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from spikewright.cache import KEY_FILE, NotKept, cached, only_kept
from spikewright.errors import BuildError, StorageError


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_stage_is_built_once_for_a_key(tmp_path):
    built = []

    def build(folder):
        built.append(folder)
        (folder / "result").write_text(str(len(built)))

    first = cached("stage", {"a": 1, "b": [2]}, build, root=tmp_path)
    again = cached("stage", {"b": [2], "a": 1}, build, root=tmp_path)
    other = cached("stage", {"a": 1, "b": [3]}, build, root=tmp_path)
    assert first == again != other
    assert len(built) == 2
    assert (first / "result").read_text() == "1"
    assert json.loads((first / KEY_FILE).read_text()) == {"a": 1, "b": [2]}


def test_within_only_kept_nothing_is_built(tmp_path):
    made = cached("stage", {"a": 1}, lambda folder: None, root=tmp_path)
    with only_kept():
        assert cached("stage", {"a": 1}, lambda folder: None, root=tmp_path) == made
        with pytest.raises(NotKept, match=r"stage holds no result of this$"):
            cached("stage", {"a": 2}, lambda folder: None, root=tmp_path)
    assert cached("stage", {"a": 2}, lambda folder: None, root=tmp_path).is_dir()


def test_a_failed_stage_leaves_nothing_and_is_tried_again(tmp_path):
    def fail(folder):
        (folder / "half").write_text("half")
        raise BuildError("the tool failed")

    with pytest.raises(BuildError, match="the tool failed"):
        cached("stage", {"a": 1}, fail, root=tmp_path)
    assert everything(tmp_path) == ["stage"]
    folder = cached("stage", {"a": 1}, lambda folder: None, root=tmp_path)
    assert everything(folder) == [KEY_FILE]


def test_a_disk_that_fills_in_a_stage_is_a_sentence(tmp_path):
    def fill(folder):
        (folder / "half").write_text("half")
        with Path("/dev/full").open("w") as file:
            file.write("x")

    with pytest.raises(StorageError, match="cannot be written: the disk is full") as caught:
        cached("stage", {"a": 1}, fill, root=tmp_path)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert everything(tmp_path) == ["stage"]


def test_of_two_that_build_the_same_the_first_stays(tmp_path):
    def fast(folder):
        (folder / "result").write_text("fast")

    def slow(folder):
        (folder / "result").write_text("slow")
        cached("stage", {"a": 1}, fast, root=tmp_path)

    folder = cached("stage", {"a": 1}, slow, root=tmp_path)
    assert (folder / "result").read_text() == "fast"
    assert everything(tmp_path) == [
        "stage", f"stage/{folder.name}", f"stage/{folder.name}/{KEY_FILE}",
        f"stage/{folder.name}/result",
    ]


def test_ctrl_c_leaves_nothing(launch, tmp_path):
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from spikewright.cache import cached
        def build(folder):
            (folder / "half").write_text("half")
            print("building", flush=True)
            time.sleep(60)
        try:
            cached("stage", {"a": 1}, build, root=Path(sys.argv[1]))
        except KeyboardInterrupt:
            sys.exit(130)
    """)
    process = launch(
        [sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    assert any("half" in name for name in everything(tmp_path))
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert everything(tmp_path) == ["stage"]


def test_two_processes_that_build_the_same_at_once_both_have_it(launch, tmp_path):
    """Each waits in the middle of its build until the other is there, too."""
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from spikewright.cache import cached
        root = Path(sys.argv[1])
        def build(folder):
            (folder / "half").write_text("half")
            end = time.monotonic() + 60
            while len(list(root.glob("stage/.*.tmp/half"))) < 2 and not list(root.glob("met")):
                assert time.monotonic() < end
                time.sleep(0.01)
            (root / "met").touch()
            (folder / "half").rename(folder / "whole")
        folder = cached("stage", {"a": 1}, build, root=root)
        print(folder, (folder / "whole").read_text())
    """)
    both = [
        launch([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    (folder,) = (tmp_path / "stage").iterdir()
    assert said == [f"{folder} half\n"] * 2
    assert sorted(path.name for path in folder.iterdir()) == [KEY_FILE, "whole"]
