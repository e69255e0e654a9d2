"""Tests of the template. See "Tests" in docs/ and the Makefile's `help`."""
