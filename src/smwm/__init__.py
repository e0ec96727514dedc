"""Sensorimotor world models: a replication workflow for arXiv 2606.20104."""

__version__ = "0.1.0"
