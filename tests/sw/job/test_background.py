"""Work beside the main thread: nothing of it outlives a failure."""

import threading
import time

import pytest

from spikewright import tools
from spikewright.errors import BuildError
from spikewright.job.background import Background


def test_results_and_failures_are_the_futures():
    def fails():
        raise BuildError("no luck")

    with Background() as background:
        good, bad = background.submit(lambda: 3), background.submit(fails)
        assert good.result() == 3
        with pytest.raises(BuildError, match=r"^no luck$"):
            bad.result()


@pytest.mark.parametrize("error", [KeyboardInterrupt, BuildError])
def test_a_failure_ends_the_tools_and_what_is_queued(error, tmp_path):
    """One job waits for a tool that would take minutes, more jobs wait for their turn."""
    begun = threading.Event()
    ended, queued = [], []
    sleep = tools.Tool("sleep", ("sleep",), {}, "1")

    def build():
        begun.set()
        try:
            tools.run(sleep, ["300"], cwd=tmp_path, log=tmp_path / "log")
        finally:
            ended.append("build")

    started = time.monotonic()
    with pytest.raises(error), Background(jobs=1) as background:
        background.submit(build)
        queued += [background.submit(lambda: ended.append("queued")) for _ in range(3)]
        begun.wait(10)
        raise error
    assert time.monotonic() - started < 30
    assert ended == ["build"]
    assert all(future.cancelled() for future in queued)
