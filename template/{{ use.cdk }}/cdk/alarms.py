"""Alarms that tell the notification topic when they begin and when they are over."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct


@dataclass(frozen=True)
class Alarms:
    """What alarms have in common: whom they tell."""

    topic: sns.Topic

    def add(  # noqa: PLR0913 (an alarm has so many parts)
        self,
        scope: Construct,
        construct_id: str,
        metric: cloudwatch.Metric,
        *,
        name: str,
        description: str,
        threshold: float = 1,
    ) -> cloudwatch.Alarm:
        """An alarm on a metric that reaches the threshold in one of its periods."""
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            alarm_name=name,
            alarm_description=f"{description} See docs/operations.md.",
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        return alarm
