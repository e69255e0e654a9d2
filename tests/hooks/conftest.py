"""A bare Jinja environment, set up as Copier does, for calling the macros of hooks/ directly."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

REPOSITORY = Path(__file__).parents[2]


class Call(Protocol):
    """Call a macro: `call("names", "slug", "My service")` renders `hooks/names.jinja`'s `slug`."""

    def __call__(self, module: str, macro: str, *arguments: Any, **context: Any) -> str:
        """Return what the macro renders; keyword arguments are the answers it may read."""


@pytest.fixture(scope="session")
def call() -> Call:
    """Render macros without Copier: fast enough for thousands of examples."""
    settings = yaml.safe_load((REPOSITORY / "copier.yml").read_text())["_envops"]
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(REPOSITORY),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        **{**settings, "undefined": StrictUndefined},
    )

    def render(module: str, macro: str, *arguments: Any, **context: Any) -> str:
        names = [f"_{index}" for index in range(len(arguments))]
        template = environment.from_string(
            f"{{% from 'hooks/{module}.jinja' import {macro} with context %}}"
            f"{{{{ {macro}({', '.join(names)}) }}}}"
        )
        return template.render(dict(zip(names, arguments, strict=True)), **context).strip()

    return render
