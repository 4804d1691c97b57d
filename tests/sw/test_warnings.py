"""Warnings of the command line."""

import warnings

import pytest

from spikewright.cli import guarded
from spikewright.errors import SpikewrightWarning


def test_a_warning_is_a_sentence_each_time_it_is_given(capsys):
    def work():
        for _ in range(2):
            warnings.warn("the table ends at 3", SpikewrightWarning, stacklevel=1)

    assert guarded(work) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "spikewright: warning: the table ends at 3\n" * 2


def test_warnings_of_others_stay_theirs():
    with pytest.warns(DeprecationWarning, match=r"^soon$"):
        guarded(lambda: warnings.warn("soon", DeprecationWarning, stacklevel=1))
    with pytest.warns(SpikewrightWarning, match=r"^now$"):  # nothing is left switched
        warnings.warn("now", SpikewrightWarning, stacklevel=1)
