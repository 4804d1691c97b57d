import errno
import json
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from spikewright import files
from spikewright.errors import StorageError

from ..coverage_report import unmeasured


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "new" / "a.txt"
    files.write_text(path, "first\n")
    before = path.stat().st_ino
    with files.replacing(path) as temporary:
        assert temporary.parent == path.parent
        temporary.write_text("second\n")
        assert path.read_text() == "first\n"
    assert path.read_text() == "second\n"
    assert path.stat().st_ino != before  # renamed, not written over
    assert leftovers(path.parent) == ["a.txt"]


def test_the_old_file_stays_when_writing_is_interrupted(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), files.replacing(path) as temporary:
        temporary.write_text("hal")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == ["a.txt"]


def test_a_full_disk_is_a_sentence(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(StorageError) as caught, files.replacing(path) as temporary:
        temporary.unlink()
        temporary.symlink_to("/dev/full")  # the kernel's own ENOSPC on every write
        temporary.write_text("new")
    assert str(caught.value) == (
        f"{path} cannot be written: the disk is full; free some space and try again"
    )
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == ["report.json"]


def test_a_file_above_the_limit_is_a_sentence(tmp_path):
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from spikewright.errors import StorageError
        from spikewright.files import write_bytes
        try:
            write_bytes(Path(sys.argv[1]), bytes(1 << 16))
        except StorageError as error:
            sys.exit(str(error))
    """)
    path = tmp_path / "big.bin"
    result = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=False,
        env=unmeasured(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert result.returncode == 1
    assert result.stderr == (
        f"{path} cannot be written: the file would be larger than this system allows "
        "(see `ulimit -f`)\n"
    )
    assert leftovers(tmp_path) == []


def test_a_file_in_the_place_of_a_folder_is_a_sentence(tmp_path):
    (tmp_path / "build").write_text("not a folder")
    path = tmp_path / "build" / "a.txt"
    with pytest.raises(StorageError) as caught:
        files.write_text(path, "x")
    assert str(caught.value) == (
        f"{path} cannot be written: part of the path is a file, not a folder"
    )


def test_a_folder_in_the_place_of_the_file_is_a_sentence(tmp_path):
    path = tmp_path / "a"
    path.mkdir()
    with pytest.raises(StorageError) as caught:
        files.write_text(path, "x")
    assert str(caught.value) == f"{path} cannot be written: there is a folder of that name"
    assert leftovers(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("number", "words"),
    [("EACCES", "there is no permission"), ("EROFS", "the file system is read-only"),
     ("EDQUOT", "the disk quota is used up"), ("EIO", "input/output error")],
)
def test_other_limits_of_the_machine_are_sentences(tmp_path, number, words):
    path = tmp_path / "a"
    with pytest.raises(StorageError, match=words), files.replacing(path):
        raise OSError(getattr(errno, number), "as the system calls it")


def test_json_has_no_nan(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"µJ": 1.5})
    assert json.loads(path.read_text()) == {"µJ": 1.5}
    with pytest.raises(ValueError):
        files.write_json(path, {"value": float("nan")})
    assert json.loads(path.read_text()) == {"µJ": 1.5}
    assert leftovers(tmp_path) == ["a.json"]


def test_an_unchanged_file_keeps_its_time(tmp_path):
    path = tmp_path / "a.v"
    assert files.write_if_changed(path, "module a;\n")
    before = path.stat()
    assert not files.write_if_changed(path, "module a;\n")
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert files.write_if_changed(path, "module b;\n")
    assert path.read_text() == "module b;\n"
