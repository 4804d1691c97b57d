"""Recordings of event cameras in files, and the precision of boxes, on files made here."""

import hashlib
import re
import struct

import numpy as np
import pytest

from spikewright.detection.precision import average_precision, labelled_frames
from spikewright.detection.prophesee import BOX, detection_recordings, read_boxes, read_dat
from spikewright.errors import DataError

HEADER = b"% Data file containing CD events\n% Version 2\n% Width 640\n% Height 480\n"
EVENTS = [(5, 3, 479, 1), (5, 639, 0, 0), (2**32 - 1, 17, 200, 1)]


def written(events, *, header=HEADER, kind=0x0C, size=8) -> bytes:
    """Write a file as the maker's page describes it: x, y and polarity from the lowest bit on."""
    body = b"".join(struct.pack("<II", t, x | y << 14 | p << 28) for t, x, y, p in events)
    return header + bytes([kind, size]) + body


def test_events_are_read(tmp_path):
    file = tmp_path / "a_td.dat"
    file.write_bytes(written(EVENTS))
    events, frame = read_dat(file)
    assert [tuple(one) for one in events[["t", "x", "y", "p"]].tolist()] == EVENTS
    assert frame == (480, 640)
    file.write_bytes(written([], header=b"% Version 1\n", kind=0))
    events, frame = read_dat(file)
    assert len(events) == 0 and frame is None


@pytest.mark.parametrize(("content", "said"), [
    (b"\x0c\x08", "is no .dat file of events: it has no header; fetch it again"),
    (HEADER, "is no .dat file of events: it has no header; fetch it again"),
    (written(EVENTS)[:-1], "ends within an event; fetch it again"),
    (written(EVENTS, kind=14), "has events of kind 14 and 8 bytes; they must be of kind 0 or 12, "),
    (written(EVENTS, size=4), "has events of kind 12 and 4 bytes; they must be of kind 0 or 12, "),
    (written([(1, 640, 0, 0)]), "has the x 640, and the frame 640; fetch it again"),
    (written([(1, 0, 0, 0), (2, 0, 480, 0)]), "has the y 480, and the frame 480; fetch it again"),
    (written([(2, 0, 0, 0), (1, 0, 0, 0)]), "is back in time; fetch it again"),
])
def test_a_file_that_is_none_is_refused(tmp_path, content, said):
    (tmp_path / "a_td.dat").write_bytes(content)
    with pytest.raises(DataError, match=re.escape(said)):
        read_dat(tmp_path / "a_td.dat")


def boxes(*each) -> np.ndarray:
    return np.array(list(each), BOX)


def test_boxes_of_both_releases_are_read(tmp_path):
    given = boxes((600_000, 1, 2, 30, 60, 2, 7, 0.5), (700_000, 1, 2, 31, 60, 0, 8, 1))
    np.save(tmp_path / "new.npy", given)
    assert np.array_equal(read_boxes(tmp_path / "new.npy"), given)
    names = BOX.names or ()
    wide = np.zeros(2, np.dtype(BOX.descr, align=True))  # as the data set has them: of 40 bytes
    for name in names:
        wide[name] = given[name]
    assert wide.dtype.itemsize == 40
    np.save(tmp_path / "wide.npy", wide)
    assert np.array_equal(read_boxes(tmp_path / "wide.npy"), given)
    older = given.astype([
        ("ts", "<u8") if name == "t" else
        ("confidence", "<f4") if name == "class_confidence" else (name, given.dtype[name])
        for name in names
    ])
    np.save(tmp_path / "old.npy", older)
    assert np.array_equal(read_boxes(tmp_path / "old.npy"), given)


def test_boxes_that_are_none_are_refused(tmp_path):
    file = tmp_path / "a_bbox.npy"
    for given, said in (
        (np.zeros(3), "is no array of boxes with a field t; they must have t, x, y, w, h, "),
        (np.zeros(3, [("t", "<i8"), ("x", "<f4")]), "is no array of boxes with a field y; "),
        (boxes((1, 0, 0, 5, 0, 0, 0, 1)), "box 0 of .* has no size; fetch it again"),
        (boxes((2, 0, 0, 5, 5, 0, 0, 1), (1, 0, 0, 5, 5, 0, 0, 1)), "box 1 of .* is back in time"),
    ):
        np.save(file, given)
        with pytest.raises(DataError, match=said):
            read_boxes(file)
    file.write_bytes(b"no array")
    with pytest.raises(DataError, match=r"a_bbox\.npy cannot be read: .*; fetch it again$"):
        read_boxes(file)


@pytest.fixture
def folder(tmp_path):
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        for name in ("b", "a"):
            (tmp_path / part / f"{name}_td.dat").write_bytes(written(EVENTS))
            np.save(tmp_path / part / f"{name}_bbox.npy", boxes((1, 0, 0, 5, 5, 0, 0, 1)))
    return tmp_path


def test_recordings_are_pairs_of_files(folder):
    found = detection_recordings(folder)
    assert [one.name for one in found] == ["a", "b"]
    assert found[0].events == folder / "test" / "a_td.dat"
    with pytest.raises(DataError, match=r"^there is no folder .*val; name the one that has "):
        detection_recordings(folder, part="val")
    (folder / "val").mkdir()
    with pytest.raises(DataError, match=r"val has no recordings, such as NAME_td\.dat and NAME_bb"):
        detection_recordings(folder, part="val")
    (folder / "test" / "b_bbox.npy").unlink()
    with pytest.raises(DataError, match=r"b_bbox\.npy is missing, and its other file is there; "):
        detection_recordings(folder)


def test_recordings_are_held_to_their_checksums(folder):
    file = folder / "test" / "a_td.dat"
    sums = {"test/a_td.dat": hashlib.sha256(file.read_bytes()).hexdigest()}
    (folder / "SHA256SUMS.txt").write_text("".join(f"{one}  {at}\n" for at, one in sums.items()))
    assert len(detection_recordings(folder)) == 2
    file.write_bytes(written(EVENTS[:1]))
    with pytest.raises(DataError, match=r"a_td\.dat has another SHA-256 than the list beside it"):
        detection_recordings(folder)


def test_precision_is_that_of_hand(capsys):
    """Two of two found, one of another class, one found twice: by the definition."""
    one, other = (0, 10, 10, 20, 20, 0, 0, 1), (0, 50, 50, 20, 20, 0, 0, 1)
    truth = [boxes(one, other)]
    assert average_precision(truth, truth, classes=1).mean == 1
    assert average_precision(truth, [boxes()], classes=1).mean == 0
    wrong = [boxes((0, 10, 10, 20, 20, 1, 0, 1))]
    assert average_precision(truth, wrong, classes=2).mean == 0
    # One of two, with certainty: a precision of 1 up to a recall of a half, 51 of 101 points.
    half = average_precision(truth, [boxes(one)], classes=1)
    assert half.mean == pytest.approx(51 / 101)
    # Moved by a quarter of its width it overlaps by 0.6: right at three of the ten bounds.
    moved = average_precision([boxes(one)], [boxes((0, 15, 10, 20, 20, 0, 0, 1))], classes=1)
    assert (moved.half, moved.mean) == pytest.approx((1, 0.3))
    assert capsys.readouterr().out == ""


def test_labels_part_a_recording():
    truth = boxes(
        (400_000, 0, 0, 90, 90, 0, 0, 1), (600_000, 0, 0, 90, 90, 0, 0, 1),
        (600_000, 0, 0, 19, 90, 0, 0, 1), (700_000, 9, 9, 50, 50, 1, 0, 1),
    )
    found = boxes((575_000, 0, 0, 80, 80, 0, 0, 1), (726_000, 0, 0, 80, 80, 0, 0, 1))
    labels, given = labelled_frames(truth, found)
    assert [one["t"].tolist() for one in labels] == [[600_000], [700_000]]
    assert [one["t"].tolist() for one in given] == [[575_000], []]
    assert len(labelled_frames(truth, found, skipped_us=0, least_side=0)[0]) == 3


@pytest.mark.parametrize(("truth", "found", "said"), [
    ([boxes()], [boxes()], "there is no label in any frame, so no precision; give some"),
    ([boxes()], [], "there are labels of 1 frames, and boxes of 0"),
    ([boxes((0, 0, 0, 5, 5, 2, 0, 1))], [boxes()],
     "a label of frame 0 has the class 2; there are 2, from 0 on"),
])
def test_a_precision_that_is_none_is_refused(truth, found, said):
    with pytest.raises(DataError, match=f"^{said}$"):
        average_precision(truth, found, classes=2)


def test_what_is_no_array_of_boxes_is_refused():
    said = r"is array\(.*; it must be an array of BOX$"
    with pytest.raises(ValueError, match=rf"^found\[0\] {said}"):
        average_precision([boxes()], [np.zeros(1)], classes=2)
    with pytest.raises(ValueError, match=rf"^truth {said}"):
        labelled_frames(np.zeros(1), boxes())
    with pytest.raises(ValueError, match=r"^truth is None; it must be a list of arrays of BOX$"):
        average_precision(None, [], classes=2)  # pyright: ignore
