"""What is public, by theme, and where it is defined.

The package reads it for its exports, type checkers for their types, and ``spikewright pages`` for
``docs/api.md``, where each string below is a heading.
"""

"""Tasks: samples and labels, split for training and test."""

from spikewright.task.data_file import load_data as load_data
from spikewright.task.from_tonic import from_tonic as from_tonic
from spikewright.task.known import load_task as load_task
from spikewright.task.task import Task as Task
from spikewright.task.validation import validation as validation

"""Coding: from samples to spikes."""

from spikewright.coding.coding import Coding as Coding
from spikewright.coding.coding import decode as decode
from spikewright.coding.coding import encode as encode
from spikewright.coding.delta import Delta as Delta
from spikewright.coding.direct import Direct as Direct
from spikewright.coding.encoder import Encoder as Encoder
from spikewright.coding.events import Events as Events
from spikewright.coding.filter_bank import FilterBankCoding as FilterBankCoding
from spikewright.coding.known import CODINGS as CODINGS
from spikewright.coding.known import coding_of as coding_of
from spikewright.coding.log_latency import LogLatency as LogLatency
from spikewright.coding.output_scale import OutputScale as OutputScale
from spikewright.coding.population import Population as Population
from spikewright.coding.rate import Rate as Rate
from spikewright.coding.selected import Selected as Selected
from spikewright.coding.spikes import Spikes as Spikes
from spikewright.coding.ttfs import Ttfs as Ttfs

"""Training: from a task to a network in integers."""

from spikewright.job.input_selection import select_inputs as select_inputs
from spikewright.job.training import train as train
from spikewright.network.augmentation import Augmentation as Augmentation
from spikewright.network.config_fields import with_fields as with_fields
from spikewright.network.delays import DelayLinear as DelayLinear
from spikewright.network.event_net import EventNet as EventNet
from spikewright.network.event_net import time_loss as time_loss
from spikewright.network.losses import first_spike_loss as first_spike_loss
from spikewright.network.losses import l1_activity as l1_activity
from spikewright.network.losses import l2_activity as l2_activity
from spikewright.network.losses import membrane_loss as membrane_loss
from spikewright.network.losses import spike_count_loss as spike_count_loss
from spikewright.network.losses import spike_rate_loss as spike_rate_loss
from spikewright.network.losses import tet_loss as tet_loss
from spikewright.network.model_config import ModelConfig as ModelConfig
from spikewright.network.phases import Progress as Progress
from spikewright.network.retraining import retraining_config as retraining_config
from spikewright.network.spiking_net import SpikingNet as SpikingNet
from spikewright.network.training_config import Phase as Phase
from spikewright.network.training_config import TrainingConfig as TrainingConfig
from spikewright.network.training_config import training_config as training_config

"""Networks from elsewhere: in real numbers, of a framework of PyTorch or of NIR."""

from spikewright.exchange.activations import QCFS as QCFS
from spikewright.exchange.convert import Conversion as Conversion
from spikewright.exchange.convert import ConvertedLayer as ConvertedLayer
from spikewright.exchange.convert import convert as convert
from spikewright.exchange.from_nir import from_nir as from_nir
from spikewright.exchange.from_torch import from_torch as from_torch
from spikewright.exchange.module_file import load_module as load_module
from spikewright.exchange.module_file import module_samples as module_samples
from spikewright.exchange.to_nir import to_nir as to_nir
from spikewright.network.find_saturation import find_saturation as find_saturation
from spikewright.network.fold_coding import fold_coding as fold_coding
from spikewright.network.post_training import PostTraining as PostTraining
from spikewright.network.post_training import quantize as quantize
from spikewright.network.quantization import LayerFit as LayerFit
from spikewright.network.quantization import Quantization as Quantization
from spikewright.network.real_layer import RealLayer as RealLayer
from spikewright.network.real_network import RealNetwork as RealNetwork
from spikewright.network.real_network import in_reals as in_reals
from spikewright.network.real_run import RealRun as RealRun
from spikewright.network.real_run import run_real as run_real
from spikewright.network.saturation import Saturation as Saturation
from spikewright.network.saturation import StateEnd as StateEnd
from spikewright.network.saturation import Witness as Witness
from spikewright.quantized.from_reals import quantize_on_task as quantize_on_task
from spikewright.quantized.saturation import check_saturation as check_saturation

"""Networks: their file, and what it holds."""

from spikewright.quantized.from_net import from_net as from_net
from spikewright.quantized.layer_report import layer_fits as layer_fits
from spikewright.quantized.layer_report import print_layers as print_layers
from spikewright.quantized.network import Provenance as Provenance
from spikewright.quantized.network import QuantizedNetwork as QuantizedNetwork
from spikewright.quantized.spw import read as read
from spikewright.quantized.spw import write as write
from spikewright_hw.connection import Connection as Connection
from spikewright_hw.connection import Convolution as Convolution
from spikewright_hw.connection import Dense as Dense
from spikewright_hw.connection import FeatureMap as FeatureMap
from spikewright_hw.connection import Joined as Joined
from spikewright_hw.connection import Pooled as Pooled
from spikewright_hw.fixed import Format as Format
from spikewright_hw.network import Layer as Layer
from spikewright_hw.network import Network as Network
from spikewright_hw.network_name import named_layers as named_layers
from spikewright_hw.origin import Origin as Origin

"""Neurons: those there are, and one of your own from its equations."""

from spikewright.equations.compile import Compiled as Compiled
from spikewright.equations.compile import compile_equations as compile_equations
from spikewright.equations.specification import Specification as Specification
from spikewright.scaffold.new_core import new_core as new_core
from spikewright.scaffold.new_neuron import new_neuron as new_neuron
from spikewright_hw.neuron import DEFINITIONS as DEFINITIONS

"""References: what gateware is checked against, bit for bit."""

from spikewright.gateware.design import run_reference as run_reference
from spikewright.network.reference import LayerRun as LayerRun
from spikewright.network.reference import Run as Run

"""Designs: which engine a network runs on, and how large."""

from spikewright_hw.engine.design import Design as Design
from spikewright_hw.engine.design import EventDesign as EventDesign
from spikewright_hw.engine.design import StochasticDesign as StochasticDesign
from spikewright_hw.engine.streams import Streams as Streams

"""Gateware: Verilog, bitstreams, and the engine in process."""

from spikewright.bench.resources import resources as resources
from spikewright.device.simulation import simulate as simulate
from spikewright.gateware.bitstream import Bitstream as Bitstream
from spikewright.gateware.bitstream import build_bitstream as build_bitstream
from spikewright.gateware.board import BOARDS as BOARDS
from spikewright.gateware.board import Board as Board
from spikewright.gateware.board import board_named as board_named
from spikewright.gateware.certificate import CheckedCertificate as CheckedCertificate
from spikewright.gateware.certificate import check_certificate as check_certificate
from spikewright.gateware.emit import emit as emit
from spikewright.gateware.emit import emit_cores as emit_cores
from spikewright.gateware.highest_clock import HighestClock as HighestClock
from spikewright.gateware.highest_clock import Try as Try
from spikewright.gateware.highest_clock import build_at_highest_clock as build_at_highest_clock
from spikewright.gateware.plan import write_plan as write_plan
from spikewright_hw.cores import CORES as CORES

"""Boards: virtual by default, or at a serial port."""

from spikewright.device.answers import Answers as Answers
from spikewright.device.answers import Inference as Inference
from spikewright.device.board_power import board_power as board_power
from spikewright.device.boards import open_board as open_board
from spikewright.device.demo import virtual_demo as virtual_demo
from spikewright.device.gateware_probe import GatewareProbe as GatewareProbe
from spikewright.device.i2c_probe import I2cBus as I2cBus
from spikewright.device.i2c_probe import Ina219 as Ina219
from spikewright.device.i2c_probe import Ina226 as Ina226
from spikewright.device.joulescope_probe import Joulescope as Joulescope
from spikewright.device.memory_faults import Faults as Faults
from spikewright.device.memory_faults import Flip as Flip
from spikewright.device.memory_faults import Memory as Memory
from spikewright.device.memory_faults import draw_flips as draw_flips
from spikewright.device.memory_faults import weight_flip as weight_flip
from spikewright.device.piped import pipe_port as pipe_port
from spikewright.device.power import Power as Power
from spikewright.device.power import measure_power as measure_power
from spikewright.device.power import power_of_csv as power_of_csv
from spikewright.device.probe import Probe as Probe
from spikewright.device.probe_choice import ProbeChoice as ProbeChoice
from spikewright.device.served import virtual_port as virtual_port
from spikewright.device.session import Session as Session
from spikewright_hw.engine.record import Result as Result
from spikewright_hw.engine.record import Trace as Trace

"""Results: compared value by value, and reported with their provenance."""

from spikewright.job.compare import Comparison as Comparison
from spikewright.job.compare import compare as compare
from spikewright.job.harness import run_harness as run_harness
from spikewright.job.measured_power import power_figures as power_figures
from spikewright.job.measured_power import print_power as print_power
from spikewright.job.measured_power import with_power as with_power
from spikewright.job.neurobench import TASKS as TASKS
from spikewright.job.neurobench import BenchmarkResult as BenchmarkResult
from spikewright.job.neurobench import BenchmarkTask as BenchmarkTask
from spikewright.job.neurobench import compute_metrics as compute_metrics
from spikewright.job.observations import make_report as make_report
from spikewright.record.algorithm import AlgorithmMetrics as AlgorithmMetrics
from spikewright.record.check import check_reports as check_reports
from spikewright.record.check import report_faults as report_faults
from spikewright.record.comparison import compare_reports as compare_reports
from spikewright.record.figure import Figure as Figure
from spikewright.record.report import Report as Report
from spikewright.record.store import read_report as read_report
from spikewright.record.store import report_names as report_names
from spikewright.record.store import write_report as write_report
from spikewright.record.stored import report_name as report_name
from spikewright.record.system_record import Submitter as Submitter

"""Jobs: what the commands of the same names do as a whole."""

from spikewright.bench.boards import bench_boards as bench_boards
from spikewright.bench.engine.bench import bench_engine as bench_engine
from spikewright.bench.link import bench_link as bench_link
from spikewright.bench.neurons import bench_neurons as bench_neurons
from spikewright.bench.reference import Speed as Speed
from spikewright.bench.reference import bench_reference as bench_reference
from spikewright.bench.sizes import bench_sizes as bench_sizes
from spikewright.bench.stochastic_engine.bench import bench_stochastic as bench_stochastic
from spikewright.bench.training import bench_training as bench_training
from spikewright.bench.training_seeds import bench_training_seeds as bench_training_seeds
from spikewright.bench.training_speed import bench_training_speed as bench_training_speed
from spikewright.doctor import Finding as Finding
from spikewright.doctor import examine_tools as examine_tools
from spikewright.exploration.axes import AXES as AXES
from spikewright.exploration.axes import Range as Range
from spikewright.exploration.axes import value_of as value_of
from spikewright.exploration.explore import Exploration as Exploration
from spikewright.exploration.explore import explore as explore
from spikewright.job.board_estimate import BoardEstimate as BoardEstimate
from spikewright.job.demo import DemoRun as DemoRun
from spikewright.job.demo import demo_samples as demo_samples
from spikewright.job.demo import run_demo as run_demo
from spikewright.job.estimate import Estimate as Estimate
from spikewright.job.estimate import LayerEstimate as LayerEstimate
from spikewright.job.estimate import estimate as estimate
from spikewright.job.estimate import print_estimate as print_estimate
from spikewright.job.fit import Choice as Choice
from spikewright.job.fit import Fit as Fit
from spikewright.job.fit import fit_design as fit_design
from spikewright.job.fit_shown import show_fit as show_fit
from spikewright.job.known_task import known_task as known_task
from spikewright.job.run import build_job as build_job
from spikewright.job.run import main_job as main_job
from spikewright.job.run import plan_job as plan_job
from spikewright.job.run_options import RunOptions as RunOptions

"""Benchmarks that end in a report: what runs each of those below."""

from spikewright.record.benchmark import Benchmark as Benchmark
from spikewright.record.benchmark import Outcome as Outcome
from spikewright.record.benchmark import run_benchmark as run_benchmark

"""Graphs: independent sets, and NeuroBench's QUBO benchmark."""

from spikewright.qubo.benchmark import QuboBenchmark as QuboBenchmark
from spikewright.qubo.benchmark import print_qubo_answer as print_qubo_answer
from spikewright.qubo.benchmark import print_qubo_solution as print_qubo_solution
from spikewright.qubo.bitstream import build_qubo_bitstream as build_qubo_bitstream
from spikewright.qubo.board import QuboAnswer as QuboAnswer
from spikewright.qubo.board import QuboSession as QuboSession
from spikewright.qubo.board import open_qubo_board as open_qubo_board
from spikewright.qubo.graph import Graph as Graph
from spikewright.qubo.graph import read_graph as read_graph
from spikewright.qubo.placed import place_qubo_solver as place_qubo_solver
from spikewright.qubo.solve import QuboSolution as QuboSolution
from spikewright.qubo.solve import QuboSolver as QuboSolver
from spikewright.qubo.solve import solve_qubo as solve_qubo
from spikewright.qubo.workload import QuboWorkload as QuboWorkload
from spikewright.qubo.workload import qubo_workloads as qubo_workloads
from spikewright.qubo.workload import random_graph as random_graph
from spikewright.scenes.benchmark import AscBenchmark as AscBenchmark
from spikewright_hw.qubo.search import QuboSearch as QuboSearch

"""Heartbeats of MIT-BIH, between patients and at random."""

from spikewright.heartbeats.benchmark import HeartbeatBenchmark as HeartbeatBenchmark
from spikewright.heartbeats.split import load_heartbeats as load_heartbeats

"""Primate reaching: NeuroBench's benchmark, and made recordings."""

from spikewright.reaching.benchmark import PrimateReachingBenchmark as PrimateReachingBenchmark
from spikewright.reaching.decoder import decoder_task as decoder_task
from spikewright.reaching.recording import Recording as Recording
from spikewright.reaching.recording import read_recording as read_recording
from spikewright.reaching.synthetic import Synthetic as Synthetic
from spikewright.reaching.synthetic import synthetic_recording as synthetic_recording

"""Words learned from a few recordings: NeuroBench's few-shot class-incremental task."""

from spikewright.keywords.benchmark import KeywordBenchmark as KeywordBenchmark

"""Forecasts: NeuroBench's Mackey-Glass benchmark."""

from spikewright.forecast.benchmark import MackeyGlassBenchmark as MackeyGlassBenchmark
from spikewright.forecast.fit import fit_forecaster as fit_forecaster
from spikewright.forecast.forecaster import Forecaster as Forecaster
from spikewright.forecast.forecaster import forecasts as forecasts
from spikewright.forecast.forecaster import lags_of as lags_of
from spikewright.forecast.protocol import smape as smape
from spikewright.forecast.series import MackeyGlass as MackeyGlass
from spikewright.forecast.series import mackey_glass as mackey_glass

"""Closed loop: cart and pole."""

from spikewright.control.benchmark import CartPoleBenchmark as CartPoleBenchmark
from spikewright.control.benchmark import cart_pole_network as cart_pole_network
from spikewright.control.cart_pole import CartPole as CartPole
from spikewright.control.cart_pole import cart_pole_start as cart_pole_start

"""Detection: objects before an event camera."""

from spikewright.detection.benchmark import DetectionBenchmark as DetectionBenchmark
from spikewright.detection.precision import AveragePrecision as AveragePrecision
from spikewright.detection.precision import average_precision as average_precision
from spikewright.detection.precision import labelled_frames as labelled_frames
from spikewright.detection.prophesee import BOX as BOX
from spikewright.detection.prophesee import DetectionRecording as DetectionRecording
from spikewright.detection.prophesee import detection_recordings as detection_recordings
from spikewright.detection.prophesee import read_boxes as read_boxes
from spikewright.detection.prophesee import read_dat as read_dat
from spikewright.detection.shapes import Scene as Scene
from spikewright.detection.shapes import moving_shapes as moving_shapes

"""Submissions to NeuroBench."""

from spikewright.submission.audit import check_submission as check_submission
from spikewright.submission.audit import submission_faults as submission_faults
from spikewright.submission.submit import submit as submit

"""Errors: each a sentence that says what was wrong, where, and what to do."""

from spikewright.equations.place import EquationError as EquationError
from spikewright.errors import BuildError as BuildError
from spikewright.errors import DataError as DataError
from spikewright.errors import DeviceError as DeviceError
from spikewright.errors import NetworkFileError as NetworkFileError
from spikewright.errors import ReportError as ReportError
from spikewright.errors import SpikewrightError as SpikewrightError
from spikewright.errors import SpikewrightWarning as SpikewrightWarning
from spikewright.errors import StorageError as StorageError
from spikewright.errors import ToolError as ToolError
from spikewright.errors import TrainingError as TrainingError
from spikewright.gateware.closing import ClockMissed as ClockMissed
from spikewright_hw.layer import NetworkError as NetworkError

__all__: list[str]
__version__: str
