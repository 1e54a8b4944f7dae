"""Recell beside its peers, all measured in one run by `python -m benchmarks`. benchmarks/README.md says what and how.

Modules that a peer's own interpreter imports (`workloads`, `worker`, `engines`) hold to Python 3.7, the last
one that TensorFlow 1.15 runs on.
"""
