"""Tests against the emulator that `make local` started; `make integration` runs them."""
