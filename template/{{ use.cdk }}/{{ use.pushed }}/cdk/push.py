"""What SNS and EventBridge have in common: they push, and keep what does not arrive."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from cdk.function import ServiceFunction
from cdk.tls import without_tls


def let_call(function: ServiceFunction, construct_id: str, principal: str, source_arn: str) -> None:
    """Let an AWS service call the function, on behalf of one source."""
    lambda_.CfnPermission(
        function,
        construct_id,
        action="lambda:InvokeFunction",
        function_name=function.called.function_arn,
        principal=principal,
        source_arn=source_arn,
    )


def keep_undelivered(
    function: ServiceFunction, queue: sqs.Queue, principal: str, source_arn: str
) -> None:
    """Let the source put into the queue what it cannot deliver."""
    policy = sqs.QueuePolicy(function, "DeadLettersPolicy", queues=[queue])
    policy.document.add_statements(
        iam.PolicyStatement(
            sid="Undelivered",
            principals=[iam.ServicePrincipal(principal)],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": source_arn}},
        ),
        without_tls("sqs:*", queue.queue_arn),
    )


def watch_delivery(  # noqa: PLR0913 (two metrics of one source)
    function: ServiceFunction,
    namespace: str,
    dimensions: Mapping[str, str],
    *,
    failed: str,
    lost: str,
    what: str,
) -> None:
    """Alarms on what did not arrive: kept in the dead-letter queue, or lost."""

    def metric(name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map=dimensions,
            statistic="Sum",
            period=Duration.minutes(1),
        )

    function.alarm(
        "UndeliveredAlarm",
        metric(failed),
        name="undelivered",
        says=f"was not reached by {what}, which lies in its dead-letter queue.",
    )
    function.alarm(
        "LostAlarm",
        metric(lost),
        name="lost",
        says=f"was not reached by {what}, and its dead-letter queue neither.",
    )
