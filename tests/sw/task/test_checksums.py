"""Files held to a list of checksums: what it says, and what it does not."""

import hashlib
import re
import warnings

import pytest

from spikewright.errors import DataError, SpikewrightWarning
from spikewright.task.checksums import LISTS, check_sums


def made(folder):
    """Write two files; return them, and the lines of their list."""
    files = [folder / "a.npy", folder / "b.npy"]
    for one in files:
        one.write_bytes(one.name.encode())
    return files, [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in files]


@pytest.mark.parametrize("name", LISTS)
def test_files_are_held_to_their_list(tmp_path, name):
    files, lines = made(tmp_path)
    assert not check_sums(tmp_path, files)  # there is none
    (tmp_path / name).write_text("".join(lines).replace("  a", " *./a"))
    assert check_sums(tmp_path, files)
    (tmp_path / name).write_text(lines[1])
    assert not check_sums(tmp_path, files)  # one is not named
    files[1].write_bytes(b"other")
    with pytest.raises(DataError, match=rf"^{re.escape(str(files[1]))} has another SHA-256 than "):
        check_sums(tmp_path, files)


@pytest.mark.parametrize("text", ["", "no list\n", "{sum}  folder/a.npy\n{sum}  c.npy\n"])
def test_a_list_that_names_none_of_them_is_told(tmp_path, text):
    files, lines = made(tmp_path)
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(text.format(sum=lines[0].split()[0]))
    said = (
        f"{sums} names none of the 2 files that are read, so that none was held to it; names in it "
        "are as seen from its folder"
    )
    with pytest.warns(SpikewrightWarning, match=f"^{re.escape(said)}$"):
        assert not check_sums(tmp_path, files)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sums.write_text(lines[0])
        assert not check_sums(tmp_path, files)  # one is named: said of none
