"""The practices of docs/practices.yml as checks; importing this package registers all of them."""

from tests.conformance.checks import (  # noqa: F401 -- registered by import
    access,
    cache,
    data,
    failures,
    limits,
    monitoring,
    releases,
    service,
    stages,
)
from tests.conformance.checks.registry import CHECKS, Check, Service

__all__ = ["CHECKS", "Check", "Service"]
