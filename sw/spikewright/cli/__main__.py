"""``python -m spikewright.cli`` is the command ``spikewright``."""

import sys

from . import main

__all__: list[str] = []

sys.exit(main())
