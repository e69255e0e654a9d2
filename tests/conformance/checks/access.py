"""Who may do what: F01, F03, F20, S01."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.conformance.checks.cache import LOOKS_AT_INTERFACES, MAKES_INTERFACES
from tests.conformance.checks.registry import (
    ASYNCHRONOUS,
    Service,
    check,
    dead_letters,
    entry,
    failures,
    functions,
    named,
    place,
    source_of,
    with_answer,
    with_source,
    workflows,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.conformance.model import Infrastructure, Role, Statement

XRAY_WRITES = frozenset({"xray:PutTraceSegments", "xray:PutTelemetryRecords"})
"""Service Authorization Reference, "AWS X-Ray": these take no resource."""

IDEMPOTENCY_ACTIONS = frozenset(
    {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
)
"""Powertools for AWS Lambda, "Idempotency", IAM permissions."""

POLLER_ACTIONS = frozenset({"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"})
"""Lambda Developer Guide, "Configuring execution role permissions" for Amazon SQS."""

KEY = "key:service"
ENCRYPTED = frozenset({"dynamodb", "kinesis", "s3", "secretsmanager", "sns", "sqs"})
SENDS = {"kinesis:PutRecord", "s3:PutObject", "sns:Publish", "sqs:SendMessage"}
"""Actions for which a data key is made with the customer managed key of what is sent to (SQS
Developer Guide, "Key management": kms:GenerateDataKey and kms:Decrypt to send; Kinesis Developer
Guide, "Permissions to use user-generated KMS keys"; SNS Developer Guide, "Key management"; S3 User
Guide, "Using server-side encryption with AWS KMS keys")."""

TABLE_READER_ACTIONS = frozenset(
    {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    }
)
"""Lambda Developer Guide, "Using Lambda with DynamoDB", permissions."""

STREAM_READER_ACTIONS = frozenset(
    {
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    }
)
"""Lambda Developer Guide, "Using Lambda with Kinesis", permissions."""

POLLED = {
    "queue": POLLER_ACTIONS,
    "stream": STREAM_READER_ACTIONS,
    "table": TABLE_READER_ACTIONS,
}
"""Source that Lambda polls as the function's role -> the actions that takes."""

SENT_BY: Mapping[str, tuple[str, str]] = {
    "queue": ("sqs:SendMessage", "QUEUE_URL"),
    "stream": ("kinesis:PutRecord", "STREAM_NAME"),
    "topic": ("sns:Publish", "TOPIC_ARN"),
    "bucket": ("s3:PutObject", "BUCKET_NAME"),
}
"""Source of a target -> the action that sends to it, the end of the variable that says where."""


LOG_DELIVERY = frozenset(
    {
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    }
)
"""Step Functions Developer Guide, "IAM Policies for logging to CloudWatch Logs". Service
Authorization Reference, "Amazon CloudWatch Logs": these take no resource."""

OTLP_WRITE = "xray:PutTraceSegments"
"""X-Ray Developer Guide, "Setting up bearer token authentication for traces": what the OTLP traces
endpoint is authorized as."""

XRAY_SAMPLING = frozenset({"xray:GetSamplingRules", "xray:GetSamplingTargets"})
"""Step Functions Developer Guide, "Setting up X-Ray tracing"; these take no resource either."""


def _workflow(service: Service, function: str) -> str:
    """Reference of the workflow that a function is a step of."""
    (found,) = (f["workflow"]["name"] for f in service["functions"] if f["name"] == function)
    return f"workflow:{found}"


def _objects(function: Mapping[str, Any]) -> str:
    """Reference of the objects that a function is started for."""
    bucket = function["bucket"]
    return f"bucket:{function['name']}/{bucket['prefix']}*{bucket['suffix']}"


def _handed_to(service: Service, target: Mapping[str, Any]) -> tuple[str, str]:
    """What a target is handed work by, and the action that does it."""
    if target["source"] == "workflow":
        return _workflow(service, target["name"]), "states:StartExecution"
    if target["source"] == "event":
        return "event-bus", "events:PutEvents"
    if target["source"] == "bucket":
        return _objects(target), SENT_BY["bucket"][0]
    return f"{target['source']}:{target['name']}", SENT_BY[target["source"]][0]


def _of_its_source(function: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """What a function's source needs it to do: fetch what it is told of, keep what it failed on."""
    if actions := POLLED.get(str(function["source"])):
        yield source_of(function), actions
    if function["source"] == "bucket":
        yield _objects(function), frozenset({"s3:GetObject"})
    if function["source"] in {*ASYNCHRONOUS, "stream", "table"}:
        told = failures(function)
        action = "sns:Publish" if told.startswith("topic:") else "sqs:SendMessage"
        yield told, frozenset({action})


def _of_the_cache(function: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """What a function needs to ask the cache."""
    if function["cached"] == "elasticache":
        yield from ((on, frozenset({"elasticache:Connect"})) for on in ("cache", "cache-user"))
    if function["cached"] == "dax":
        yield "cache", frozenset({"dax:GetItem" if function["reads"] == "one" else "dax:Query"})


def _needed(function: Mapping[str, object], service: Service) -> dict[str, frozenset[str]]:
    """Resource -> actions that a function's code calls, from what was answered: its source, how it
    uses the table, whom it sends to. Derived apart from the `permissions` of hooks/service.jinja,
    so that a mistake there shows as well."""
    name = str(function["name"])
    needed: dict[str, set[str]] = defaultdict(set)
    needed[f"log-group:{name}:*"] |= {"logs:CreateLogStream", "logs:PutLogEvents"}
    if service["tracing"] == "xray":
        needed["*"] |= XRAY_WRITES
    if service["tracing"] == "otel":
        needed["*"].add(OTLP_WRITE)
    if function["reads"] == "one":
        needed["table"].add("dynamodb:GetItem")
    if function["reads"] == "many":
        needed[f"table/index/{service['table']['index']}"].add("dynamodb:Query")
    if function["writes"]:
        needed["table"].add("dynamodb:PutItem")
    if function["idempotent"]:
        needed["table:idempotency"] |= IDEMPOTENCY_ACTIONS
    if function["secret"]:
        needed["secret"].add("secretsmanager:GetSecretValue")
    for target in function["sends_to"]:  # type: ignore[attr-defined]
        started, action = _handed_to(service, target)
        needed[started].add(action)
    for resource, actions in (*_of_its_source(function), *_of_the_cache(function)):
        needed[resource] |= actions
    return {resource: frozenset(actions) for resource, actions in needed.items()}


def _of_the_network(
    needed: Mapping[str, frozenset[str]], model: Infrastructure, service: Service
) -> dict[str, frozenset[str]]:
    """What Lambda needs, as a function's role, for the function's way into a VPC, which may be one
    that another account shares."""
    owner = "*" if place(service, model.environment)["vpc"] else model.account
    return {
        f"arn:aws:ec2:{model.region}:{owner}:*/*": MAKES_INTERFACES,
        "*": needed.get("*", frozenset()) | LOOKS_AT_INTERFACES,
    }


def _of_the_key(
    needed: Mapping[str, frozenset[str]], service: Service
) -> dict[str, frozenset[str]]:
    """What a function needs on the service's key, if there is one: its variables are decrypted as
    it starts, and what it sends is encrypted on its behalf."""
    sends = any(SENDS & actions for actions in needed.values())
    actions = {"kms:Decrypt", "kms:GenerateDataKey"} if sends else {"kms:Decrypt"}
    return {KEY: frozenset(actions)} if service["customer_managed_key"] else {}


def _granted(role: Role) -> dict[str, frozenset[str]]:
    granted: dict[str, set[str]] = defaultdict(set)
    for statement in role.statements:
        if statement.effect == "Allow":
            granted[statement.resource].update(statement.actions)
    return {resource: frozenset(actions) for resource, actions in granted.items()}


def _compare(
    where: str, granted: Mapping[str, frozenset[str]], needed: Mapping[str, frozenset[str]]
) -> list[str]:
    found = []
    for resource in sorted({*granted, *needed}):
        has, needs = granted.get(resource, frozenset()), needed.get(resource, frozenset())
        found += [f"{where} lacks {action} on {resource}" for action in sorted(needs - has)]
        found += [f"{where} has {action} on {resource}, unused" for action in sorted(has - needs)]
    return found


def _trusts(where: str, role: Role, principal: str) -> list[str]:
    trusted = [(s.effect, s.actions, s.principals) for s in role.trust]
    expected = [("Allow", ("sts:AssumeRole",), (f"Service:{principal}",))]
    return wrong(f"{where}: trust policy", trusted, expected)


@check("F01")
def own_role(model: Infrastructure, service: Service) -> list[str]:
    """Each function assumes a role of its own that only Lambda can assume (Lambda Developer Guide,
    "Lambda execution role")."""
    found = []
    for answered in functions(service):
        name = answered["name"]
        role = model.functions[name].role
        found += wrong(f"{name}: role", role, f"role:{name}")
        if role.removeprefix("role:") in model.roles:
            found += _trusts(name, model.role_of(name), "lambda.amazonaws.com")
    return found


@check("F01")
def just_what_it_calls(model: Infrastructure, service: Service) -> list[str]:
    """A function's role allows the actions that its code calls on the ARNs that it uses, and
    nothing else (IAM User Guide, "Grant least privilege")."""
    found = []
    for answered in functions(service):
        name = answered["name"]
        role = model.roles.get(model.functions[name].role.removeprefix("role:"))
        if role is None:
            found.append(f"{name}: its role isn't made by the stack")
            continue
        needed = _needed(answered, service)
        besides = _of_the_key(needed, service)
        if answered["cached"]:
            besides |= _of_the_network(needed, model, service)
        found += _compare(name, _granted(role), {**needed, **besides})
        found += [f"{name}: managed policy {arn}" for arn in role.managed_policies]
    return found


ON_EVERYTHING = XRAY_WRITES | XRAY_SAMPLING | LOG_DELIVERY | LOOKS_AT_INTERFACES
"""What AWS can't restrict to a resource."""


def _wild(statement: Statement) -> Iterable[str]:
    for action in statement.actions:
        if "*" in action:
            yield f"{action} on {statement.resource}"
        elif statement.resource == "*" and action not in ON_EVERYTHING:
            yield f"{action} on every resource"


@check("F01")
def no_wildcards(model: Infrastructure, _service: Service) -> list[str]:
    """No role allows an action by wildcard, nor any action on `*` that AWS can restrict to a
    resource (Service Authorization Reference)."""
    return [
        f"role {name}: {what}"
        for name, role in model.roles.items()
        for statement in role.statements
        if statement.effect == "Allow"
        for what in _wild(statement)
    ]


@check("F01", with_source("schedule"))
def scheduler_role(model: Infrastructure, service: Service) -> list[str]:
    """The role of a schedule may invoke its one function and write to its DLQ; it is assumed by
    EventBridge Scheduler for this account only (Scheduler User Guide, "Confused deputy")."""
    found = []
    for answered in functions(service, "schedule"):
        name = answered["name"]
        role = model.roles.get(f"schedule/{name}")
        if role is None:
            found.append(f"schedule {name}: no role of its own")
            continue
        needed = {
            entry(service, name): frozenset({"lambda:InvokeFunction"}),
            dead_letters(name): frozenset({"sqs:SendMessage"}),
        }
        if service["customer_managed_key"]:
            needed[KEY] = frozenset({"kms:Decrypt", "kms:GenerateDataKey"})
        found += _compare(f"schedule {name}", _granted(role), needed)
        found += _trusts(f"schedule {name}", role, "scheduler.amazonaws.com")
        found += [f"schedule {name}: managed policy {arn}" for arn in role.managed_policies]
        bound = [c.key for s in role.trust for c in s.conditions if model.account in c.values]
        if "aws:SourceAccount" not in bound:
            found.append(f"schedule {name}: any account's schedules may use its role")
    return found


@check("F01", with_source("workflow"))
def workflow_role(model: Infrastructure, service: Service) -> list[str]:
    """The role of a workflow may invoke its steps, write to its DLQ, have its log delivered and,
    where they were asked for, write traces; Step Functions assumes it for this account only (Step
    Functions Developer Guide, "How Step Functions works with IAM")."""
    found = []
    for answered in workflows(service):
        name = answered["name"]
        role = model.roles.get(f"workflow/{name}")
        if role is None:
            found.append(f"workflow {name}: no role of its own")
            continue
        steps = {entry(service, step["name"]) for step in answered["steps"]}
        traces = XRAY_WRITES | XRAY_SAMPLING if service["tracing"] == "xray" else frozenset()
        account = f"arn:aws:logs:{model.region}:{model.account}"
        needed = {
            **{step: frozenset({"lambda:InvokeFunction"}) for step in steps},
            dead_letters(name): frozenset({"sqs:SendMessage"}),
            "*": LOG_DELIVERY | traces,
            f"{account}:log-group:*": frozenset({"logs:DescribeLogGroups"}),
        }
        if service["customer_managed_key"]:
            needed[KEY] = frozenset({"kms:Decrypt", "kms:GenerateDataKey"})
        found += _compare(f"workflow {name}", _granted(role), needed)
        found += _trusts(f"workflow {name}", role, "states.amazonaws.com")
        found += [f"workflow {name}: managed policy {arn}" for arn in role.managed_policies]
        bound = [c.key for s in role.trust for c in s.conditions if model.account in c.values]
        if "aws:SourceAccount" not in bound:
            found.append(f"workflow {name}: any account's state machines may use its role")
    return found


@check("F01")
def roles_are_for_something(model: Infrastructure, service: Service) -> list[str]:
    """The stack makes no role beyond those of its functions, schedules, workflows, deployments and,
    where the cache is a cluster, of the cache, which reads the table."""
    expected = {f["name"] for f in functions(service)}
    expected |= {f"schedule/{f['name']}" for f in functions(service, "schedule")}
    expected |= {f"workflow/{w['name']}" for w in workflows(service)}
    if model.deployments:
        expected.add("deployment")
    cached = [f for f in functions(service) if f["cached"] == "dax"]
    if cached:
        expected.add("cache")
    found = [f"role {name} is nobody's" for name in sorted(model.roles.keys() - expected)]
    if cached and "cache" in model.roles:
        role = model.roles["cache"]
        found += _trusts("cache", role, "dax.amazonaws.com")
        found += _compare("cache", _granted(role), _read_by_the_cluster(cached, service))
        found += [f"cache: managed policy {arn}" for arn in role.managed_policies]
    if "deployment" in model.roles:
        role = model.roles["deployment"]
        found += _trusts("deployment", role, "codedeploy.amazonaws.com")
        found += _compare("deployment", _granted(role), _needed_to_shift(model))
        found += [f"deployment: managed policy {arn}" for arn in role.managed_policies]
    return found


def _needed_to_shift(model: Infrastructure) -> dict[str, frozenset[str]]:
    """What CodeDeploy does to move an alias and to watch its alarm: of its managed policy
    AWSCodeDeployRoleForLambdaLimited, on the stack's functions alone."""
    functions = f"arn:aws:lambda:{model.region}:{model.account}:function:<stack>-*"
    shift = {"lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"}
    alarms = f"arn:aws:cloudwatch:{model.region}:{model.account}:alarm:*"
    return {functions: frozenset(shift), alarms: frozenset({"cloudwatch:DescribeAlarms"})}


def _read_by_the_cluster(
    cached: Iterable[Mapping[str, Any]], service: Service
) -> dict[str, frozenset[str]]:
    """What a DAX cluster reads on behalf of functions (DAX Developer Guide, "DAX access control"),
    and the key that the table is encrypted with."""
    reads = {f["reads"] for f in cached}
    look_up = {"dynamodb:GetItem"} if "one" in reads else set()
    needed = {"table": frozenset({"dynamodb:DescribeTable", *look_up})}
    if "many" in reads:
        needed[f"table/index/{service['table']['index']}"] = frozenset({"dynamodb:Query"})
    return needed | ({KEY: frozenset({"kms:Decrypt"})} if service["customer_managed_key"] else {})


@check("F01", with_answer("customer_managed_key"))
def key_for_one_use(model: Infrastructure, _service: Service) -> list[str]:
    """A role uses the service's key through the services whose data it may touch, or for its own
    variables, and never by itself (KMS Developer Guide, "Condition keys": kms:ViaService)."""
    bounds = {"kms:ViaService", "kms:EncryptionContext:aws:lambda:FunctionArn"}
    return [
        f"role {name}: {', '.join(statement.actions)} for any use"
        for name, role in model.roles.items()
        for statement in role.statements
        if statement.resource == KEY
        and not any(c.key in bounds and c.operator == "StringEquals" for c in statement.conditions)
    ]


@check("F01", with_answer("customer_managed_key"))
def key_for_all_it_touches(model: Infrastructure, service: Service) -> list[str]:
    """A function may use the key through each service whose data it touches and no other, and
    decrypts its variables, as Lambda does with its role (Lambda Developer Guide, "Securing
    environment variables")."""
    found = []
    for answered in functions(service):
        role = model.roles[answered["name"]]
        touched = {a.split(":")[0] for s in role.statements if s.resource != KEY for a in s.actions}
        uses = {
            (condition.key.rpartition(":")[2], value.partition(".")[0], action)
            for statement in role.statements
            for condition in statement.conditions
            for value in condition.values
            for action in statement.actions
            if statement.resource == KEY
        }
        through = {("ViaService", name, "kms:Decrypt") for name in touched & ENCRYPTED}
        variables = ("FunctionArn", f"function:{answered['name']}", "kms:Decrypt")
        decrypts = {use for use in uses if use[-1] == "kms:Decrypt"}
        found += wrong(
            f"{answered['name']}: key for", sorted(decrypts), sorted({*through, variables})
        )
    return found


@check("F01", with_answer("permissions_boundary"))
def roles_are_bounded(model: Infrastructure, service: Service) -> list[str]:
    """Every role has the answered permissions boundary, a policy of its own account or of AWS (IAM
    User Guide, "Permissions boundaries for IAM entities")."""
    answered = service["permissions_boundary"]
    owner = "aws" if answered["owner"] == "aws" else model.account
    expected = f":iam::{owner}:policy/{answered['policy']}"
    return [
        f"role {name}: boundary {role.permissions_boundary}"
        for name, role in model.roles.items()
        if not (role.permissions_boundary or "").endswith(expected)
    ]


SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY", re.IGNORECASE)
SECRET_VALUE = re.compile(
    r"\{\{resolve:|AKIA[0-9A-Z]{16}|-----BEGIN|^gh[pousr]_|^xox[abp]-|://[^/@]*:[^/@]*@"
)


@check("F03")
def variables(model: Infrastructure, service: Service) -> list[str]:
    """Variables are the answered ones, each naming this environment's own resource."""
    found = []
    for answered in functions(service):
        name = answered["name"]
        expected = {
            "POWERTOOLS_SERVICE_NAME": service["slug"],
            "POWERTOOLS_METRICS_NAMESPACE": service["namespace"],
        }
        if service["tracing"] == "otel":
            (region,) = (
                environment["region"]
                for environment in service["environments"]
                if environment["name"] == model.environment
            )
            expected["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = (
                f"https://xray.{region}.amazonaws.com/v1/traces"
            )
        if not service["staged"]:  # else the alias tells which environment it is
            expected["ENVIRONMENT"] = model.environment
        used = {
            "TABLE_NAME": "table" if answered["table"] != "none" else "",
            "IDEMPOTENCY_TABLE_NAME": "table:idempotency" if answered["idempotent"] else "",
            "SECRET_ARN": "secret" if answered["secret"] else "",
            "CACHE_URL": "cache" if answered["cached"] else "",
            "BUCKET_NAME": f"bucket:{name}" if answered["source"] == "bucket" else "",
        }
        expected |= {variable: value for variable, value in used.items() if value}
        for target in answered["sends_to"]:
            constant = target["name"].upper().replace("-", "_")
            end = {"event": "", "workflow": "WORKFLOW_ARN"}.get(target["source"])
            variable = f"{constant}_{end or SENT_BY.get(target['source'], ('', ''))[1]}"
            variable = "EVENT_BUS_NAME" if target["source"] == "event" else variable
            bucket = f"bucket:{target['name']}"
            whole = target["source"] == "bucket"
            expected[variable] = bucket if whole else _handed_to(service, target)[0]
        actual = dict(model.functions[name].variables)
        for variable in sorted({*expected, *actual}):
            what = f"{name}: variable {variable}"
            found += wrong(what, actual.get(variable), expected.get(variable))
    return found


@check("F03")
def no_secret_in_variables(model: Infrastructure, _service: Service) -> list[str]:
    """No variable holds a secret: neither by its name nor by its value, dynamic references included
    (they are resolved at deployment and readable from the function's configuration). What says
    where a secret of the stack is, by its ARN, is none."""
    return [
        f"{name}: variable {variable} looks like a secret"
        for name, function in model.functions.items()
        for variable, value in function.variables
        if (SECRET_NAME.search(variable) and value not in model.secrets)
        or SECRET_VALUE.search(value)
    ]


@check("S03")
def secret_is_made_by_aws(model: Infrastructure, service: Service) -> list[str]:
    """Where a secret was asked for there is one: AWS makes its value, which stands in no template,
    long enough that nobody guesses it; it outlives the stack, since what it signed does (Secrets
    Manager User Guide, "Best practices")."""
    if not service["secret"]:
        return [f"secret {name}, which nobody asked for" for name in model.secrets]
    found = wrong("secrets", sorted(model.secrets), ["secret"])
    for name, secret in model.secrets.items():
        found += wrong(f"{name}: value", secret.value, "generated")
        if (secret.length or 0) < SECRET_LENGTH:
            found.append(f"{name}: a value of {secret.length} characters")
        found += wrong(f"{name}: kept on delete", secret.kept_on_delete, expected=True)
        found += wrong(f"{name}: kept on replace", secret.kept_on_replace, expected=True)
        for statement in secret.policy:
            if statement.effect == "Allow":
                found.append(f"{name}: its policy lets {', '.join(statement.principals)} in")
    return found


SECRET_LENGTH = 32
"""Characters: of letters and digits, more than the 128 bits that an HMAC key should have."""


@check("S03")
def secret_is_for_its_users(model: Infrastructure, service: Service) -> list[str]:
    """The roles of the functions that use the secret may read it, and do nothing else with any
    secret; no other role of the stack knows secrets (IAM User Guide, "Grant least privilege")."""
    users = {f["name"] for f in functions(service) if f["secret"]}
    found = []
    for name, role in model.roles.items():
        known = {
            (action, statement.resource)
            for statement in role.statements
            for action in statement.actions
            if action.startswith("secretsmanager:") and statement.effect == "Allow"
        }
        expected = {("secretsmanager:GetSecretValue", "secret")} if name in users else set()
        found += wrong(f"role {name}: secrets", sorted(known), sorted(expected))
    return found


@check("F20", with_source("http"))
def api_may_invoke(model: Infrastructure, service: Service) -> list[str]:
    """Each route's function may be invoked by that route of this API, as the emulator doesn't check
    (API Gateway Developer Guide, "AWS::Lambda::Permission", source ARN)."""
    found = []
    allowed = {(p.target, p.principal, p.source_arn) for p in model.permissions}
    for answered in functions(service, "http"):
        method, path = answered["http"]["method"], answered["http"]["path"]
        target = entry(service, answered["name"])
        any_value = re.sub(r"\{[^}]*\}", "*", path)
        sources = {f"api/*/{method}{any_value}", f"api/$default/{method}{any_value}"}
        if not any((target, "apigateway.amazonaws.com", source) in allowed for source in sources):
            found.append(f"{answered['name']}: {method} {path} may not invoke {target}")
    return found


@check("F20")
def permissions_name_their_source(model: Infrastructure, service: Service) -> list[str]:
    """Every permission to invoke names the resource it is for, and the account where an ARN holds
    none (Lambda Developer Guide, "Resource-based policies"). None is for a source nobody has."""
    found = []
    for permission in model.permissions:
        what = f"{permission.principal} on {permission.target}"
        source = permission.source_arn or ""
        if permission.action != "lambda:InvokeFunction":
            found.append(f"{what}: may {permission.action}")
        if not source:
            found.append(f"{what}: any source")
        elif source.startswith(("arn:aws:s3", "bucket:")) and not permission.source_account:
            found.append(f"{what}: {source} of any account")
    sources = len(functions(service, "http", "topic", "event", "bucket", "alarm"))
    if len(model.permissions) > sources:
        found.append(f"{len(model.permissions)} permissions for {sources} sources")
    return found


@check("F20", with_source("topic", "event", "bucket"))
def sources_may_invoke(model: Infrastructure, service: Service) -> list[str]:
    """Each topic and each rule may invoke its function, which the emulator doesn't check (Lambda
    Developer Guide, "Granting function access to AWS services")."""
    allowed = {(p.target, p.principal, p.source_arn) for p in model.permissions}
    principals = {
        "topic": ("sns", "topic"),
        "event": ("events", "rule"),
        "bucket": ("events", "rule"),
    }
    found = []
    for answered in functions(service, *principals):
        name = answered["name"]
        principal, kind = principals[answered["source"]]
        target = entry(service, name)
        if (target, f"{principal}.amazonaws.com", f"{kind}:{name}") not in allowed:
            found.append(f"{name}: {kind} {name} may not invoke {target}")
    return found


@check("F20", with_source("alarm"))
def alarms_may_invoke(model: Infrastructure, service: Service) -> list[str]:
    """The stack's alarms, and no other account's, may invoke each function that reacts to them,
    which the emulator doesn't check (CloudWatch User Guide, "Invoke a Lambda function from an
    alarm")."""
    source = f"arn:aws:cloudwatch:{model.region}:{model.account}:alarm:<stack>-*"
    expected = {
        (entry(service, f["name"]), source, model.account) for f in functions(service, "alarm")
    }
    allowed = {
        (p.target, p.source_arn, p.source_account)
        for p in model.permissions
        if p.principal == "lambda.alarms.cloudwatch.amazonaws.com"
    }
    return wrong("alarms may invoke", sorted(allowed, key=str), sorted(expected, key=str))


AUTHORIZATION = {"iam": "AWS_IAM", "jwt": "JWT", "none": "NONE"}


@check("F20", with_source("http"))
def api_asks_who_calls(model: Infrastructure, service: Service) -> list[str]:
    """Every route asks for what was answered, none for less (API Gateway Developer Guide,
    "Controlling access to HTTP APIs")."""
    expected = AUTHORIZATION[service["api"]["auth"]]
    return [
        f"{name}: {key} asks for {route.authorization}, expected {expected}"
        for name, api in model.apis.items()
        for key, route in api.routes.items()
        if route.authorization != expected
    ]


def _with_token(service: Service) -> bool:
    return bool(service["api"] and service["api"]["token"])


@check("F20", _with_token)
def api_knows_whose_tokens(model: Infrastructure, service: Service) -> list[str]:
    """Every route takes tokens of the answered issuer for the answered audience only, from the
    header that no log or history keeps (API Gateway Developer Guide, "JWT authorizers")."""
    answered = service["api"]["token"]
    expected = (
        answered["issuer"],
        tuple(sorted(answered["audience"])),
        ("$request.header.Authorization",),
    )
    found = []
    for name, api in model.apis.items():
        for key, route in api.routes.items():
            by = route.authorizer
            actual = by and (by.issuer, by.audience, by.identity_source)
            found += wrong(f"{name}: {key} takes tokens of", actual, expected)
    return found


@check("F20", with_answer("api"))
def pages_that_may_call(model: Infrastructure, service: Service) -> list[str]:
    """Browsers are told of the answered origins and of what the routes take, and of nothing where
    none was answered (API Gateway Developer Guide, "Configure CORS for HTTP APIs")."""
    answered = service["api"]["cors"]
    expected: dict[str, str] = {}
    if answered:
        routes = functions(service, "http")
        methods = sorted({f["http"]["method"] for f in routes})
        headers = {"content-type"} if any(f["http"]["body"] for f in routes) else set()
        headers |= {"idempotency-key"} if any(f["idempotent"] for f in routes) else set()
        headers |= BY_BROWSER[service["api"]["auth"]]
        lists = {
            "AllowOrigins": answered["origins"],
            "AllowMethods": methods,
            "AllowHeaders": headers,
        }
        expected = {name: ",".join(sorted(some)) for name, some in lists.items() if some}
        expected["MaxAge"] = str(answered["max_age_seconds"])
    return [
        finding
        for name, api in model.apis.items()
        for finding in wrong(f"{name}: CORS", dict(api.cors), expected)
    ]


BY_BROWSER = {
    "iam": {"authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"},
    "jwt": {"authorization"},
    "none": set(),
}
"""Headers by which a page says who calls: of a signed request, or of one with a token."""


@check("S01")
def pass_work_on_by_queue(model: Infrastructure, service: Service) -> list[str]:
    """Functions hand work on by queue, stream, topic or bus and never invoke each other (Lambda
    Operator Guide, "Anti-patterns: Lambda functions calling Lambda functions")."""
    found = []
    for answered in functions(service):
        role = model.roles.get(model.functions[answered["name"]].role.removeprefix("role:"))
        found += [
            f"{answered['name']} invokes {statement.resource}"
            for statement in (role.statements if role else ())
            if any(action.startswith("lambda:Invoke") for action in statement.actions)
        ]
        for target in answered["sends_to"]:
            if target["source"] == "workflow":
                machine = model.state_machines.get(_workflow(service, target["name"])[9:])
                first = machine.steps[:1] if machine else ()
                if first != (entry(service, target["name"]),):
                    found.append(f"{answered['name']} starts {first}, not {target['name']}")
                continue
            name, source = target["name"], target["source"]
            if name not in _received(model, source):
                found.append(f"{answered['name']} sends to {name}, which has no {source}")
    return found


def _received(model: Infrastructure, source: str) -> set[str]:
    """Names of the functions that get what is sent to a source of this kind."""
    match source:
        case "queue" | "stream":
            targets = [
                m.source
                for m in model.event_source_mappings.values()
                if m.source.startswith(f"{source}:")
            ]
        case "topic":
            targets = [
                s.endpoint
                for name, topic in model.topics.items()
                for s in topic.subscriptions
                if s.protocol == "lambda" and named(s.endpoint) == name
            ]
        case "bucket":
            targets = [
                rule.target
                for rule in model.rules.values()
                if f'"bucket:{named(rule.target)}"' in rule.pattern
            ]
        case _:
            targets = [rule.target for rule in model.rules.values() if rule.bus == "event-bus"]
    return {named(target) for target in targets}
