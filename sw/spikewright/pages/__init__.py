"""``spikewright pages``: what is generated on the pages of the cores."""
