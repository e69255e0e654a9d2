"""Tests: `unit` without AWS, `integration` against the emulator, `smoke` against what is deployed."""
