"""Neurons that bitstreams drive."""
