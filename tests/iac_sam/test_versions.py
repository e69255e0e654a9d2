"""What publishes a version, what moves the alias: SAM's habits that lose a change on its way.

SAM makes a version by giving `AWS::Lambda::Version` a logical id that holds a hash. Lambda refuses
to publish a version of a function that did not change ("A version for this Lambda function exists",
SAM issue 3281), so the id must change exactly when code or configuration does.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.support.cloudformation import of_type
from tests.support.tools import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conftest import Render
    from tests.support.render import Rendered

FUNCTIONS = ("CreateOrder", "FulfilOrder", "ReportOrders")


class _NoManagedPolicies:
    """The template names no managed policy, so none is looked up."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The template as CloudFormation sees it after `sam deploy`: packages by their content."""
    monkeypatch.setitem(os.environ, "AWS_DEFAULT_REGION", "eu-west-1")

    def translate(
        text: str, packages: Mapping[str, str] | None = None, **parameters: str
    ) -> dict[str, Any]:
        template = yaml_parse(text)
        for logical_id, resource in template["Resources"].items():
            for key in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
                content = (packages or {}).get(logical_id, "first")
                resource["Properties"][key] = f"s3://packages/{logical_id}-{content}"
        given = {"Environment": "prod", **parameters}
        result: dict[str, Any] = transform(template, given, _NoManagedPolicies())
        return result

    return translate


def _versions(template: Mapping[str, Any]) -> dict[str, str]:
    """Logical id of the published version by function."""
    found = of_type(template, "AWS::Lambda::Version")
    return {name: next(key for key in found if key.startswith(name)) for name in FUNCTIONS}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The functions that get a new version."""
    old, new = _versions(before), _versions(after)
    return {name for name in FUNCTIONS if old[name] != new[name]}


def _swap(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def test_the_same_template_publishes_nothing(
    default: Rendered, deployed: Callable[..., dict[str, Any]]
) -> None:
    text = default.text("template.yaml")
    assert _changed(deployed(text), deployed(text)) == set()


def test_changed_code_publishes_that_function(
    default: Rendered, deployed: Callable[..., dict[str, Any]]
) -> None:
    text = default.text("template.yaml")
    after = deployed(text, {"FulfilOrderFunction": "second"})
    assert _changed(deployed(text), after) == {"FulfilOrder"}
    alias = of_type(after, "AWS::Lambda::Alias")["FulfilOrderFunctionAliaslive"]["Properties"]
    version = _versions(after)["FulfilOrder"]
    assert alias["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}


@pytest.mark.parametrize("layers", ["shared", "split"])
def test_changed_layer_publishes_every_function(
    rendered: Render, deployed: Callable[..., dict[str, Any]], layers: str
) -> None:
    project = rendered({"layers": layers})
    text = project.text("template.yaml")
    for layer in project.service["layers"]:
        after = deployed(text, {layer["id"]: "second"})
        assert _changed(deployed(text), after) == set(FUNCTIONS)
        # The trap: SAM's own default leaves every caller on the old layer.
        trapped = _swap(text, "      PublishLambdaVersion: true\n", "")
        assert _changed(deployed(trapped), deployed(trapped, {layer["id"]: "second"})) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Runtime: python3.13", "Runtime: python3.14"),
        ("ApplicationLogLevel: INFO", "ApplicationLogLevel: DEBUG"),
        ("    Tracing: Active\n", ""),
        ("ENVIRONMENT: !Ref Environment", 'ENVIRONMENT: !Sub "${Environment}-1"'),
    ],
)
def test_changed_configuration_publishes_every_function(
    default: Rendered, deployed: Callable[..., dict[str, Any]], old: str, new: str
) -> None:
    text = default.text("template.yaml")
    assert _changed(deployed(text), deployed(_swap(text, old, new))) == set(FUNCTIONS)


def test_configuration_is_lost_without_all_properties(
    default: Rendered, deployed: Callable[..., dict[str, Any]]
) -> None:
    trapped = _swap(
        default.text("template.yaml"), "      AutoPublishAliasAllProperties: true\n", ""
    )
    louder = _swap(trapped, "ApplicationLogLevel: INFO", "ApplicationLogLevel: DEBUG")
    assert _changed(deployed(trapped), deployed(louder)) == set()


def test_what_is_no_part_of_a_version_publishes_nothing(
    default: Rendered, deployed: Callable[..., dict[str, Any]]
) -> None:
    text = default.text("template.yaml")
    for old, new in [
        ("ReservedConcurrency: 10\n", "ReservedConcurrency: 11\n"),
        ("LogRetentionDays: 90\n", "LogRetentionDays: 60\n"),
        ("TrafficShift: Canary10Percent5Minutes", "TrafficShift: AllAtOnce"),
        ("MaximumConcurrency: 4\n", "MaximumConcurrency: 3\n"),
    ]:
        assert _changed(deployed(text), deployed(_swap(text, old, new))) == set()


def test_tags_are_the_stacks_and_so_publish_nothing(
    rendered: Render, deployed: Callable[..., dict[str, Any]]
) -> None:
    one = rendered({}).text("template.yaml")
    other = rendered({"owner": "someone-else"}).text("template.yaml")
    assert _changed(deployed(one), deployed(other)) == set()
    # The trap: a tag at the function is hashed, Lambda finds nothing new, and the deployment fails.
    trapped = _swap(
        one,
        "    LoggingConfig:\n      LogFormat",
        "    Tags: {a: b}\n    LoggingConfig:\n      LogFormat",
    )
    assert _changed(deployed(one), deployed(trapped)) == set(FUNCTIONS)


def test_sizes_are_seen_by_sam_only_in_the_package(
    project: Render, deployed: Callable[..., dict[str, Any]]
) -> None:
    """SAM does not look into Mappings (issue 3820): the package brings the sizes along.

    When the first assertion fails, SAM has learnt it, and scripts/sizes.py can go.
    """
    service = project()
    file = service.path / "template.yaml"
    text = file.read_text()
    larger = text.replace("MemorySize: 256", "MemorySize: 512", 1)
    assert _changed(deployed(text), deployed(larger)) == set()
    before = _packed_sizes(service)
    file.write_text(larger)
    after = _packed_sizes(service)
    assert {name for name in FUNCTIONS if before[name] != after[name]} == {"CreateOrder"}
    assert "MemorySize: 512" in after["CreateOrder"]
    assert all(sizes.count("Timeout: ") == 3 for sizes in after.values())


def _packed_sizes(service: Rendered) -> dict[str, str]:
    program = (
        "import json; from scripts.service import FUNCTIONS; from scripts.sizes import sizes;"
        "print(json.dumps({function.id: sizes(function) for function in FUNCTIONS}))"
    )
    result: dict[str, str] = json.loads(run([sys.executable, "-c", program], service.path).stdout)
    return result


def test_traffic_shifts_by_codedeploy_unless_told_otherwise(
    default: Rendered, deployed: Callable[..., dict[str, Any]]
) -> None:
    text = default.text("template.yaml")
    for environment, shift in [("dev", "AllAtOnce"), ("prod", "Canary10Percent5Minutes")]:
        template = deployed(text, Environment=environment)
        groups = of_type(template, "AWS::CodeDeploy::DeploymentGroup")
        assert groups.keys() == {f"{name}FunctionDeploymentGroup" for name in FUNCTIONS}
        for group in groups.values():
            written = group["Properties"]["DeploymentConfigName"]["Fn::Sub"]
            assert written == ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": shift}]
        assert all(
            "UpdatePolicy" in alias for alias in of_type(template, "AWS::Lambda::Alias").values()
        )
    # After a roll-back: the alias' version is simply set, from whichever it points to.
    template = deployed(text, ShiftTraffic="false")
    assert of_type(template, "AWS::CodeDeploy::DeploymentGroup") == {}
    assert not any(
        "UpdatePolicy" in alias for alias in of_type(template, "AWS::Lambda::Alias").values()
    )


def test_only_the_released_versions_errors_stop_a_release(
    default: Rendered, deployed: Callable[..., dict[str, Any]]
) -> None:
    """An alarm that is on already would keep the mend from being released."""
    template = deployed(default.text("template.yaml"))
    for name in FUNCTIONS:
        group = template["Resources"][f"{name}FunctionDeploymentGroup"]["Properties"]
        assert group["AlarmConfiguration"]["Alarms"] == [{"Name": {"Ref": f"{name}ReleaseAlarm"}}]
        dimensions = template["Resources"][f"{name}ReleaseAlarm"]["Properties"]["Dimensions"]
        assert {item["Name"]: item["Value"] for item in dimensions} == {
            "FunctionName": {"Ref": f"{name}Function"},
            "Resource": {"Fn::Sub": f"${{{name}Function}}:live"},
            "ExecutedVersion": {"Fn::GetAtt": [_versions(template)[name], "Version"]},
        }


def test_no_alias_no_version(rendered: Render, deployed: Callable[..., dict[str, Any]]) -> None:
    template = deployed(rendered({"alias_strategy": "none"}).text("template.yaml"))
    assert of_type(template, "AWS::Lambda::Version") == {}
    assert of_type(template, "AWS::Lambda::Alias") == {}
    assert of_type(template, "AWS::CodeDeploy::Application") == {}
