"""Every loader, on small files in the official format; and on the data itself where it is."""

import os
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task.audio import Bands, features, read_wave
from spikewright.task.dvs_gesture import read_aedat
from spikewright.task.known import SOURCES, load_task
from spikewright.task.mitbih import read_beats
from spikewright.task.nmnist import read_recording
from spikewright.task.wfdb import read_annotations, read_lead

from .data_files import (
    WRITTEN,
    aedat,
    annotations,
    events,
    forty_bits,
    tone,
    write_record,
    write_spoken,
    write_wave,
)

#: By name: samples of the training and of the test part, of the data that is at hand.
AT_HAND = {
    "mnist": (60_000, 10_000), "fashion_mnist": (60_000, 10_000), "cifar10": (3_000, 1_000),
    "nmnist": (1_000, 100), "mitbih": (50_979, 26_268), "fsdd": (2_700, 300), "esc10": (120, 40),
}
DATA = os.environ.get("SPIKEWRIGHT_DATA", "")
#: The data sets are large, and not ours to hand on, so they are not in the repository; what is read
#: of their formats is tested on made files in every run.
on_the_data_itself = pytest.mark.skipif(
    not DATA, reason="SPIKEWRIGHT_DATA names no folder of the data itself"
)
FORMS = pytest.mark.parametrize("form", WRITTEN, ids=" ".join)


def refused(name: str, folder: Path, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_task(name, folder=folder)


@pytest.mark.parametrize(("name", "file", "others"), [
    ("wisdm", "watch_subset2_40.npz", ()),
    ("mitbih", "beats_ds1_train.npz", ("beats_ds2a_test.npz",)),
    ("eeg_mi", "train_X.npy", ("train_y.npy", "val_X.npy", "val_y.npy")),
])
@pytest.mark.parametrize("content", [b"no archive", b"PK\x05\x06" + bytes(17), b""])
def test_a_broken_file_of_others_is_fetched_again(name, file, others, content, tmp_path):
    """Nobody but its authors can write it again."""
    for one in (file, *others):
        (tmp_path / one).write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_task(name, folder=tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / file} ")
    assert str(caught.value).endswith("; fetch it again")


def test_every_source_but_mnist_is_here():
    assert {name for name, _ in WRITTEN} == {*SOURCES} - {"mnist", "fashion_mnist"}


@FORMS
@pytest.mark.parametrize("below", [False, True])
def test_samples_and_labels(form, below, tmp_path):
    name = form[0]
    folder = tmp_path / SOURCES[name].folders[0] if below else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    samples, labels = WRITTEN[form](folder)
    task = load_task(name, folder=tmp_path)
    assert task.name == name and task.y_train.tolist() == labels.tolist()
    if task.kind == "events":
        assert all(np.array_equal(*pair) for pair in zip(task.x_train, samples, strict=True))
    elif samples is not None:
        assert np.array_equal(task.x_train, np.float32(samples))


@FORMS
def test_an_empty_file_is_refused(form, tmp_path):
    WRITTEN[form](tmp_path)
    name = form[0]
    files = [path for path in sorted(tmp_path.rglob("*"))
             if path.is_file() and path.name != "pink.wav" and "-A-1." not in path.name
             and "b_nohash" not in path.name
             and path.name[:5] != "metro" and path.name[-6:] != "-b.wav"]  # which are not read
    for path in files[:20]:  # of records there are 132, each written the same way
        content = path.read_bytes()
        path.write_bytes(b"")
        with pytest.raises(DataError, match=f"^{re.escape(str(path))} "):
            load_task(name, folder=tmp_path)
        path.write_bytes(content)
    load_task(name, folder=tmp_path)


@on_the_data_itself
@pytest.mark.parametrize("name", AT_HAND)
def test_the_data_itself(name):
    task = load_task(name)
    assert (len(task.x_train), len(task.x_test)) == AT_HAND[name]


# What is particular to each -----------------------------------------------------------------------


def test_cifar10_with_a_batch_missing(tmp_path):
    WRITTEN["cifar10", "published"](tmp_path)
    (tmp_path / "data_batch_3.bin").unlink()
    refused(
        "cifar10", tmp_path, f"{tmp_path} lacks data_batch_3.bin of CIFAR-10; fetch it again"
    )


def test_cifar10_with_another_label(tmp_path):
    WRITTEN["cifar10", "a part"](tmp_path)
    path = tmp_path / "test_batch_first3.bin"
    content = bytearray(path.read_bytes())
    content[3073] = 10
    path.write_bytes(content)
    refused(
        "cifar10", tmp_path, f"image 1 of {path} has the label 10; a label is 0 to 9"
    )
    path.write_bytes(content[:-1])
    refused(
        "cifar10", tmp_path,
        f"{path} holds 9218 bytes, which is no whole number of images of 3073; fetch it again",
    )


def test_an_overflow_of_the_clock_is_no_event(tmp_path):
    recording = events(20, seed=1, frame=(34, 34, 2))
    recording["t"] = np.arange(20)
    content = forty_bits(recording)
    marked = recording[:1].copy()
    marked["y"] = 240
    path = tmp_path / "one.bin"
    path.write_bytes(content[:50] + forty_bits(marked) + content[50:])
    later = recording.copy()
    later["t"][10:] += 8192
    assert np.array_equal(read_recording(path), later)


def test_a_recording_that_ends_within_an_event(tmp_path):
    WRITTEN["nmnist", "lists"](tmp_path)
    path = tmp_path / "7.bs2"
    path.write_bytes(path.read_bytes()[:-1])
    refused(
        "nmnist", tmp_path,
        f"{path} holds 249 bytes, which is no whole number of events of 5; fetch it again",
    )
    path.unlink()
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} cannot be read: "):
        load_task("nmnist", folder=tmp_path)
    (tmp_path / "test100.txt").write_text("7 x\n")
    (tmp_path / "train1K.txt").write_text("7 1 2\n")
    refused(
        "nmnist", tmp_path,
        f"entry 0 of {tmp_path / 'train1K.txt'} is '7 1 2'; it must be the number of a recording "
        "and its label",
    )


def test_an_event_of_a_recording_outside_the_frame(tmp_path):
    WRITTEN["nmnist", "published"](tmp_path)
    path = tmp_path / "Test" / "4" / "00004.bin"
    recording = read_recording(path)
    recording["x"][3] = 34
    path.write_bytes(forty_bits(recording))
    refused(
        "nmnist", tmp_path,
        "event 3 of sample 4 of x_test of nmnist is outside the frame: its x is 34, and there are "
        "34 columns",
    )


def test_beats_of_another_form(tmp_path):
    beats, labels = WRITTEN["mitbih", "between patients"](tmp_path)
    path = tmp_path / "beats_ds2a_test.npz"
    np.savez(path, beats=beats)
    refused("mitbih", tmp_path, f"{path} lacks the array label; fetch it again")
    np.savez(path, beats=beats[:, :100], label=labels)
    refused(
        "mitbih", tmp_path,
        "x_test of mitbih is of shape 10 × 100; it must be samples × 187, and at least one sample",
    )
    path.unlink()
    beats, labels = WRITTEN["mitbih", "tables"](tmp_path)
    path = tmp_path / "mitbih_train.csv"
    np.savetxt(path, np.column_stack([beats, labels + 0.5]), delimiter=",")
    refused("mitbih", tmp_path, f"row 0 of {path} has the label 0.5; a label is 0 to 4")
    np.savetxt(path, beats, delimiter=",")
    refused("mitbih", tmp_path, f"{path} has 187 columns; it must have 187 values and a label")


def test_a_lead_of_a_record_is_read_as_it_was_written(tmp_path):
    signals = np.random.default_rng(0).integers(-2048, 2048, (2, 700))
    header = tmp_path / "100.hea"
    write_record(header, signals, [(5, 1)])
    for lead, signal in zip(("V5", "MLII"), signals, strict=True):
        assert np.array_equal(read_lead(header, lead), signal)
    with pytest.raises(DataError) as caught:
        read_lead(header, "V1")
    assert str(caught.value) == f"{header} has the signals V5, MLII; it must have V1"
    data = header.with_suffix(".dat")
    content = bytearray(data.read_bytes())
    content[0] ^= 1
    data.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_lead(header, "V5")
    assert str(caught.value) == f"V5 of {data} has another sum than 100.hea says; fetch it again"
    data.write_bytes(content[:-3])
    with pytest.raises(DataError) as caught:
        read_lead(header, "V5")
    assert str(caught.value) == f"{data} holds 699 samples; 100.hea says 700"
    header.write_text(header.read_text().replace(" 212 ", " 16 "))
    with pytest.raises(DataError) as caught:
        read_lead(header, "V5")
    assert str(caught.value) == f"{header} has 2 signals of format 16; it must have two of 212"


def test_annotations_of_every_length_of_interval(tmp_path):
    each = [(3, 28), (1026, 1), (2050, 8), (200_000, 5), (200_001, 41)]
    path = tmp_path / "100.atr"
    path.write_bytes(annotations(each))
    assert read_annotations(path).tolist() == [list(one) for one in each]
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DataError) as caught:
        read_annotations(path)
    assert str(caught.value) == f"{path} ends within an annotation; fetch it again"


def test_a_beat_is_what_is_around_its_annotation(tmp_path):
    rise = np.arange(3000) // 2
    header = tmp_path / "100.hea"
    write_record(header, np.stack([0 * rise, rise]), [(100, 1), (1440, 5), (2990, 1)])
    read = read_beats(header)
    beats = read.values
    assert read.labels.tolist() == [2]  # the others are not in the record as a whole
    assert (read.places.tolist(), read.records.tolist()) == ([1440], [100])
    assert beats.shape == (1, 187) and beats[0, 0] == 0 and beats[0, -1] == 1
    assert np.allclose(beats[0], np.arange(187) / 186, atol=0.01)


@on_the_data_itself
@pytest.mark.parametrize(("record", "archive"), [
    (208, "beats_ds1_train.npz"), (100, "beats_ds2a_test.npz")
])
def test_beats_of_records_are_those_that_others_cut(record, archive):
    folder = Path(DATA) / "mitbih"
    read = read_beats(folder / "records" / f"{record}.hea")
    with np.load(folder / archive) as given:
        here = given["record"] == record
        assert read.labels.tolist() == given["label"][here].tolist()
        assert read.places.tolist() == given["sample"][here].tolist()
        assert abs(255 * read.values - given["beats"][here]).max() < 0.6  # they are rounded


def test_records_that_are_not_all_there(tmp_path):
    WRITTEN["mitbih", "records"](tmp_path)
    (tmp_path / "234.dat").unlink()
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path / '234.dat'))} cannot be read"):
        load_task("mitbih", folder=tmp_path)
    (tmp_path / "101.hea").unlink()
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path / '101.hea'))} cannot be read"):
        load_task("mitbih", folder=tmp_path)


def changed(path: Path, name: str, value) -> None:
    with h5py.File(path, "a") as file:
        del file[name]
        if value is not None:
            file[name] = value


def test_spoken_spikes_of_another_form(tmp_path):
    each, labels = WRITTEN["shd", "published"](tmp_path)
    path = tmp_path / "shd_test.h5"
    each[3]["x"][2] = 700
    write_spoken(path, each, labels)
    refused(
        "shd", tmp_path,
        "event 2 of sample 3 of x_test of shd is outside the frame: its x is 700, and there are "
        "700 columns",
    )
    each[3]["x"][2] = 0
    write_spoken(path, each, labels[:-1])
    refused(
        "shd", tmp_path,
        f"{path} has the times of 20 recordings, the units of 20 and 19 labels; they must be as "
        "many",
    )
    write_spoken(path, each, labels)
    changed(path, "labels", np.full(20, 20))
    refused("shd", tmp_path, "the label of sample 0 of y_test of shd is 20; labels must be from 0 "
                             "to 19")
    changed(path, "labels", labels)
    changed(path, "spikes/times", np.full((20, 9), np.nan))
    refused(
        "shd", tmp_path,
        f"time 0 of recording 0 of {path} is nan; it must be seconds from the start",
    )
    changed(path, "spikes/times", np.ones((20, 8)))
    refused(
        "shd", tmp_path, f"recording 0 of {path} has 8 times and 9 units; they must be as many"
    )
    changed(path, "spikes/times", None)
    refused("shd", tmp_path, f"{path} lacks spikes/times; fetch it again")


def test_events_of_aedat_are_read_as_they_were_written(tmp_path):
    recording = events(30, seed=1, frame=(128, 128, 2))
    content = b"#!AER-DAT3.1\r\n" + aedat(recording[:10]) + aedat(recording[10:], overflows=1)
    path = tmp_path / "one.aedat"
    path.write_bytes(content)
    later = recording.copy()
    later["t"][10:] += 1 << 31
    assert np.array_equal(read_aedat(path), later)
    invalid = bytearray(content)
    invalid[len(b"#!AER-DAT3.1\r\n") + 36 + 28] &= 0xFE  # the first event
    path.write_bytes(invalid)
    assert np.array_equal(read_aedat(path), later[1:])
    for cut in (1, 170):
        path.write_bytes(content[:-cut])
        with pytest.raises(DataError) as caught:
            read_aedat(path)
        assert str(caught.value) == f"{path} ends within a packet; fetch it again"
    path.write_bytes(b"#!AER-DAT2.0\r\n")
    with pytest.raises(DataError) as caught:
        read_aedat(path)
    assert str(caught.value) == f"{path} is no AEDAT 3.1 file; fetch it again"


def test_gestures_of_another_form(tmp_path):
    WRITTEN["dvs_gesture", "published"](tmp_path)
    path = tmp_path / "user24_led_labels.csv"
    path.write_text("class,startTime_usec,endTime_usec\n1,5,9\n12,5,9\n")
    refused(
        "dvs_gesture", tmp_path,
        f"row 1 of {path} is 12, 5, 9; it must be a class from 1 to 11, a start, and a later end",
    )
    path.write_text("class,start\n1,5\n")
    refused(
        "dvs_gesture", tmp_path,
        f"{path} cannot be read: 'startTime_usec'; it must have the columns class, startTime_usec, "
        "endTime_usec",
    )


def test_spoken_digits_of_other_names(tmp_path):
    WRITTEN["fsdd", "published"](tmp_path)
    stray = tmp_path / "seven.wav"
    stray.write_bytes((tmp_path / "7_theo_5.wav").read_bytes())
    refused(
        "fsdd", tmp_path, f"{stray} is not named digit_speaker_take.wav, such as 7_jackson_32.wav"
    )
    stray.unlink()
    for path in tmp_path.glob("*_[04].wav"):
        path.unlink()
    refused(
        "fsdd", tmp_path,
        f"{tmp_path} holds no test recordings: takes 0 to 4 are the test part, all others the "
        "training part",
    )


# Sound --------------------------------------------------------------------------------------------

BANDS = Bands(rate=8000, seconds=1.0, frames=20, bands=16, low_hz=100.0, high_hz=3800.0)


@pytest.mark.parametrize("hertz", [250.0, 1000.0, 3000.0])
def test_a_tone_is_in_its_band_as_long_as_it_sounds(hertz):
    found = features(tone(rate=8000, hertz=hertz, seconds=0.5), BANDS)
    mel = 2595 * np.log10(1 + np.array([100.0, 3800.0, hertz]) / 700)
    band = round(float((mel[2] - mel[0]) / (mel[1] - mel[0]) * 17)) - 1
    assert found.shape == (20, 16) and found.max() == 1.0
    assert (found[:9].argmax(axis=1) == band).all() and (found[:9].max(axis=1) > 0.95).all()
    assert (found[11:] == 0).all()


def test_how_loud_a_recording_is_makes_no_difference():
    recording = np.random.default_rng(0).normal(size=9000)
    found = features(recording, BANDS)
    assert np.allclose(found, features(1e-3 * recording, BANDS), atol=1e-5)
    assert np.array_equal(found, features(recording[:8000], BANDS))  # a second alone
    assert not features(np.zeros(8000), BANDS).any()
    assert 0 <= found.min() and found.max() <= 1


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_of_every_width(width, channels, tmp_path):
    samples = tone(rate=8000, hertz=440, seconds=0.1)
    path = tmp_path / "one.wav"
    write_wave(path, np.repeat(samples[:, None], channels, 1), rate=8000, width=width)
    assert np.allclose(read_wave(path, rate=8000), samples, atol=2.0 ** (2 - 8 * width))


def test_a_recording_of_another_rate(tmp_path):
    path = tmp_path / "one.wav"
    write_wave(path, np.zeros(100), rate=16_000)
    with pytest.raises(DataError) as caught:
        read_wave(path, rate=8000)
    assert str(caught.value) == f"{path} has 16000 samples a second; it must have 8000"
    write_wave(path, np.zeros(0), rate=8000)
    with pytest.raises(DataError) as caught:
        read_wave(path, rate=8000)
    assert str(caught.value) == f"{path} holds no whole number of samples; fetch it again"
