"""Releases and roll-backs in a named environment, on the emulator in AWS's place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Start
    from tests.e2e.service import Service

pytestmark = pytest.mark.heavy

SHIFTS = """
from scripts import release
from scripts.service import environment
release.shift(environment("dev"))
"""
SHIFT = """
from scripts.aws import Clients
from scripts.service import environment
Clients(environment("dev"))("lambda").update_alias(
    FunctionName="order-service-dev-create-order", Name="live",
    RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}},
)
"""
ADAPT = """
import json
from pathlib import Path
from scripts import build, infrastructure, local
from scripts.aws import Clients
from scripts.service import environment
where = environment("staging")
clients = Clients(where)
packages = local.Packages(clients, local.create_bucket(clients, where), build.package)
template = infrastructure.template(where, packages)
Path("plain.json").write_text(json.dumps(template))
"""
TIMEOUT = """
from scripts.aws import Clients
from scripts.service import environment
print(Clients(environment("dev"))("lambda").get_function_configuration(
    FunctionName="order-service-dev-create-order", Qualifier="live")["Timeout"])
"""


class Cloud:
    """The environment `dev` of a service; what its pipeline runs, run here."""

    def __init__(self, service: Service) -> None:
        self.service = service
        service.use_emulator()

    def release(self) -> str:
        """Build and deploy."""
        return self.service.make("deploy", "ENV=dev")

    @property
    def live(self) -> dict[str, str]:
        """Function name -> version that answers."""
        return self.service.aliases("dev")


@pytest.fixture(scope="module")
def cloud(start: Start) -> Cloud:
    """The recommended service, nothing of it deployed yet."""
    return Cloud(start())


def versions(create: str, fulfil: str, report: str) -> dict[str, str]:
    """The versions of the three functions."""
    return {"create-order": create, "fulfil-order": fulfil, "report-orders": report}


@pytest.mark.practice("F11", grade="ran", tool="sam")
@pytest.mark.practice("F09", grade="ran", tool="sam")
def test_releases_and_roll_backs_put_each_alias_where_it_belongs(cloud: Cloud) -> None:
    service = cloud.service
    assert "no earlier release" not in cloud.release()
    assert cloud.live == versions("1", "1", "1")
    assert "no earlier release to return to" in service.make("rollback", "ENV=dev", check=False)

    service.edit("functions/create_order/service.py", r"\Z", "# second\n")
    assert "release 2 is live" in cloud.release()
    assert cloud.live == versions("2", "1", "1")

    # A shift that was left half-way must not survive a roll-back.
    service.script(SHIFT)
    assert cloud.live["create-order"] == "shifting"
    assert "release 1 is live in dev again, instead of 2" in service.make("rollback", "ENV=dev")
    assert cloud.live == versions("1", "1", "1")

    # CloudFormation sees no change in create-order, and yet its alias has to move on.
    service.edit("functions/fulfil_order/service.py", r"\Z", "# third\n")
    assert service.script(SHIFTS) == "ShiftTraffic=false\n"
    assert "release 3 is live" in cloud.release()
    assert cloud.live == versions("2", "2", "1")

    # Before release 3 release 1 was live: not the one taken back.
    assert "release 1 is live in dev again, instead of 3" in service.make("rollback", "ENV=dev")
    assert cloud.live == versions("1", "1", "1")
    cloud.release()
    assert cloud.live == versions("2", "2", "1")


@pytest.mark.practice("D04", grade="ran", tool="sam")
def test_smoke_tests_pass_and_leave_nothing(cloud: Cloud) -> None:
    cloud.release()
    assert " passed" in cloud.service.make("smoke", "ENV=dev")


@pytest.mark.practice("F02", grade="ran", tool="sam")
def test_a_new_size_reaches_the_alias(cloud: Cloud) -> None:
    """The trap of sizes in Mappings: SAM itself would publish no version."""
    before = cloud.live
    cloud.service.edit(
        "template.yaml", r"(?s)(  CreateOrderSizes:\n    \"?dev\"?:.*?Timeout: )\d+", r"\g<1>19"
    )
    cloud.release()
    assert cloud.service.script(TIMEOUT).strip() == "19"
    changed = {name for name, version in cloud.live.items() if version != before[name]}
    assert changed == {"create-order"}


@pytest.mark.practice("F16", grade="ran", tool="sam")
def test_a_new_layer_reaches_every_alias(cloud: Cloud) -> None:
    before = cloud.live
    cloud.service.edit("common/errors.py", r"\Z", "# changed\n")
    cloud.release()
    assert all(version != before[name] for name, version in cloud.live.items())


def test_releases_are_listed(cloud: Cloud) -> None:
    listed = cloud.service.make("releases", "ENV=dev").splitlines()
    assert any("(rolled back from 2)" in line for line in listed)


@pytest.mark.practice("F12", grade="ran", tool="sam")
def test_an_account_with_too_low_a_quota_is_said_before_the_deployment(cloud: Cloud) -> None:
    text = (cloud.service.path / "template.yaml").read_text()
    cloud.service.edit(
        "template.yaml",
        r"(?s)(  CreateOrderSizes:\n    \"?dev\"?:.*?ReservedConcurrency: )\d+",
        r"\g<1>9000",
    )
    output = cloud.service.make("release", "ENV=dev", check=False)
    assert "left to reserve" in output
    assert "Service Quotas" in output
    (cloud.service.path / "template.yaml").write_text(text)


def test_the_tools_own_deploy_works_on_the_emulator(cloud: Cloud) -> None:
    """`sam deploy` itself, unmodified, with the adapted template."""
    service = cloud.service
    service.script(ADAPT)
    service.environment |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    # The bucket that `resolve_s3` makes is a SAM template, which the emulator does not translate.
    bucket = ("--no-resolve-s3", "--s3-bucket", "order-service-staging-packages")
    template = ("--config-env", "staging", "--template-file", "plain.json")
    service.tool("sam", "deploy", *template, *bucket)
    (service.path / "plain.json").unlink()
    assert service.aliases("staging") == versions("1", "1", "1")


def test_destroy_asks_and_refuses_production(cloud: Cloud) -> None:
    service = cloud.service
    assert "is production" in service.make("destroy", "ENV=prod", check=False)
    assert "nothing removed" in service.make("destroy", "ENV=dev", check=False)


def test_an_unknown_environment_is_refused(cloud: Cloud) -> None:
    for target in ("deploy", "plan", "rollback", "releases", "smoke", "destroy"):
        assert "ENV= one of: dev staging prod" in cloud.service.make(target, check=False)
        assert "ENV= one of: dev staging prod" in cloud.service.make(
            target, "ENV=local", check=False
        )


def test_the_record_is_readable(cloud: Cloud) -> None:
    """What stands in Parameter Store, for people and other tools."""
    printed = cloud.service.script(
        "import json; from scripts.aws import Clients; from scripts.service import environment;"
        "print(Clients(environment('dev'))('ssm').get_parameter("
        "Name='/order-service/dev/release')['Parameter']['Value'])"
    )
    record = json.loads(printed)
    assert record.keys() == {"release", "previous", "commit", "time", "versions"}
    assert record["versions"] == cloud.live
