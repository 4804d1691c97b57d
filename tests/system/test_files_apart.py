"""A command never writes over a file that it reads, or that it writes for something else."""

import pytest

from spikewright import cli


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("convert a a", "a is named as the file to read and is the file to write, too"),
        ("convert a ./b/../a", "a is named as the file to read and is the file to write, too"),
        ("quantize a a", "a is named as the file to read and is the file to write, too"),
        ("export a a", "a is named as the file to read and is the file to write, too"),
        ("check a --inputs a", "a is named as the file to read and is --inputs, too"),
        ("train a --data a", "a is named as --data and is the file to write, too"),
        ("train b --data a --log a", "a is named as --data and is --log, too"),
        ("train a --checkpoint a", "a is named as --checkpoint and is the file to write, too"),
        ("train b --log a --checkpoint a", "a is named as --log and is --checkpoint, too"),
        ("train a --log a.toml",
         "a.toml is named as --log and is the file of settings beside the network, too"),
        ("train b --config a --log a", "a is named as --config and is --log, too"),
    ],
)
def test_a_file_is_not_lost_to_another(tmp_path, monkeypatch, capsys, command, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("seed = 1")
    assert cli.main(command.split()) == 1
    assert capsys.readouterr().err == (
        f"spikewright: {said}, and would be overwritten; name another file\n"
    )
    assert (tmp_path / "a").read_text() == "seed = 1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
