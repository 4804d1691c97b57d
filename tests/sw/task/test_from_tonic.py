"""Tasks from recordings in memory, as the data sets of tonic have them."""

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task.from_tonic import from_tonic

from .data_files import events

FRAME = (6, 8, 2)


class Dataset:
    """What tonic's data sets are: items by their number, how many, and the size of the sensor."""

    sensor_size = (8, 6, 2)
    dtype = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)])

    def __init__(self, count: int):
        self.each = [events(12, seed=number, frame=FRAME) for number in range(count)]

    def __getitem__(self, index):
        made = np.empty(12, self.dtype)
        for field in "txyp":
            made[field] = self.each[index][field]
        return made, np.int64(index % 3)

    def __len__(self):
        return len(self.each)


def same(left, right) -> bool:
    return all(np.array_equal(*pair) for pair in zip(left, right, strict=True))


def test_a_data_set_of_tonic():
    train, test = Dataset(6), Dataset(3)
    task = from_tonic(train, test, name="made")
    assert (task.kind, task.shape, task.classes) == ("events", FRAME, 3)
    assert same(task.x_train, train.each) and same(task.x_test, test.each)
    assert task.y_train.tolist() == [0, 1, 2, 0, 1, 2]


def test_pairs_of_events_and_a_label():
    pairs = [(events(5, seed=number, frame=FRAME), number) for number in range(2)]
    task = from_tonic(pairs, iter(pairs), name="made", shape=FRAME)
    assert same(task.x_train, [one for one, _ in pairs]) and same(task.x_test, task.x_train)


def test_a_frame_of_one_row_needs_no_y():
    made = np.array([(0, 699, 1), (9, 3, 1)], [("t", int), ("x", int), ("p", int)])
    task = from_tonic([(made, 0)], [(made, 0)], name="made", shape=(1, 700, 2))
    assert task.x_train[0].tolist() == [(0, 699, 0, 1), (9, 3, 0, 1)]


GOOD = (events(5, seed=0, frame=FRAME), 0)


@pytest.mark.parametrize(("train", "said"), [
    ([GOOD, 7], "item 1 of train is 7; it must be events, label"),
    ([GOOD, (GOOD[0], "cat")],
     "the label of item 1 of train is 'cat'; labels are whole numbers from 0"),
    ([GOOD, (GOOD[0], True)],
     "the label of item 1 of train is True; labels are whole numbers from 0"),
    ([GOOD, (GOOD[0], -1)], "the label of sample 1 of y_train of made is -1; labels begin at 0"),
    (
        [(np.zeros(3), 0)],
        ("sample 0 of x_train of made is no array of events; it must have the fields t, x, y and "
         "p, and one axis"),
    ),
    ([(events(5, seed=0, frame=(9, 8, 2))[::-1], 0)], None),
    (7, "train is 7; it must be a data set, or pairs of events, label"),
    ([], "x_train of made holds no events; it must be an array of events for each sample"),
])
def test_what_is_no_recording(train, said):
    with pytest.raises(DataError) as caught:
        from_tonic(train, [GOOD], name="made", shape=FRAME)
    assert said is None or str(caught.value) == said


def test_the_size_of_the_frame_must_be_known():
    with pytest.raises(ValueError) as caught:
        from_tonic([GOOD], [GOOD], name="made")
    assert str(caught.value) == (
        "shape is None, and train has no sensor_size; give height, width and polarities"
    )
