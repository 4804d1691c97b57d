"""Warnings of the command line."""

import warnings

import pytest

from spikewright.cli import guarded
from spikewright.errors import SpikewrightWarning


def test_a_warning_is_a_sentence_once_in_each_command(capsys):
    def work():
        for end in (3, 4, 3):
            warnings.warn(f"the table ends at {end}", SpikewrightWarning, stacklevel=1)

    for _ in range(2):
        assert guarded(work) == 0
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err == (
            "spikewright: warning: the table ends at 3\nspikewright: warning: the table ends at 4\n"
        )


def test_warnings_of_others_stay_theirs():
    with pytest.warns(DeprecationWarning, match=r"^soon$"):
        guarded(lambda: warnings.warn("soon", DeprecationWarning, stacklevel=1))
    with pytest.warns(SpikewrightWarning, match=r"^now$"):  # nothing is left switched
        warnings.warn("now", SpikewrightWarning, stacklevel=1)
