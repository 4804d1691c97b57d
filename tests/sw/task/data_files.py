"""Small data sets in their official formats, made for tests: by name, a function that writes one.

Each takes a folder, and returns the samples and labels of the training part as they must be read.
"""

import struct
import wave
from collections.abc import Callable
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from spikewright.task.events import EVENT
from spikewright.task.mitbih import RECORDS

__all__ = [
    "WRITTEN", "aedat", "annotations", "events", "forty_bits", "tone", "write_record",
    "write_spoken", "write_wave",
]


def tone(*, rate: int, hertz: float, seconds: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def write_wave(path: Path, samples: np.ndarray, *, rate: int, width: int = 2) -> None:
    """Write samples of -1 to 1; of two axes, each column is a channel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scaled = np.round(samples * ((1 << (8 * width - 1)) - 1)).astype("<i8")
    if width == 1:
        scaled += 128
    content = scaled.reshape(-1, 1).view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(content)


def events(count: int, *, seed: int, frame: tuple[int, int, int]) -> np.ndarray:
    random = np.random.default_rng(seed)
    made = np.zeros(count, EVENT)
    made["t"] = np.sort(random.integers(0, 300_000, count))
    for field, end in zip("yxp", frame, strict=True):
        made[field] = random.integers(0, end, count)
    return made


def forty_bits(recording: np.ndarray) -> bytes:
    """Return events as N-MNIST's files have them."""
    t = recording["t"]
    columns = (recording["x"], recording["y"], recording["p"] << 7 | t >> 16, t >> 8, t)
    return np.stack(columns, 1).astype(np.uint8).tobytes()


def cifar10(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (10, 3, 32, 32), np.uint8)
    labels = np.arange(10, dtype=np.uint8)
    records = np.concatenate([labels[:, None], images.reshape(10, -1)], axis=1)
    for number in range(5):
        part = records[2 * number : 2 * number + 2]
        (folder / f"data_batch_{number + 1}.bin").write_bytes(part.tobytes())
    (folder / "test_batch.bin").write_bytes(records[:3].tobytes())
    return images.transpose(0, 2, 3, 1), labels


def cifar10_part(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    found = cifar10(folder)
    paths = [folder / f"data_batch_{number}.bin" for number in range(1, 6)]
    content = b"".join(path.read_bytes() for path in paths)
    for path in paths:
        path.unlink()
    (folder / "data_batch_1_first10.bin").write_bytes(content)
    (folder / "test_batch.bin").rename(folder / "test_batch_first3.bin")
    return found


def nmnist(folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    made = [events(50, seed=digit, frame=(34, 34, 2)) for digit in range(10)]
    for part in ("Train", "Test"):
        for digit, one in enumerate(made):
            path = folder / part / str(digit) / f"{digit:05}.bin"
            path.parent.mkdir(parents=True)
            path.write_bytes(forty_bits(one))
    return made, np.arange(10)


def nmnist_lists(folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    made = [events(50, seed=digit, frame=(34, 34, 2)) for digit in range(10)]
    for number, one in enumerate(made):
        (folder / f"{number + 1}.bs2").write_bytes(forty_bits(one))
    lines = "".join(f"{number + 1}\t{number}\n" for number in range(10))
    (folder / "train1K.txt").write_text("#sample #class\n" + lines)
    (folder / "test100.txt").write_text("#sample #class\n3\t2\n")
    return made, np.arange(10)


def mitbih(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    beats = np.random.default_rng(0).integers(0, 256, (10, 187), np.uint8)
    labels = (np.arange(10) % 5).astype(np.uint8)
    for name in ("beats_ds1_train.npz", "beats_ds2a_test.npz"):
        np.savez_compressed(folder / name, beats=beats, label=labels, symbol=np.array([b"N"] * 10))
    return beats, labels


def mitbih_tables(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    beats = np.random.default_rng(0).random((10, 187)).round(6)
    labels = np.arange(10) % 5
    for name in ("mitbih_train.csv", "mitbih_test.csv"):
        np.savetxt(folder / name, np.column_stack([beats, labels]), delimiter=",", fmt="%.6e")
    return beats, labels


def fsdd(folder: Path) -> tuple[None, np.ndarray]:
    labels = []
    for digit in range(10):
        for take in (0, 4, 5, 49):
            samples = tone(rate=8000, hertz=300 + 300 * digit, seconds=0.3)
            write_wave(folder / f"{digit}_theo_{take}.wav", samples, rate=8000)
        labels += [digit, digit]
    return None, np.array(labels)


def speech_commands(folder: Path) -> tuple[None, np.ndarray]:
    for hertz, word in enumerate(("down", "go", "yes")):
        for take in "abcd":
            samples = tone(rate=16_000, hertz=400 + 400 * hertz, seconds=0.3)
            write_wave(folder / word / f"{take}_nohash_0.wav", samples, rate=16_000)
    write_wave(folder / "_background_noise_" / "pink.wav", np.zeros(100), rate=16_000)
    (folder / "testing_list.txt").write_text("down/a_nohash_0.wav\ngo/a_nohash_0.wav\n")
    (folder / "validation_list.txt").write_text("yes/b_nohash_0.wav\n")
    return None, np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])


def esc10(folder: Path) -> tuple[None, np.ndarray]:
    (folder / "meta").mkdir()
    lines = ["filename,fold,target,category,esc10,src_file,take"]
    for fold in (1, 5):
        for target in (0, 1, 10):
            name = f"{fold}-1-A-{target}.wav"
            write_wave(folder / "audio" / name, tone(rate=44_100, hertz=500, seconds=0.2),
                       rate=44_100)
            lines.append(f"{name},{fold},{target},dog,{target != 1},1,A")
    (folder / "meta" / "esc50.csv").write_text("\n".join(lines))
    return None, np.array([0, 1])


def esc10_at_16_khz(folder: Path) -> tuple[None, np.ndarray]:
    lines = ["file,fold,class_id,class_name"]
    for fold in (3, 4):
        for kind in (0, 1):
            name = f"{fold}-1-A-c{kind}.wav"
            write_wave(folder / "audio" / name, tone(rate=16_000, hertz=500, seconds=0.2),
                       rate=16_000)
            lines.append(f"{name},{fold},{kind},rain")
    (folder / "labels.csv").write_text("\n".join(lines))
    return None, np.array([0, 1])


def asc(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Write a recording of each scene for each part, in another order, and some of no part."""
    sound = np.arange(80_000) % 1000 / 2000
    named = [f"{scene}-milan-1-{part}-a.wav" for part in (1, 2)
             for scene in ("street_traffic", "park", "bus", "airport")]
    others = ["metro-milan-1-1-a.wav", "bus-milan-1-1-b.wav"]
    for name in [*named, *others, "bus-paris-1-3-a.wav"]:  # the last is in neither table
        write_wave(folder / "audio" / name, sound, rate=8000)
    (folder / "evaluation_setup").mkdir()
    for table, names in (("train", named[:4] + others), ("evaluate", named[4:])):
        lines = ["filename\tscene_label", *(f"audio/{name}\tany" for name in names)]
        (folder / "evaluation_setup" / f"fold1_{table}.csv").write_text("\n".join(lines))
    seconds = (np.round(sound * 32767) / 32768).reshape(10, 8000)
    return np.concatenate([seconds] * 4).astype(np.float32), np.repeat([0, 2, 3, 1], 10)


def write_spoken(path: Path, each: list[np.ndarray], labels: np.ndarray) -> None:
    """Write recordings as SHD's files have them: times as halves, the last one first."""
    with h5py.File(path, "w") as file:
        for name, kind, field in (("times", np.float16, "t"), ("units", np.uint16, "x")):
            made = file.create_dataset(
                f"spikes/{name}", (len(each),), dtype=h5py.vlen_dtype(np.dtype(kind))
            )
            for number, one in enumerate(each):
                made[number] = (one[field] / (1e6 if field == "t" else 1))[::-1].astype(kind)
        file["labels"] = labels.astype(np.uint16)
        file["extra/keys"] = [b"zero"]


def spoken(name: str, classes: int, folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    made = []
    for number in range(classes):
        one = events(9, seed=number, frame=(1, 700, 1))
        one["t"] = 31_250 * np.arange(9)  # halves hold them
        made.append(one)
    for part in ("train", "test"):
        write_spoken(folder / f"{name}_{part}.h5", made, np.arange(classes))
    return made, np.arange(classes)


def aedat(recording: np.ndarray, *, overflows: int = 0) -> bytes:
    """Return events as a packet of AEDAT 3.1 has them, after one of another kind."""
    words = recording["x"] << 17 | recording["y"] << 2 | recording["p"] << 1 | 1
    content = np.stack([words, recording["t"]], 1).astype("<u4").tobytes()
    count = len(recording)
    other = struct.pack("<HHIIIIII", 0, 1, 8, 4, overflows, 1, 1, 1) + bytes(8)
    return other + struct.pack("<HHIIIIII", 1, 1, 8, 4, overflows, count, count, count) + content


def dvs_gesture(folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    made, content, rows = [], b"#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n", []
    for label in range(11):
        one = events(20, seed=label, frame=(128, 128, 2))
        made.append(one.copy())
        start = 1_000_000 * (label + 1)
        one["t"] += start
        content += aedat(one)
        rows.append(f"{label + 1},{start},{start + 300_000}")
    for user, part in (("user01_led", "train"), ("user24_led", "test")):
        (folder / f"{user}.aedat").write_bytes(content)
        table = "\n".join(["class,startTime_usec,endTime_usec", *rows])
        (folder / f"{user}_labels.csv").write_text(table)
        (folder / f"trials_to_{part}.txt").write_text(f"{user}.aedat\n")
    return made, np.arange(11)


def annotations(each: list[tuple[int, int]]) -> bytes:
    """Return annotations, samples and codes, as WFDB has them; the first with a text."""
    words, time = [], 0
    for sample, code in each:
        if sample - time > 1023:
            interval = sample - time
            words += [59 << 10, interval >> 16, interval & 0xFFFF, code << 10]
        else:
            words.append(code << 10 | (sample - time))
        if not time:
            words += [63 << 10 | 3, 0x4E28, 0x0029, 61 << 10 | 1]
        time = sample
    return np.array([*words, 0], "<u2").tobytes()


def write_record(header: Path, signals: np.ndarray, beats: list[tuple[int, int]]) -> None:
    """Write a record of two signals of 12 bits, ``[2, samples]``, and its annotations."""
    first, second = signals & 0xFFF
    middle = first >> 8 | second >> 8 << 4
    data = np.stack([first & 0xFF, middle, second & 0xFF], 1).astype(np.uint8)
    header.with_suffix(".dat").write_bytes(data.tobytes())
    header.with_suffix(".atr").write_bytes(annotations(beats))
    sums = [int(one.sum()) + (1 << 15) & 0xFFFF for one in signals]
    lines = [f"{header.stem} 2 360 {signals.shape[1]}"] + [
        f"{header.stem}.dat 212 200 11 1024 0 {each - (1 << 15)} 0 {name}"
        for name, each in zip(("V5", "MLII"), sums, strict=True)
    ]
    header.write_text("\n".join([*lines, "# 69 M"]))


def mitbih_records(folder: Path) -> tuple[None, np.ndarray]:
    time = np.arange(4000)
    signals = np.stack([-time % 50, (900 * np.sin(time / 30)).astype(int)])
    beats = [(10, 1), (600, 1), (700, 28), (1000, 8), (2500, 5), (3000, 6), (3300, 13), (3990, 1)]
    for record in (*RECORDS[0], *RECORDS[1]):
        write_record(folder / f"{record}.hea", signals, beats)
    return None, np.tile(np.arange(5), len(RECORDS[0]))


def steep(samples: int, time: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return signals of channels with a mean and a deviation of their own, and them without."""
    places = np.arange(samples)[:, None, None] + np.arange(time)[:, None] + np.arange(channels)
    signs = np.where(places % 2, 1.0, -1.0)
    channel = np.arange(channels)
    return 3.0 * channel - 7 + signs * 2.0 ** (channel % 4 - 1), signs


def wisdm(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Write windows under the benchmark's name; those under the authors' are held to a sum."""
    (windows, plain), labels = steep(14, 40, 6), np.arange(14) % 7
    hot = np.eye(7, dtype=np.float32)
    np.savez(
        folder / "watch_subset2_40.npz", windows, windows[:3], windows[3:5], hot[labels],
        hot[labels[:3]], hot[labels[3:5]],
    )
    return plain, labels


def eeg_mi(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    (trials, plain), labels = steep(4, 250, 62), np.arange(4) % 2
    for part, of in (("train", slice(None)), ("val", slice(1, 3))):
        np.save(folder / f"{part}_X.npy", trials[of].astype(np.float32))
        np.save(folder / f"{part}_y.npy", labels[of])
    return plain, labels


#: By name, and the form of the files.
WRITTEN: dict[tuple[str, str], Callable[[Path], tuple]] = {
    ("cifar10", "published"): cifar10,
    ("cifar10", "a part"): cifar10_part,
    ("nmnist", "published"): nmnist,
    ("nmnist", "lists"): nmnist_lists,
    ("mitbih", "between patients"): mitbih,
    ("mitbih", "tables"): mitbih_tables,
    ("mitbih", "records"): mitbih_records,
    ("shd", "published"): partial(spoken, "shd", 20),
    ("ssc", "published"): partial(spoken, "ssc", 35),
    ("dvs_gesture", "published"): dvs_gesture,
    ("fsdd", "published"): fsdd,
    ("esc10", "published"): esc10,
    ("esc10", "at 16 kHz"): esc10_at_16_khz,
    ("speech_commands", "published"): speech_commands,
    ("asc", "published"): asc,
    ("wisdm", "the benchmark's"): wisdm,
    ("eeg_mi", "published"): eeg_mi,
}
