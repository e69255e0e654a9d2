"""Practices as tests: a reader per IaC tool, one model, one check per practice.

A tool's output is read into `model.Infrastructure` (`sam.read`), each check of `checks.py` compares
that with what was answered (the `service` value of hooks/service.jinja), and `mutations.py` holds a
broken fixture for each check.
"""
