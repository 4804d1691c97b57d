#!/bin/sh
# Set up the virtual environment .venv of this checkout: sh bootstrap.sh STAMP
# The stamp is written last, so a set-up that failed or was interrupted is done again.
set -eu

stamp=${1:-.venv/.complete}
cd "$(dirname "$0")"

# What the system must have; everything else comes from the package registry.
missing=""
python=""
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    missing="$missing
  Python 3.11 or newer: apt-get install python3 python3-venv (Debian 12 or newer)"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    missing="$missing
  Python's venv module: apt-get install python3-venv"
fi
if ! command -v c++ >/dev/null && ! command -v g++ >/dev/null && ! command -v clang++ >/dev/null
then
    missing="$missing
  a C++ compiler, for the virtual board and the simulations: apt-get install g++"
fi
command -v make >/dev/null || missing="$missing
  make, for the same: apt-get install make"
command -v perl >/dev/null || missing="$missing
  perl, which starts Verilator: apt-get install perl"
if [ -n "$missing" ]; then
    echo "Spikewright cannot be set up; this system lacks (commands for Debian):$missing" >&2
    exit 1
fi

rm -f "$stamp"
echo "Setting up .venv (some minutes the first time) ..."
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]' || {
    echo "Spikewright is not set up: a package could not be installed (see above); try again." >&2
    exit 1
}

# Frameworks whose networks are imported, and NeuroBench's harness, for the tests that compare with
# them. Without their dependencies: these are torchvision, torchaudio, tensorboard and others, which nothing here uses
# and of which some must be built like torch. What is used of them comes with the extra above.
.venv/bin/python -m pip install --quiet --constraint constraints.txt --no-deps neurobench norse spikingjelly || {
    echo "Spikewright is not set up: a package could not be installed (see above); try again." >&2
    exit 1
}

# FuseSoC calls Verilator by name; a system Verilator that is new enough goes first. Where the
# checkout's path has a space or a sign, its command has several words.
verilator=$(.venv/bin/python -c 'from spikewright.tools import require; print(require("verilator").shell)')
if [ "$verilator" != "$(command -v verilator)" ]; then
    rm -f .venv/bin/verilator
    if [ -x "$verilator" ]; then
        ln -s "$verilator" .venv/bin/verilator
    else
        printf '#!/bin/sh\nexec %s "$@"\n' "$verilator" >.venv/bin/verilator
        chmod +x .venv/bin/verilator
    fi
fi

# FuseSoC does not look for cores here.
mkdir -p build
touch .venv/FUSESOC_IGNORE build/FUSESOC_IGNORE

touch "$stamp"
