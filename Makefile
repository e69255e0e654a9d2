# `make help` lists what there is. Needed beforehand: Python 3.11 or newer, git and make.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The newest interpreter that runs: 3.13 can run every test, and the others what needs no emulator.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
UV_VERSION := $(shell sed -n 's/.*"uv==\([0-9.]*\)".*/\1/p' pyproject.toml)
UV := .cache/uv/bin/uv
JOBS ?= 2
TESTS ?= tests

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16
	@echo "  make new DEST=../my-service [DEFAULTS=1] [ARGS='--data project_name=\"My service\"']"

.PHONY: new
new: .venv/run ## answer the questions, get a repository: DEST=folder, DEFAULTS=1 asks nothing
	@.venv/bin/python scripts/new.py

.PHONY: test
test: lint ## everything that CI checks: JOBS=2 processes, TESTS=tests/lint for a part
	@.venv/bin/python -m pytest -n $(JOBS) --dist=loadgroup --durations=15 --evidence $(TESTS)

.PHONY: lint
lint: .venv/dev ## format, rules and types of this repository's own Python
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

.PHONY: matrix
matrix: .venv/dev ## the matrix alone, with its figures
	@.venv/bin/python -m tests.matrix

.PHONY: deep
deep: .venv/dev ## the long forms of the tests
	@.venv/bin/python -m pytest -n $(JOBS) --dist=loadgroup --durations=15 -m deep $(TESTS)

.PHONY: evidence
evidence: test ## run every test and write docs/practices.md from what they proved
	@.venv/bin/python -m tests.evidence

.PHONY: bench
bench: .venv/dev ## measure, print, and write docs/benchmarks.md
	@.venv/bin/python -m tests.benchmarks

.PHONY: docs
docs: .venv/dev ## write docs/questions.md from the questions
	@.venv/bin/python -m tests.questions

.PHONY: clean
clean: ## remove what the other targets made here
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis

# uv of one version, in an environment of its own since it rebuilds .venv.
$(UV): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none is on PATH" >&2; exit 1; }
	@echo "Setting up uv $(UV_VERSION) with $(PYTHON)"
	@"$(PYTHON)" -m venv .cache/uv || { echo "python3 -m venv failed; on Debian: apt install python3-venv" >&2; exit 1; }
	@.cache/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'
	@touch $(UV)

SYNC = env -u VIRTUAL_ENV $(UV) sync --quiet --locked --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"

# What rendering needs; leaves the rest of an environment that has more.
.venv/run: $(UV) uv.lock
	@echo "Setting up .venv"
	@$(SYNC) --no-dev --inexact
	@touch .venv/run

.venv/dev: $(UV) uv.lock
	@echo "Setting up .venv with the tools of the tests"
	@$(SYNC)
	@touch .venv/dev .venv/run
