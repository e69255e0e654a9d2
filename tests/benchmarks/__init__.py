"""Measurements: `python -m tests.benchmarks` prints them and writes docs/benchmarks.md."""
