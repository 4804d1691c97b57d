"""Of every option of every command: whether it applies, and what is said where it does not."""

from collections.abc import Mapping

__all__ = ["EQUATIONS", "NEURON", "NO_EVENT", "RUN", "SIZE", "STOCHASTIC", "TABLE", "TRAINED"]

EQUATIONS = ("--equations", "dv/dt = i - v", "--threshold", "v > 1", "--reset", "v = 0")

#: Options that apply to an engine, by the engine, with a value that is not the default.
SIZE = {"engine": "stochastic", "share": "3", "banks": "2", "fold": "3", "block_bits": "8",
        "weights": "loaded", "ram_style": "block"}
STREAMS = {"length": "64", "source": "lfsr", "encoding": "unipolar"}
STOCHASTIC = {**STREAMS, "lanes": "2"}
TRAINED = {"coding": "rate", "steps": "3", "silent": "0.4", "readout": "count", "bias": None,
           "epochs": "2", "learning_rate": "0.01", "augmentation": "no", "event_products": None,
           "precision": "bf16", "recompute": None, "same_everywhere": None, "device": "auto",
           "prune": "0.5", "normalisation": "batch", "surrogate": "sigmoid", "loss": "tet",
           "learn_surrogate": None,
           "seed": "7"}
BUILD = {"board": "other", "clock": "62.5", "limit": "5", "commands": "few"}
RUN = {**BUILD, "network": "other.spw", "port": "/dev/null", "rate": "3000000",
       "build_only": None, "no_bitstream": None, "samples": "5", "task": "mnist",
       "data": "mine.npz",
       **TRAINED}
NEURON = {"threshold": "v > 2", "reset": "v = -1", "readout": None, "dt": "0.5",
          "param": "a=1", "unit": "v=mV", "start": "v=0", "refractory": "2", "method": "euler",
          "format": "Q6.4"}

NO_DIGITS = "does not apply to the digits, which come with scikit-learn; name another task by"
NO_TASK = "does not apply to --data, a task of your own; leave one of the two out"
NO_NETWORK = "does not apply to --network FILE, a network that is trained already;"
SEARCHED = "does not apply to --fit, which searches it; leave one of the two out"
NO_FILE = "does not apply to FILE, a network that is trained already; leave one of the two out"
NO_CORES = "does not apply to registered cores, but to the engine of a network; leave it out, or"
NO_EVENT = "does not apply to the event engine; give --engine stochastic, too, or leave it out"
NO_BITS = "does not apply to codings that make spikes; give --coding direct or filter_bank,"
NO_SHARE = "does not apply to codings but ttfs and log_latency; give one of them by --coding"
NO_NEURON = "does not apply to a core that is not given by --equations; give them, or leave it out"

NO_SEEDS = "does not apply to this table, but to surrogates, losses, cells, normalisations, delays"
NO_LOAD = "does not apply to the virtual board, into which nothing is loaded; give --port or"

NO_DEMO = "does not apply to a board that is sent its samples; give --demo or --probe, too, or"

#: What a NIR file does not say.
NIR = "--dt 1 --current old --readout count"


def every(names, value):
    return dict.fromkeys(names, value)


#: By command line: what applies, with a value; and what does not, with what is said.
TABLE: dict[str, tuple[Mapping[str, str | None], Mapping[str, str]]] = {
    "run": (
        {**RUN, **SIZE, "fit": None},
        {**every(STOCHASTIC, NO_EVENT), "folder": NO_DIGITS, "input_bits": NO_BITS,
         "load": NO_LOAD, "probe": "does not apply to the virtual board, which takes no power;"},
    ),
    "run --coding direct": ({"input_bits": "5"}, {"silent": NO_SHARE}),
    "run --task digits": ({"network": "9"}, {"folder": NO_DIGITS}),
    "run --task mnist": ({"folder": "."}, {}),
    "run --data mine.npz": ({"network": "4-9-3"}, every(("task", "folder"), NO_TASK)),
    "run --engine stochastic": (
        {**RUN, "engine": "event", "share": "3", "ram_style": "block", **STOCHASTIC},
        {"banks": "does not apply to the stochastic engine, whose rows are read by lanes; give",
         **every(("fold", "block_bits"),
                 "does not apply to the stochastic engine, which reads whole rows; leave it out"),
         "weights": "does not apply to the stochastic engine, whose weights are built in; leave",
         "fit": "does not apply to the stochastic engine; compare its designs by"},
    ),
    "run --network net.spw": (
        {name: value for name, value in {**RUN, **SIZE}.items() if name not in TRAINED},
        {**every(STOCHASTIC, NO_EVENT),
         **every((*TRAINED, "input_bits"), NO_NETWORK)},
    ),
    "run --build-only": (
        {name: value for name, value in {**RUN, **SIZE}.items()
         if name not in ("port", "rate", "build_only", "no_bitstream", "samples")},
        {**every(STOCHASTIC, NO_EVENT),
         **every(("port", "rate", "samples"), "does not apply to --build-only, which runs"),
         "no_bitstream": "does not apply to --build-only, which builds a bitstream and",
         "probe": "does not apply to --build-only, which runs no board; leave one of the two"},
    ),
    "run --build-only --load": ({}, {}
    ),
    "run --port /dev/null": ({"load": None, "probe": "gateware"}, {}),
    "run --build-only --seed 1": (
        {}, {"seed": "does not apply to --build-only more than once, for the first seed alone"}
    ),
    "run --no-bitstream": (
        {}, {"limit": "does not apply to --no-bitstream, which places and routes nothing; leave"}
    ),
    "run --clock highest": (
        {"clock": "62.5"}, {"no_bitstream": "does not apply to --clock highest, which is found by"}
    ),
    "build --clock highest": (
        {"clock": "62.5"},
        every(("plan", "demo", "placements"), "does not apply to --clock highest, which is found"),
    ),
    "run --no-bitstream --port /dev/null": (
        {}, {"clock": "does not apply to --port with --no-bitstream: the clock of that board is"}
    ),
    "train out.spw": (
        {**TRAINED, "network": "9", "neuron": "alif", "weight_bits": "3", "membrane": "Q8.3",
         "inputs_kept": "9",
         "config": "train.toml", "checkpoint": "here.checkpoint", "log": "here.csv",
         "task": "mnist", "data": "mine.npz", **STREAMS},
        {"folder": NO_DIGITS, "input_bits": NO_BITS},
    ),
    "train out.spw --coding direct": ({"input_bits": "5"}, {"silent": NO_SHARE}),
    "train out.spw --coding filter_bank": ({}, {"silent": NO_SHARE}),
    "train out.spw --network net.spw": (
        every(("weight_bits", "epochs"), "3") | {"membrane": "Q8.3", "learning_rate": "0.1"},
        every((*STREAMS, "coding", "steps", "input_bits", "silent", "readout", "bias", "neuron",
               "augmentation", "prune", "normalisation", "surrogate", "learn_surrogate", "loss",
               "precision", "inputs_kept"),
              "does not apply to --network FILE, which is trained on as it is; leave one"),
    ),
    "train out.spw --task mnist": ({"folder": "."}, {}),
    "train out.spw --data mine.npz": ({}, every(("task", "folder"), NO_TASK)),
    f"import net.nir {NIR}": ({"dt": "0.5", "current": "new", "readout": "last"}, {}),
    f"import map.nir {NIR}": ({"inputs": "1x8x8"}, {}),
    f"quantize map.nir out.spw {NIR}": ({"inputs": "1x8x8"}, {}),
    f"quantize net.nir out.spw {NIR}": (
        {"dt": "0.5", "current": "new", "readout": "last", "task": "mnist", "coding": "rate",
         "steps": "3", "silent": "0.4", "weight_bits": "5", "percentile": "99", "membrane": "Q12.4",
         "no_saturation": None},
        {"folder": NO_DIGITS, "input_bits": NO_BITS},
    ),
    f"quantize net.nir out.spw {NIR} --coding direct": (
        {"input_bits": "5"}, {"silent": NO_SHARE}
    ),
    f"quantize net.nir out.spw {NIR} --task mnist": ({"folder": "."}, {}),
    f"quantize small.nir out.spw {NIR} --data mine.npz": (
        {"data": "other.npz"}, every(("task", "folder"), NO_TASK)
    ),
    "convert module.py out.spw": (
        {"steps": "5", "input_bits": "5", "percentile": "99", "weight_bits": "5",
         "membrane": "Q12.4", "task": "mnist"},
        {"folder": NO_DIGITS},
    ),
    "convert module.py out.spw --task mnist": ({"folder": "."}, {}),
    "convert small.py out.spw --data mine.npz": (
        {"data": "other.npz"}, every(("task", "folder"), NO_TASK)
    ),
    "check net.spw": (
        {"inputs": "found.npz", "no_saturation": None, "certificate": "net.json"}, {}
    ),
    "check net.spw --certificate net.json": (
        {}, every(("inputs", "no_saturation"),
                  "does not apply to --certificate, which is checked alone; leave one of the two"),
    ),
    "estimate net.spw": (
        {"board": "ulx3s", "samples": "9", "share": "3", "banks": "2", "fold": "8",
         "commands": "few", "task": "mnist", "data": "mine.npz"},
        {"folder": NO_DIGITS},
    ),
    "estimate net.spw --board ulx3s": ({"fit": None}, {}),
    "estimate net.spw --board ulx3s --fit": (
        {"board": "icebreaker", "samples": "9", "commands": "few", "task": "mnist"},
        every(("share", "banks", "fold"), SEARCHED),
    ),
    "estimate net.spw --task mnist": ({"folder": "."}, {}),
    "estimate net.spw --data mine.npz": ({}, every(("task", "folder"), NO_TASK)),
    "export net.spw out.nir": ({"dt": "0.5", "accept": "late"}, {}),
    "emit lif": (
        {"preset": "q8_8", "output": "out"}, every({**SIZE, **STOCHASTIC, "bus": ""}, NO_CORES)
    ),
    "emit --all": (
        {"output": "out"},
        {**every({**SIZE, **STOCHASTIC, "bus": ""},
                 "does not apply to --all, which is every registered core; leave it out, or give"),
         "preset": "does not apply to --all, which is"},
    ),
    "emit": ({"all": None}, {}),
    "emit net.spw": (
        {"output": "out", "bus": "wishbone", **SIZE},
        {**every(STOCHASTIC, NO_EVENT), "preset": "does not apply to a network, which has no"},
    ),
    "emit net.spw --engine stochastic": (STOCHASTIC, {}),
    "build": (
        {**BUILD, **SIZE, "network": "other.spw", "task": "mnist", "data": "mine.npz", **TRAINED,
         "load": None, "plan": None, "fit": None, "demo": "9", "placements": "5"},
        {**every(STOCHASTIC, NO_EVENT), "folder": NO_DIGITS, "input_bits": NO_BITS},
    ),
    "build --plan": (
        {}, every(("load", "limit", "placements"), "does not apply to --plan, which runs no tool;")
    ),
    "build net.spw --fit": (
        {"weights": "loaded", "ram_style": "block"},
        every(("share", "banks", "fold", "block_bits"), SEARCHED),
    ),
    "run --fit": ({}, every(("share", "banks", "fold", "block_bits"), SEARCHED)),
    "build --coding direct": ({"input_bits": "5"}, {"silent": NO_SHARE}),
    "build --task mnist": ({"folder": ".", "network": "9"}, {}),
    "build --data mine.npz": ({"network": "4-9-3"}, every(("task", "folder"), NO_TASK)),
    "build net.spw": (
        {**BUILD, **SIZE, "no_saturation": None, "task": "mnist", "data": "mine.npz"},
        {**every(STOCHASTIC, NO_EVENT), **every(("network", *TRAINED), NO_FILE)},
    ),
    "build --network net.spw": (BUILD, every(TRAINED, NO_NETWORK)),
    "build net.spw --engine stochastic": (STOCHASTIC, {}),
    "explore --axis share=2": (
        {"axis": "share=4", "task": "mnist", "data": "mine.npz", "seed": "7", "draws": "3",
         "until": "bitstream", "samples": "5", "fold": "1", "workers": "3",
         "scheduler": "tcp://host:1", "name": "other"},
        {"folder": NO_DIGITS, "draw_seed": "does not apply to a whole grid, which has no random",
         "limit": "does not apply to points that are not placed and routed; give --until"},
    ),
    "explore --axis share=2 --draws 2": ({"draw_seed": "3"}, {}),
    "explore --axis share=2 --until accuracy": (
        {}, {"samples": "does not apply to --until accuracy, which runs nothing on a board;"}
    ),
    "explore --axis share=2 --until bitstream": ({"limit": "5"}, {}),
    "explore --axis share=2 --scheduler tcp://host:1": (
        {}, {"workers": "does not apply to --scheduler, whose cluster has its own workers;"}
    ),
    "explore --axis share=2 --task mnist": ({"folder": "."}, {}),
    "explore --axis share=2 --data mine.npz": ({}, every(("task", "folder"), NO_TASK)),
    "report": ({"task": "mnist", "data": "mine.npz"}, {"engine": "does not apply to the list of"}),
    "report --task mnist": ({"engine": "stochastic"}, {}),
    "report --data mine.npz": ({"engine": "stochastic"}, {"task": NO_TASK}),
    "report run": ({}, every(("task", "data", "engine"), "does not apply to NAME, which names a")),
    "resources": ({}, every({**SIZE, **STOCHASTIC}, NO_CORES)),
    "resources lif": ({}, every({**SIZE, **STOCHASTIC}, NO_CORES)),
    "resources net.spw": (SIZE, every(STOCHASTIC, NO_EVENT)),
    "resources net.spw --engine stochastic": (STOCHASTIC, {}),
    "pages": ({"check": None}, {}),
    "bench engine": (
        {"row": "mnist_lut", "folder": "folder", "seeds": "7", "pnr_seeds": "3", "samples": "9",
         "pages": None}, {}
    ),
    "bench boards": (
        {"board": "ulx3s", "samples": "9", "network": "net.spw", "task": "mnist", "pages": None,
         "data": "mine.npz", "place": None},
        {"folder": NO_DIGITS, "limit": "does not apply to boards that are simulated alone; give"},
    ),
    "bench boards --task mnist --place": ({"folder": ".", "limit": "5"}, {}),
    "bench boards --data mine.npz": ({}, every(("task", "folder"), NO_TASK)),
    "bench link": (
        {"inferences": "9", "noise": "9", "flips": "9", "seed": "7", "rate": "3000000"}, {}
    ),
    "bench neurons": ({"neuron": "lif", "seeds": "7", "epochs": "3", "pages": None}, {}),
    "bench neurons --neuron lif": (
        {"seeds": "7", "epochs": "3"}, {"pages": "does not apply to a single neuron, for"}
    ),
    "bench reference": ({"samples": "9", "pages": None}, {}),
    "bench heartbeats": (
        {"split": "random", "anomaly": None, "folder": "folder", "hidden": "16", "seeds": "7",
         "on_board": "0", "place": None, "pages": None, "held_out": None}, {}
    ),
    "bench heartbeats --held-out": (
        {"split": "random", "anomaly": None, "hidden": "16"},
        every(("on_board", "place"), "does not apply to --held-out, whose networks are not"),
    ),
    "bench sizes": ({"board": "icebreaker"}, {}),
    "bench stochastic": ({"data": "folder", "seeds": "7", "epochs": "3", "pages": None}, {}),
    "bench training": (
        {"pages": None, "table": "grids", "folds": "2", "epochs": "3"},
        every(("task", "folder", "seeds", "row"), NO_SEEDS),
    ),
    "bench training --table speed": (
        {"pages": None},
        {**every(("folds", "epochs"), "does not apply to --table speed, which trains"),
         **every(("task", "folder", "seeds", "row"), NO_SEEDS)},
    ),
    "bench training --table cells": (
        {"pages": None, "table": "delays", "seeds": "7", "epochs": "3", "task": "mnist",
         "row": "none"},
        {"folds": "does not apply to tables over seeds, which are tested on the test part; leave",
         "folder": NO_DIGITS},
    ),
    "bench training --table cells --task mnist": ({"folder": "."}, {}),
    "board --virtual ulx3s --model net.spw": (
        {"virtual": "other", "model": "other.spw", "clock": "62.5", **SIZE, "banks": "2",
         "commands": "few", "status": None, "self_test": None, "reset": None, "demo": "9",
         "flip": "a.b:3:4", "flips": "5", "memories": None},
        {**every(STOCHASTIC, NO_EVENT), **every(("task", "folder", "data"), NO_DEMO),
         "board": "does not apply to a virtual board, which --virtual names; leave it out",
         "seed": "does not apply to bits that are not drawn; give --flips, too, or leave it out"},
    ),
    "board --virtual arty-a7-35 --model net.spw": ({"probe": "gateware", "pipe": None}, {}),
    "board --virtual arty-a7-35 --model net.spw --probe gateware": (
        {"clock": "50"}, {"folder": NO_DIGITS}
    ),
    "board --virtual ulx3s --model net.spw --flips 5": (
        {"seed": "7", "status": None, "self_test": None},
        {**every(("memories", "demo"), "does not apply to bits that are flipped, by --flip or"),
         "weights": "does not apply to bits that are flipped, by --flip or --flips: whoever opens"},
    ),
    "board --virtual ulx3s --model net.spw --demo 9": (
        {"share": "3", "task": "mnist", "data": "mine.npz"}, {"folder": NO_DIGITS}
    ),
    "board --virtual ulx3s --model net.spw --demo 9 --task mnist": ({"folder": "."}, {}),
    "board --virtual ulx3s --model net.spw --demo 9 --data mine.npz": (
        {}, every(("task", "folder"), NO_TASK)
    ),
    "board --virtual ulx3s --model net.spw --engine stochastic": (
        {**STOCHASTIC, "share": "3"},
        {"banks": "does not apply to the stochastic engine, whose rows are read by lanes; give",
         **every(("fold", "block_bits"),
                 "does not apply to the stochastic engine, which reads whole rows; leave it out"),
         "weights": "does not apply to the stochastic engine, whose weights are built in; leave"},
    ),
    "board --virtual ulx3s --model net.spw --status": (
        {"clock": "62.5", "banks": "2", "rate": "3000000"}, {}
    ),
    "board --port /dev/null --model net.spw --status": (
        {"port": "/dev/x", **SIZE, "banks": "2", "board": "other"},
        {**every(STOCHASTIC, NO_EVENT), "clock": "does not apply to --port: the clock of that",
         "commands": "does not apply to --port, where the board itself says which commands",
         **every(("flip", "flips"), "does not apply to a board that is there, whose memories"),
         **every(("task", "folder", "data"), NO_DEMO)},
    ),
    "board --port /dev/null --model net.spw": (
        {}, {"port": "does not apply to a board that is left running; give --status, --self-test",
             "rate": "does not apply to a board that is left running, of which whoever opens it",
             "memories": "does not apply to a board that is there, whose memories nobody reaches",
             "pipe": "does not apply to --port, which any program opens itself; give --virtual"}
    ),
    "neurobench qubo": (
        {"graph": "mine.dimacs", "nodes": "9", "seed": "7", "runs": "3", "timeout": "5",
         "capacity": "2000", "lanes": "64", "clock": "62.5", "place": None,
         "host": None, "largest": None, "pages": None},
        {**every(("density", "graph_seed"), "does not apply to graphs but those of --nodes; give"),
         "board": "does not apply to the workloads of the benchmark, which are simulated; give",
         "build": "does not apply to anything but a real board; name that by --board",
         "port": "does not apply to anything but a real board; name that by --board"},
    ),
    "neurobench qubo --graph mine.dimacs": (
        {"seed": "7", "timeout": "5", "lanes": "64", "clock": "62.5", "capacity": "99",
         "board": "virtual"},
        {"nodes": "does not apply to --graph, a graph of your own; leave one",
         **every(("runs", "pages", "host", "largest"),
                 "does not apply to a single graph; leave it out, or")},
    ),
    "neurobench qubo --place": (
        {}, {"clock": "does not apply to --place, which says the clock; leave one"}
    ),
    "neurobench qubo --nodes 9 --board virtual": (
        {"capacity": "99", "lanes": "64", "clock": "62.5"},
        {"port": "does not apply to anything but a real board; name that by --board"},
    ),
    "neurobench qubo --nodes 9 --board ulx3s-85f --port /dev/x": (
        {}, every(("capacity", "lanes", "clock", "place"), "does not apply to a real board, which"),
    ),
    "neurobench qubo --build --board ulx3s-85f": (
        {"capacity": "99", "lanes": "64", "clock": "62.5"},
        every(("graph", "nodes", "seed", "runs", "timeout", "place", "port", "pages", "host",
               "largest"),
              "does not apply to --build, which makes a bitstream and ends; leave it out"),
    ),
    "neurobench qubo --nodes 9": (
        {"density": "0.5", "graph_seed": "7", "seed": "7", "capacity": "99"},
        every(("runs", "pages", "host", "largest"), "does not apply to a single graph; leave it"),
    ),
    "neurobench asc": (
        {"rehearsal": "fsdd", "folder": "folder", "per_class": "3", "seed": "7", "clock": "24",
         "pages": None}, {}
    ),
    "neurobench mackey-glass": (
        {"tau": "17", "repeats": "3", "on_board": "0", "pages": None}, {}
    ),
    "neurobench cart-pole": (
        {"step": "5,10", "episodes": "3", "seed": "7", "board": "none", "pages": None},
        {"port": "does not apply to anything but a real board; name that by --board"},
    ),
    "neurobench detection": (
        {"scenes": "20", "tested": "50", "network": "2C3p1-6C3p1", "epochs": "2", "seed": "7",
         "on_board": "0", "pages": None}, {}
    ),
    "neurobench cart-pole --board ulx3s-85f --port /dev/x": ({"seed": "7"}, {}),
    "neurobench primate-reaching": (
        {"recording": "loco_20170210_03", "folder": "there", "train_share": "0.8", "seeds": "7",
         "epochs": "3", "on_board": "0", "place": None, "pages": None, "synthetic": None}, {}
    ),
    "neurobench primate-reaching --synthetic": (
        {"seeds": "7"},
        every(("recording", "folder"), "does not apply to --synthetic, whose recordings are made"),
    ),
    "neurobench keyword-fscil": (
        {"rehearsal": None, "folder": "there", "shots": "1", "repeats": "2", "epochs": "3",
         "seed": "7", "on_board": "0", "pages": None}, {}
    ),
    "neurobench submit qubo": (
        {"folder": "there", "quick": None, "rehearsal": None, "organisation": "me",
         "availability": "Preview", "configuration": "Efficiency"}, {}
    ),
    "neurobench check net.spw": ({"repeat": None}, {}),
    "boards": ({"plain": None}, {}),
    "cores": ({"plain": None}, {}),
    "doctor": ({}, {}),
    "new-core gate": (
        {"family": "engine"}, every(NEURON, NO_NEURON)
    ),
    "new-core cell EQUATIONS": (
        {"equations": "dw/dt = v - w", **{
            name: value for name, value in NEURON.items() if name != "readout"
        }},
        {"family": "does not apply to a neuron, whose family is neuron; leave it out"},
    ),
    "new-core cell --equations dv/dt=i-v --readout": (
        {}, every(("threshold", "reset", "refractory"), "does not apply to a readout, which never")
    ),
}
