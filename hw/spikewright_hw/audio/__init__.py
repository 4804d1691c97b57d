"""Ears of a network: sound as spikes of neurons that listen to bands of frequency."""
