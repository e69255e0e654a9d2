"""Source schedule: EventBridge Scheduler."""

import json

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler

from cdk.alarms import Alarms
from cdk.function import ServiceFunction
from cdk.queues import dead_letter_queue
from scripts.service import SLUG, Environment

EVENT = {"id": "<aws.scheduler.execution-id>", "time": "<aws.scheduler.scheduled-time>"}


def schedule_group(stack: Stack, where: Environment, alarms: Alarms) -> scheduler.CfnScheduleGroup:
    """The group of the service's schedules, whose failures are watched together."""
    group = scheduler.CfnScheduleGroup(stack, "Schedules", name=where.stack)
    alarms.add(
        stack,
        "UndeliveredSchedules",
        cloudwatch.Metric(
            namespace="AWS/Scheduler",
            metric_name="InvocationsFailedToBeSentToDeadLetterCount",
            dimensions_map={"ScheduleGroup": group.ref},
            statistic="Sum",
            period=Duration.minutes(1),
        ),
        name=f"{where.stack}-undelivered-schedules",
        description="A schedule reached neither its function nor its dead-letter queue.",
    )
    return group


class ScheduleSource:
    """A schedule of a function, and the queue for what neither of them could do."""

    def __init__(  # noqa: PLR0913 (a schedule has so many parts)
        self,
        function: ServiceFunction,
        group: scheduler.CfnScheduleGroup,
        *,
        expression: str,
        timezone: str,
        retries: int,
        max_event_age: Duration,
    ) -> None:
        self.dead_letters = dead_letter_queue(function)
        invoker = iam.Role(
            function,
            "Invoker",
            path=f"/{SLUG}/{function.shared.where.name}/",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
            inline_policies={
                "invoke": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["lambda:InvokeFunction"],
                            resources=[function.called.function_arn],
                        ),
                        iam.PolicyStatement(
                            actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn]
                        ),
                    ]
                )
            },
        )
        scheduler.CfnSchedule(
            function,
            "Schedule",
            name=function.name,
            group_name=group.ref,
            schedule_expression=expression,
            schedule_expression_timezone=timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.called.function_arn,
                role_arn=invoker.role_arn,
                input=json.dumps(EVENT),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=retries,
                    maximum_event_age_in_seconds=max_event_age.to_seconds(),
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self.dead_letters.queue_arn
                ),
            ),
        )
        function.called.configure_async_invoke(
            retry_attempts=retries,
            max_event_age=max_event_age,
            on_failure=destinations.SqsDestination(self.dead_letters),
        )
        function.alarm(
            "DeliveryAlarm",
            function.metric("DestinationDeliveryFailures", "Sum"),
            name="delivery",
            says="failed, and its event could not be kept.",
        )
        function.keep_dead_letters(self.dead_letters)
