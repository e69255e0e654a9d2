"""Read a rendered SAM project: SAM's own translator in process, then the CloudFormation reader.

The translator is what CloudFormation runs for `Transform: AWS::Serverless-2016-10-31`, so what is
read is what would be deployed: generated roles, versions, aliases and permissions included.
"""

from __future__ import annotations

import copy
import logging
import os
import tomllib
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from samtranslator.translator import translator
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import intrinsics_multi_constructor

from tests.conformance import cloudformation, stages
from tests.conformance.intrinsics import Pseudo, UnreadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.conformance import model

TOOL = "sam"

_LOCAL_CODE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}

logging.getLogger("samtranslator").setLevel(logging.CRITICAL)  # it warns of its own feature toggles

# A third of a translation is the validation of the translator's own list of policy templates.
translator.make_policy_template_for_function_plugin = cache(
    translator.make_policy_template_for_function_plugin
)


class _NoManagedPolicies:
    """The translator's source of managed policies; a template that names one by name is refused."""

    def load(self) -> dict[str, str]:
        """Name -> ARN."""
        return {}


@contextmanager
def _region(name: str) -> Iterator[None]:
    """The translator asks boto for the region to find the partition; never for credentials."""
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = before


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with CloudFormation's tags, where a key written twice is an error: PyYAML keeps the
    last one and forgets what was written before it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """As PyYAML, unless a key comes twice; raises UnreadError then."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise UnreadError(f"line {key.start_mark.line + 1}: {key.value} is there twice")
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


@lru_cache(maxsize=4)
def parse(text: str) -> dict[str, Any]:
    """A template with packages where `sam package` would have put them; not to be changed.

    Raises UnreadError for a key that is written twice.
    """
    template: dict[str, Any] = yaml.load(text, _Loader)
    for logical_id, resource in template["Resources"].items():
        key = _LOCAL_CODE.get(resource["Type"])
        if key:
            resource.setdefault("Properties", {})[key] = f"s3://artifacts/{logical_id}"
    return template


def translate(
    text: str,
    parameters: Mapping[str, str],
    region: str,
    packages: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Plain CloudFormation of a SAM template for one set of parameters.

    `text` is template.yaml, `packages` the S3 URI of a package by logical id, where it matters.
    Raises samtranslator's InvalidDocumentException for a bad template and UnreadError for a key
    that is written twice.
    """
    template = copy.deepcopy(parse(text))
    for logical_id, uri in (packages or {}).items():
        resource = template["Resources"][logical_id]
        resource["Properties"][_LOCAL_CODE[resource["Type"]]] = uri
    with _region(region):
        result: dict[str, Any] = transform(template, dict(parameters), _NoManagedPolicies())
    return result


def files(project: Path) -> list[Path]:
    """What the stacks depend on, and so what a cache has to know."""
    return [project / "template.yaml", project / "samconfig.toml"]


def deploy_parameters(project: Path, environment: str) -> Mapping[str, Any]:
    """What `sam deploy --config-env <environment>` reads from samconfig.toml: its own section over
    the default one."""
    configuration = tomllib.loads((project / "samconfig.toml").read_text())
    merged: dict[str, Any] = {}
    for name in ("default", environment):
        section = configuration.get(name, {})
        for command in ("global", "deploy"):
            merged |= section.get(command, {}).get("parameters", {})
    return merged


def stack_tags(parameters: Mapping[str, Any]) -> dict[str, str]:
    """`tags` of samconfig.toml, a list or a string of key=value."""
    written = parameters.get("tags", [])
    items = written.split() if isinstance(written, str) else written
    return {key: value.strip('"') for key, _, value in (item.partition("=") for item in items)}


def read(
    project: Path, service: Mapping[str, Any], environment: str, **parameters: str
) -> tuple[model.Infrastructure, dict[str, Any]]:
    """(infrastructure, translated template) of one environment of a rendered project.

    `parameters` are template parameters besides Environment, such as PermissionsBoundary.
    """
    region = next(e["region"] for e in service["environments"] if e["name"] == environment)
    text = (project / "template.yaml").read_text()
    given = {"Environment": environment, **stages.parameters(service), **parameters}
    template = translate(text, given, region)
    return read_translated(project, service, environment, template, given), template


def read_translated(
    project: Path,
    service: Mapping[str, Any],
    environment: str,
    template: Mapping[str, Any],
    parameters: Mapping[str, str],
) -> model.Infrastructure:
    """The infrastructure of an already translated template (which a test may have changed)."""
    answered = next(e for e in service["environments"] if e["name"] == environment)
    configuration = deploy_parameters(project, environment)
    return cloudformation.read(
        template,
        environment=environment,
        pseudo=Pseudo(
            stack=configuration["stack_name"],
            region=answered["region"],
            account=answered["account"] or "123456789012",
        ),
        parameters=parameters,
        stages=tuple(stage["name"] for stage in service["stages"] if stage["name"]),
        stack_tags=stack_tags(configuration),
    )
