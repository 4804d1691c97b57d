"""``spikewright train --config``: options from a file, written beside the network, and repeated."""

import re
import tomllib

import numpy as np
import pytest

from spikewright import cli
from spikewright.cli.parser import parser
from spikewright.quantized import read

CONFIG = """
data = "mine.npz"
network = "9-6"
membrane = "Q10.4-Q8.4-Q8.4"
steps = 3
epochs = 2
weight-bits = "5-3-4"
seed = 5

[training]
batch = 4
augmentation = false
l1 = 0.25

[training.quantized]
epochs = 1

[training.model]
surrogate_width = 0.5
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, y = np.random.default_rng(0).random((24, 4)), np.arange(24) % 3
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    (tmp_path / "train.toml").write_text(CONFIG)
    return tmp_path


def test_a_training_is_repeated_from_the_file_beside_its_network(folder):
    assert cli.main(["train", "one.spw", "--config", "train.toml", "--epochs", "1"]) == 0
    one = read(folder / "one.spw")
    training = one.provenance.training
    assert training["model"]["sizes"] == [4, 9, 6, 3] and one.network.steps == 3
    assert training["real"]["epochs"] == 1  # an option wins
    assert training["quantized"]["epochs"] == 1 and training["batch"] == 4
    assert training["l1"] == 0.25 and training["model"]["surrogate_width"] == 0.5
    assert training["model"]["weight_bits"] == [5, 3, 4] and one.provenance.seed == 5
    assert [(layer.weight_bits, str(layer.membrane)) for layer in one.network.layers] == [
        (5, "Q10.4"), (3, "Q8.4"), (4, "Q8.4")
    ]
    beside = tomllib.loads((folder / "one.spw.toml").read_text())
    wanted = tomllib.loads(CONFIG.replace("weight-bits", "weight_bits")) | {"epochs": 1}
    assert beside == wanted
    assert cli.main(["train", "two.spw", "--config", "one.spw.toml"]) == 0
    two = read(folder / "two.spw")
    assert two.network.digest() == one.network.digest()
    assert two.provenance.training == training
    again = tomllib.loads((folder / "two.spw.toml").read_text())
    assert again == beside


def test_fewer_inputs_are_trained_and_written_beside_the_network(folder, capsys):
    assert cli.main(["train", "one.spw", "--config", "train.toml", "--inputs-kept", "3"]) == 0
    one = read(folder / "one.spw")
    assert one.network.inputs == 3 and one.coding.describe().endswith(", 3 of 4 inputs")
    assert tomllib.loads((folder / "one.spw.toml").read_text())["inputs_kept"] == 3
    assert cli.main(["train", "two.spw", "--config", "one.spw.toml"]) == 0
    assert read(folder / "two.spw").network.digest() == one.network.digest()
    capsys.readouterr()
    assert cli.main(["train", "n.spw", "--config", "train.toml", "--inputs-kept", "4"]) == 1
    assert "--inputs-kept is 4, but the coding has 4 inputs; keep fewer" in capsys.readouterr().err


def test_a_checkpoint_and_a_log_are_written(folder):
    assert cli.main([
        "train", "one.spw", "--config", "train.toml", "--checkpoint", "one.checkpoint", "--log",
        "one.csv",
    ]) == 0
    assert (folder / "one.csv").read_text().count("\n") == 4
    assert (folder / "one.checkpoint").exists()
    assert "checkpoint" not in (folder / "one.spw.toml").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epocks = 3", "epocks is no option of spikewright train; `spikewright train --help` "),
        ("config = 'x.toml'", "config is no option of spikewright train"),
        ("epochs = [1, 2]",
         ("epochs is [1, 2]; give one value: a number, a text in quotation marks, true or "
          "false\n")),
        ("epochs = ", "train.toml is no TOML: "),
        ("epochs = 'many'", "train.toml: epochs: 'many' is not a whole number of 0 or more\n"),
        ("seed = true", "train.toml: seed: 'true' is "),
        ("augmentation = 'maybe'", "train.toml: augmentation: 'maybe' is neither yes nor no\n"),
        ("bias = 'yes'", "train.toml: bias is yes; it is true or false\n"),
        ("bias = 1", "train.toml: bias is 1; it is true or false\n"),
        ("training = 3", "training is 3; it is a table, [training]"),
        ("[training]\nbatches = 3",
         "batches in [training] of train.toml is no field of a training; there are model, real, "),
        ("[training.real]\nepoch = 3",
         "epoch in [training.real] of train.toml is no field of a training; there are epochs,"),
        ("[training]\nbatch = 0",
         "batch in [training] of train.toml is 0; it must be a whole number from 1 to"),
        ("[training.augmentation]\nshift = -1",
         "shift in [training.augmentation] of train.toml is -1; it must be"),
        ("coding = 'nosuch'",
         "this network cannot be trained: coding in train.toml is 'nosuch'; "),
        ("batch = 4", "batch is no option of spikewright train; it is a field of the table [trai"),
        ("surrogate-width = 1",
         "no option of spikewright train; it is a field of the table [training.model]"),
        ("hidden = [8, 4]", "hidden is no option of spikewright train; network is what says the "),
        ("[training]\nweight-bits = 4",
         ("weight-bits in [training] of train.toml is no field of a training, but an option, which "
          "stands outside of the tables; there are model, real,")),
        ("[training]\nscales = 'layer'", "is no field of a training, but one of its model; there "),
        ("same_everywhere = true\n[training.model]\nlearn-surrogate = true",
         ("this network cannot be trained: same_everywhere = true in train.toml does not go with "
          "learn-surrogate = true in [training.model] of train.toml, whose sums or functions "
          "differ between processors; change that, or leave same_everywhere in train.toml out\n")),
        ("network = '9-6'\n[training.model]\nweight_bits = [8, 4]",
         "weight_bits in [training.model] of train.toml is 8-4, and there are 3 layers after the"),
        ("network = '9-6'\nweight-bits = [8, 4]",
         "weight-bits in train.toml is 8-4, and there are 3 layers after the inputs; give one"),
        ("weight-bits = [8, 'x']", "train.toml: weight-bits: '8-x' is no number of bits, such as"),
        ("weight-bits = []",
         ("train.toml: weight-bits is an empty list; give one value for all layers, or a list with "
          "one for each\n")),
        ("network = [[8]]", "'[8]' is "),
        ("[epochs]\nreal = 3", "epochs is a table; give one value: a number, a text"),
        ("data = 1", "train.toml: data is 1; it is a text, in quotation marks\n"),
        ("readout = true", "train.toml: readout is true; it is a text, in quotation marks\n"),
        ("[training]\naugmentation = 'no'",
         ("augmentation in [training] of train.toml is 'no'; it must be true, false, or what its "
          "fields are, by name: shift, rotation, scale, shear, noise\n")),
        ("[training]\nreal = 5",
         ("real in [training] of train.toml is 5; it must be what its fields are, by name: epochs, "
          "learning_rate\n")),
        ("silent = 0.4\ncoding = 'rate'", "silent in train.toml does not apply to codings but ttf"),
        ("normalisation = 'layer'",
         "this network cannot be trained: normalisation in train.toml is 'layer', which divides"),
    ],
)
def test_a_fault_of_the_file_is_a_sentence(folder, capsys, text, said):
    (folder / "train.toml").write_text(text)
    assert cli.main(["train", "one.spw", "--config", "train.toml"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("spikewright: ") and said in err and err.count("\n") == 1
    assert not list(folder.glob("one*"))


def test_a_file_that_is_not_there_is_a_sentence(capsys):
    assert cli.main(["train", "one.spw", "--config", "none.toml"]) == 1
    assert re.fullmatch(
        "spikewright: none.toml cannot be read: No such file or directory\n",
        capsys.readouterr().err,
    )


@pytest.mark.parametrize("said", ["true", "false", "'yes'", "'no'"])
def test_yes_and_no_are_read_as_they_are_written(folder, monkeypatch, said):
    (folder / "train.toml").write_text(f"augmentation = {said}")
    asked = []
    monkeypatch.setattr("spikewright.cli.verbs.train.train", asked.append)
    parser.cache_clear()
    cli.main(["train", "one.spw", "--config", "train.toml"])
    parser.cache_clear()
    assert asked[0].augmentation is (said in ("true", "'yes'")) and "augmentation" in asked[0].given


def test_a_network_that_was_trained_before_has_no_log_and_says_so(folder, capsys):
    command = ["train", "one.spw", "--config", "train.toml"]
    assert cli.main(command) == 0 and "warning" not in capsys.readouterr().err
    assert cli.main([*command, "--log", "one.csv"]) == 0
    assert not (folder / "one.csv").exists()
    assert re.search(
        "(?m)^spikewright: warning: one.csv: neither read nor written, because the same network "
        r"was trained before; delete build/cache/training/\w+ to train it anew$",
        capsys.readouterr().err,
    )


@pytest.mark.parametrize(
    ("table", "field", "beside"),
    [("training.model", "weight_bits = 8", ["--weight-bits", "4"]), ("training", "prune = 0.5",
     ["--prune", "0.25"]), ("training.real", "epochs = 2", ["--epochs", "1"]),
     ("training.real", "learning_rate = 0.1", ["--learning-rate", "0.01"])],
)
def test_what_is_said_twice_is_refused(folder, capsys, table, field, beside):
    (folder / "t.toml").write_text(f'data = "mine.npz"\n[{table}]\n{field}\n')
    assert cli.main(["train", "n.spw", "--config", "t.toml", *beside]) == 1
    assert capsys.readouterr().err == (
        f"spikewright: t.toml: [{table}] has {field.split()[0]}, and {beside[0]} is given, too; "
        "leave one of the two out\n"
    )
    assert not (folder / "n.spw").exists()


@pytest.mark.parametrize(("table", "where"), [("", "there are"), ("training.model", None)])
def test_a_key_that_is_spelled_in_both_ways_is_refused(folder, capsys, table, where):
    header = f"[{table}]\n" if table else ""
    (folder / "t.toml").write_text(
        f'data = "mine.npz"\n{header}weight-bits = 8\nweight_bits = 4\n'
    )
    assert cli.main(["train", "n.spw", "--config", "t.toml"]) == 1
    assert capsys.readouterr().err == (
        f"spikewright: t.toml: {where or f'[{table}] has'} weight-bits and weight_bits, which are "
        "the same; leave one of the two out\n"
    )
    assert not (folder / "n.spw").exists()


def test_an_option_beside_the_file_is_told_as_the_option(folder, capsys):
    (folder / "t.toml").write_text("data = 'mine.npz'\nsame-everywhere = true\nloss = 'tet'\n")
    line = ["train", "n.spw", "--config", "t.toml", "--loss", "membrane"]
    assert cli.main(line) == 1
    assert capsys.readouterr().err == (
        "spikewright: this network cannot be trained: same-everywhere = true in t.toml does not go "
        "with --loss membrane, whose sums or functions differ between processors; change that, or "
        "leave same-everywhere in t.toml out\n"
    )


@pytest.mark.parametrize("text", ["device = 'auto'", "[training]\ndevice = 'auto'"])
def test_the_device_is_written_that_the_training_was_on(folder, monkeypatch, text):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    (folder / "t.toml").write_text(f"data = 'mine.npz'\nepochs = 1\n{text}\n")
    assert cli.main(["train", "n.spw", "--config", "t.toml"]) == 0
    assert read(folder / "n.spw").provenance.training["device"] == "cpu"
    beside = tomllib.loads((folder / "n.spw.toml").read_text())
    assert (beside | beside.get("training", {}))["device"] == "cpu"


@pytest.mark.parametrize(
    ("text", "made"),
    [("weight-bits = [5, 3]", {"weight_bits": [5, 3]}),
     ("membrane = ['Q10.4', 'Q8.4']\nnetwork = [7]", {"sizes": [4, 7, 3]}),
     ("[training.model]\nsurrogate-width = 0.5", {"surrogate_width": 0.5})],
)
def test_a_list_has_a_value_for_each_layer(folder, text, made):
    (folder / "t.toml").write_text(f"data = 'mine.npz'\nepochs = 1\n{text}\n")
    assert cli.main(["train", "n.spw", "--config", "t.toml"]) == 0
    model = read(folder / "n.spw").provenance.training["model"]
    assert {name: model[name] for name in made} == made
