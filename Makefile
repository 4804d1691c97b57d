# Names only: each recipe is a command that can be typed as well, after `. .venv/bin/activate`.
# CORE=name narrows test, sim, formal and verilog to one core.

# No script that pip writes is started: where the path has a space and a `$`, none of them starts.
BIN := .venv/bin
SPIKEWRIGHT := $(BIN)/python -m spikewright.cli
STAMP := .venv/.complete
CORE :=

# Tests and testbenches start Python by the hundred: without bytecode, each compiles the sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test sim formal lint verilog resources notebooks bench-boards bench-link doctor clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile

setup: $(STAMP) ## the virtual environment alone (the others make it when needed)

run: $(STAMP) ## the main job: train, quantise, build, run, compare, report
	$(SPIKEWRIGHT) run

test: $(STAMP) ## tests of everything but the simulations and proofs (WHOLE=1: slow ones, too; COVERAGE=1)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(if $(filter-out 0,$(COVERAGE)),--coverage )$(if $(CORE),tests/hw/test_$(CORE).py tests/test_house.py,$(if $(WHOLE),,-m "not slow") tests)

sim: $(STAMP) ## testbenches of the cores (WHOLE=1: every preset on both simulators, for longer)
	$(BIN)/python -m pytest -n 2 --dist worksteal sim $(if $(CORE),--core $(CORE))

formal: $(STAMP) ## proofs of the cores (WHOLE=1: also the long ones, and what others imply)
	$(BIN)/python formal/run.py $(if $(filter-out 0,$(WHOLE)),--all) $(CORE)

lint: $(STAMP) ## ruff, pyright, and whether the generated pages are current
	$(BIN)/python -m ruff check .
	$(BIN)/python -m pyright
	$(SPIKEWRIGHT) pages --check

verilog: $(STAMP) ## Verilog of the cores, into build/verilog
	$(SPIKEWRIGHT) emit $(or $(CORE),--all)

resources: $(STAMP) ## size and speed of the cores on each family, into docs/resources.md
	$(SPIKEWRIGHT) resources

notebooks: $(STAMP) ## run the notebooks of docs (after `make run`, whose results they use)
	$(BIN)/python docs/notebooks/run.py

bench-boards: $(STAMP) ## the digits on a virtual board of each family, and their bitstreams (TASK=mnist)
	$(SPIKEWRIGHT) bench boards --place --pages $(if $(TASK),--task $(TASK))

bench-link: $(STAMP) ## noise, spoiled frames, a pulled cable on the link of a virtual board
	$(SPIKEWRIGHT) bench link

doctor: $(STAMP) ## which tools were found, and what each missing one costs
	$(SPIKEWRIGHT) doctor

clean: ## remove what was generated; the virtual environment stays
	rm -rf build

$(STAMP): pyproject.toml constraints.txt bootstrap.sh
	sh bootstrap.sh $@
