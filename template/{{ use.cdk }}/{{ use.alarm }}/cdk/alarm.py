"""Source alarm: the service's own alarms of CloudWatch."""

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_lambda as lambda_

from cdk.failures import keep_failures
from cdk.function import ServiceFunction
from cdk.queues import dead_letter_queue


class AlarmSource:
    """Lets alarms call a function, and keeps what it fails on. The alarms name it themselves."""

    def __init__(self, function: ServiceFunction) -> None:
        self.dead_letters = dead_letter_queue(function)
        lambda_.CfnPermission(
            function,
            "AlarmPermission",
            action="lambda:InvokeFunction",
            function_name=function.called.function_arn,
            principal="lambda.alarms.cloudwatch.amazonaws.com",
            source_account=Aws.ACCOUNT_ID,
            source_arn=Stack.of(function).format_arn(
                service="cloudwatch",
                resource="alarm",
                resource_name=f"{function.shared.where.stack}-*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            ),
        )
        keep_failures(function, self.dead_letters)
