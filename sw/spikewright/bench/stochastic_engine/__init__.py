"""``spikewright bench stochastic``, part by part."""
