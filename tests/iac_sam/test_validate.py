"""The template is valid in every variant, and every check of the validation catches its fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import Environment, FileSystemLoader

from tests.iac_sam.validate import findings, plain
from tests.iac_sam.variants import THIRTY, VARIANTS
from tests.support.cloudformation import RESOURCES, lint, of_type, one, over_limits
from tests.support.render import ROOT, choices

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Render
    from tests.support.render import Rendered


@pytest.mark.parametrize("variant", VARIANTS)
def test_variant_is_valid(rendered: Render, variant: str) -> None:
    assert findings(rendered(VARIANTS[variant]).path) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_resources_are_counted_as_the_questionnaire_counts_them(
    rendered: Render, variant: str
) -> None:
    """Too many functions are refused by an estimate, which must be what SAM really makes."""
    project = rendered(VARIANTS[variant])
    environment = project.service["environments"][-1]["name"]
    assert _counted(project) == len(plain(project.path, environment)["Resources"])


def _jinja(source: str, **values: object) -> str:
    filters = ["jinja2_ansible_filters.AnsibleCoreFiltersExtension"]  # as Copier has them
    jinja = Environment(loader=FileSystemLoader(ROOT), autoescape=False, extensions=filters)
    return jinja.from_string(source).render(**values)


def _counted(project: Rendered) -> int:
    source = "{% from 'includes/iac/sam/resources.jinja' import count %}{{ count(service) }}"
    return int(_jinja(source, service=project.service))


FITTING = int(_jinja("{% from 'hooks/limits.jinja' import FITTING_FUNCTIONS as n %}{{ n }}"))


@pytest.mark.parametrize(
    ("source", "stages"),
    [(source, stages) for source in choices("sources") for stages in (1, 2)],
)
def test_so_many_functions_are_not_even_counted(rendered: Render, source: str, stages: int) -> None:
    """The questionnaire counts from one function more; each with whatever adds resources."""
    others = {"alarm": 4 // stages, "table": 2}  # more of them are refused
    keys: dict[str, Any] = {
        "http": {"route": "POST /{}"},
        "schedule": {"schedule": "rate(1 day)"},
        "workflow": {"workflow": "{}"},
    }.get(source, {})
    numbers = range(min(FITTING, others.get(source, FITTING)))
    functions = [
        {"name": f"part{n}", "source": source}
        | ({} if source in {"alarm", "table"} else {"table": "write"})
        | {key: value.format(f"flow{n}") for key, value in keys.items()}
        for n in numbers
    ]
    answers: dict[str, Any] = {"functions": functions, "customer_managed_key": True}
    if stages == 2:
        answers["alias_strategy"] = "dev-prod"
    else:
        answers |= {"startup": "provisioned", "secrets": "secretsmanager", "cache": "dax"}
        functions[0] |= {"secret": True, "provisioned_concurrency": 1}
        functions[0] |= {"table": "read", "cache": True}
    counted = _counted(rendered(answers))
    assert counted + (FITTING - len(functions)) * counted // len(functions) <= RESOURCES


@pytest.mark.deep
def test_thirty_functions_are_valid(rendered: Render, figure: Callable[[str], None]) -> None:
    project = rendered(THIRTY)
    assert findings(project.path) == []
    resources = len(plain(project.path, "prod")["Resources"])
    size = len(project.text("template.yaml").encode())
    figure(f"30 functions: {resources} of {RESOURCES} resources, template.yaml {size} bytes")


def _replace(old: str, new: str) -> Callable[[Rendered], None]:
    def edit(project: Rendered) -> None:
        file = project.path / "template.yaml"
        text = file.read_text()
        assert old in text, old
        file.write_text(text.replace(old, new, 1))

    return edit


def _rename_settings(project: Rendered) -> None:
    file = project.path / "samconfig.toml"
    file.write_text(file.read_text().replace("[staging.", "[stageing."))


BROKEN = {
    # What the reader of the file trips over.
    "tab": (_replace("  Settings:\n", "  Settings:\t\n"), "a tab"),
    "trailing space": (_replace("Globals:\n", "Globals: \n"), "spaces at the end"),
    "stray comment": (_replace("      # At least", "# At least"), "a comment not indented"),
    "odd indent": (_replace("    Type: String\n", "    Type:\n     String\n"), "multiple of two"),
    "long line": (_replace("# What differs", "# " + "word " * 40 + "What differs"), "characters"),
    "blank lines": (_replace("\nGlobals:", "\n\nGlobals:"), "two blank lines"),
    "no end": (_replace("${Dashboard}\n", "${Dashboard}"), "exactly one newline"),
    "crowded": (_replace("\n\n  WorkRole:", "\n  WorkRole:"), "no blank line before"),
    # What YAML readers swallow.
    "twice": (
        _replace("      CodeUri: .\n", "      CodeUri: .\n      CodeUri: .\n"),
        "CodeUri is there twice",
    ),
    # What cfn-lint sees in the translated template only.
    "runtime": (_replace("Runtime: python3.13", "Runtime: python3.99"), "python3.99"),
    "dangling": (_replace("ENVIRONMENT: !Ref Environment", "ENVIRONMENT: !Ref Gone"), "Gone"),
    "batch size": (_replace("BatchSize: 10\n", "BatchSize: 20000\n"), "20000"),
    "log level": (_replace("ApplicationLogLevel: INFO", "ApplicationLogLevel: LOUD"), "LOUD"),
    # What the translator refuses.
    "event property": (_replace("BatchSize: 10\n", "BatchSise: 10\n"), "BatchSise"),
    "shift": (
        _replace("        Type: !FindInMap [Settings, !Ref Environment, TrafficShift]\n", ""),
        "Type",
    ),
    # What plain cfn-lint sees.
    "memory": (_replace("MemorySize: 256", "MemorySize: 99999"), "greater than the maximum"),
    "unused": (_replace("Parameters:\n", "Parameters:\n  Spare:\n    Type: String\n"), "Spare"),
    # The two files together.
    "settings": (_rename_settings, "samconfig.toml: staging: no settings"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_fault_is_found(project: Render, fault: str) -> None:
    broken = project({"functions": [{"name": "work", "source": "queue"}]})
    edit, message = BROKEN[fault]
    edit(broken)
    assert message in "\n".join(findings(broken.path))


def _overlap(template: dict[str, Any]) -> None:
    first, *_, last = of_type(template, "AWS::EC2::Subnet").values()
    last["Properties"]["CidrBlock"] = first["Properties"]["CidrBlock"]


def _without_versions(template: dict[str, Any]) -> None:
    for kind in ("AWS::Lambda::Version", "AWS::Lambda::Alias"):
        for logical_id in of_type(template, kind):
            del template["Resources"][logical_id]


CACHED = [{"name": "a", "source": "http", "route": "GET /a", "table": "read", "cache": True}]

BESIDE: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], object], str]] = {
    "what names it": ({"startup": "snapstart"}, _without_versions, "W2530"),
    "what it names": ({}, lambda t: t["Resources"].pop("NotificationTopic"), "E1020"),
    "what is of its kind": ({"cache": "elasticache", "functions": CACHED}, _overlap, "E3060"),
    "a value of a table": (
        {},
        lambda t: t["Mappings"]["Settings"]["dev"].update(LogRetentionDays=2),
        "W1034",
    ),
}
"""What changed beside a resource -> the answers, the change, the rule that then finds something."""


@pytest.mark.parametrize("what", BESIDE)
def test_a_clean_resource_is_looked_at_again_where_something_else_is_beside_it(
    rendered: Render, what: str
) -> None:
    answers, change, rule = BESIDE[what]
    template = plain(rendered(answers).path, "prod")
    assert rule not in {line.split()[0] for line in lint(template, "eu-west-1")}
    change(template)
    assert rule in {line.split()[0] for line in lint(template, "eu-west-1")}


def test_template_over_the_limits_is_found() -> None:
    resource = {"Type": "AWS::SNS::Topic"}
    full: dict[str, Any] = {"Resources": {f"Topic{n}": resource for n in range(RESOURCES)}}
    assert over_limits(full) == []
    full["Resources"]["OneMore"] = resource
    assert over_limits(full) == ["501 resources, and a stack takes 500"]
    large = {"Resources": {}, "Description": "x" * 1_000_000}
    assert over_limits(large) == ["1000033 bytes, and a template takes 1000000"]


def test_description_is_what_was_answered(rendered: Render) -> None:
    project = rendered(VARIANTS["odd-text"])
    template = plain(project.path, "prod")
    assert template["Description"] == VARIANTS["odd-text"]["description"]
    assert one(template, "AWS::SNS::Topic")["Properties"]["Subscription"] == [
        {"Protocol": "email", "Endpoint": "a+b@example.com"}
    ]


def test_services_without_an_option_show_no_trace_of_it(rendered: Render) -> None:
    plainest = rendered(
        {
            "functions": [{"name": "a", "source": "http", "route": "GET /a"}],
            "layers": "none",
            "alias_strategy": "none",
            "observability": "cloudwatch",
            "idempotency": False,
            "cicd": "none",
        }
    )
    written = plainest.text("template.yaml") + plainest.text("samconfig.toml")
    traces = ["Layer", "Alias", "Tracing", "xray", "Idempotency", "Boundary", "Conditions"]
    traces += ["Queue", "Schedule", "Table", "Shift", "CodeDeploy", "DeadLetters", "ProtectData"]
    assert [trace for trace in traces if trace in written] == []
