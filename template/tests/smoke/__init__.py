"""Tests of a deployed environment that change nothing in it; `make smoke ENV=` runs them."""
