"""Validation of a rendered pipeline, fast enough for every combination.

Schemas, actionlint, zizmor and cfn-lint for the form; `checks` and `policies` for D01-D06. Equal
files are judged once in a process.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema

from tests.pipeline import checks, github, policies
from tests.pipeline.actionlint import actionlint
from tests.pipeline.model import Wanted
from tests.support.cloudformation import DIRECT_BYTES, lint
from tests.support.tools import need, run

if TYPE_CHECKING:
    from pathlib import Path


OWN = (
    ".github",
    "docs/pipeline.md",
    "renovate.json",
    "scripts/artifact.py",
    "scripts/bootstrap.py",
    "scripts/github.py",
)
"""What only a project with a pipeline has."""


def findings(project_dir: Path) -> list[str]:
    """What is wrong with the pipeline of a rendered project, one line each; [] without one."""
    there = (project_dir / "pipeline").exists()
    return (form(project_dir) if there else []) or rules(project_dir)


def form(project_dir: Path) -> list[str]:
    """What schemas and linters find in the pipeline's files, whatever these are for."""
    return [*workflows(project_dir), *bootstrap(project_dir)]


def workflows(project_dir: Path) -> list[str]:
    """What schemas and linters find in the workflows and in Renovate's settings."""
    return [
        *_schemas(project_dir),
        *actionlint(_workflows(project_dir)),
        *zizmor(project_dir),
    ]


def rules(project_dir: Path) -> list[str]:
    """Where the pipeline is not what was asked for, or its roles can do too much: D01-D06."""
    if not (project_dir / "pipeline").exists():
        return _traces(project_dir)
    wanted = asked(project_dir)
    return [*checks.findings(github.read(project_dir), wanted), *_roles(project_dir, wanted)]


def _traces(project: Path) -> list[str]:
    """What should not be there without a pipeline."""
    return [f"{name} without a pipeline" for name in OWN if (project / name).exists()]


def asked(project: Path) -> Wanted:
    """What the project's stored answers ask of its pipeline."""
    text = (project / ".copier-answers.yml").read_text(encoding="utf-8")
    answers = cast("dict[str, Any]", yaml.safe_load(text))
    boundary = answers.get("permissions_boundary", "").partition(":policy/")[2]
    if answers["alias_strategy"] == "dev-prod":
        return Wanted(
            slug=answers["project_slug"],
            environments=("dev", "prod"),
            regions=(answers["aws_region"],) * 2,
            branch=answers["default_branch"],
            alias=True,
            stack="shared",
            boundary=boundary,
        )
    environments = answers["environments"]
    if isinstance(environments, str):
        environments = yaml.safe_load(environments)
    return Wanted(
        slug=answers["project_slug"],
        environments=tuple(environment["name"] for environment in environments),
        regions=tuple(
            environment.get("region", answers["aws_region"]) for environment in environments
        ),
        branch=answers["default_branch"],
        alias=answers["alias_strategy"] != "none",
        boundary=boundary,
    )


def _workflows(project: Path) -> dict[str, str]:
    folder = project / ".github" / "workflows"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml"))}


@cache
def _validator(name: str) -> Any:
    schema = get_builtin_schema(name)
    return jsonschema.validators.validator_for(schema)(schema)


def schema_findings(schema: str, name: str, document: object) -> list[str]:
    """What one of check-jsonschema's schemas finds in a document: `name $.path: message`."""
    return [
        f"{name} {error.json_path}: {error.message}"
        for error in _validator(schema).iter_errors(document)
    ]


def _schemas(project: Path) -> list[str]:
    """By the schemas of GitHub's workflows and of Renovate."""
    updates = json.loads((project / "renovate.json").read_text(encoding="utf-8"))
    found = schema_findings("vendor.renovate", "renovate.json", updates)
    for name, document in github.documents(project).items():
        found += schema_findings("vendor.github-workflows", name, document)
    return found


def zizmor(project: Path) -> list[str]:
    """What zizmor finds, the pedantic rules too; as it prints it."""
    done = run(
        [need("zizmor"), "--offline", "--pedantic", "--quiet", "--format", "json", "."],
        project,
        check=False,
    )
    if done.returncode not in {0, 11, 12, 13, 14}:
        return [f"zizmor: {done.stderr.strip()}"]
    return [
        f"zizmor {finding['ident']}: {finding['desc']} ({_place(finding)})"
        for finding in json.loads(done.stdout)
        if not finding["ignored"]
    ]


def _place(finding: dict[str, Any]) -> str:
    symbolic = finding["locations"][0]["symbolic"]
    return json.dumps(symbolic["key"])


def bootstrap(project: Path) -> list[str]:
    """The stack that makes the roles: its size, and cfn-lint in each Region."""
    found = []
    size = len((project / "pipeline" / "bootstrap.yaml").read_bytes())
    if size > DIRECT_BYTES:
        found.append(f"bootstrap.yaml has {size} bytes, and a call takes {DIRECT_BYTES}")
    found += lint(policies.load(project), *dict.fromkeys(asked(project).regions))
    return list(dict.fromkeys(found))


def _roles(project: Path, wanted: Wanted) -> list[str]:
    """What the roles of each environment can do."""
    template = policies.load(project)
    found: list[str] = []
    if wanted.stack:
        place = policies.Place(
            wanted.slug,
            wanted.stack,
            wanted.regions[0],
            guards=wanted.environments,
            answered_boundary=wanted.boundary,
        )
        return policies.findings(template, place)
    for environment, region in zip(wanted.environments, wanted.regions, strict=True):
        place = policies.Place(wanted.slug, environment, region, answered_boundary=wanted.boundary)
        found += policies.findings(template, place)
    return list(dict.fromkeys(found))
