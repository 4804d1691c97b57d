"""The one exception family for a user's mistakes and a machine's limits.

The message is a sentence for the person at the keyboard: what was wrong, where, what to do. The
command line prints it without a traceback and exits non-zero.
"""

from spikewright_hw.definition.precision import SpikewrightWarning

__all__ = [
    "BuildError",
    "DataError",
    "DeviceError",
    "NetworkFileError",
    "OvertimeError",
    "ReportError",
    "SpikewrightError",
    "SpikewrightWarning",
    "StorageError",
    "ToolError",
    "TrainingError",
]


class SpikewrightError(Exception):
    """Base of every error that is reported as a sentence."""


class DataError(SpikewrightError):
    """An input sample or data set does not fit what is asked of it."""


class TrainingError(SpikewrightError):
    """A training cannot go on: a number is not finite, or its checkpoint is of another one."""


class NetworkFileError(SpikewrightError):
    """A ``.spw`` file is malformed, altered or from a future version."""


class ToolError(SpikewrightError):
    """A tool is missing or too old."""


class BuildError(SpikewrightError):
    """A tool ran and failed, or its result does not fit the device."""


class OvertimeError(BuildError):
    """A tool took longer than it was given, and was stopped."""


class DeviceError(SpikewrightError):
    """A board does not answer, answers wrongly, or holds another network."""


class StorageError(SpikewrightError):
    """A file cannot be written: disk full, no permission."""


class ReportError(SpikewrightError):
    """A stored report is missing or malformed."""
