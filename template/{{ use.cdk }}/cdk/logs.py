"""Log groups that keep what they hold for any number of days."""

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


def log_group(scope: Construct, construct_id: str, name: str, days: int) -> logs.LogGroup:
    """A log group that goes with its stack."""
    group = logs.LogGroup(
        scope, construct_id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY
    )
    # The construct takes members of an enumeration, which cdk/numbers.py would have to know.
    cast("logs.CfnLogGroup", group.node.default_child).retention_in_days = days
    return group
