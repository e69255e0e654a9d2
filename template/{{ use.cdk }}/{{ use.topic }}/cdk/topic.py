"""Source topic: notifications of an SNS topic."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_sns as sns

from cdk.failures import keep_failures
from cdk.function import ServiceFunction
from cdk.push import keep_undelivered, let_call, watch_delivery
from cdk.queues import dead_letter_queue
from cdk.topics import topic_of

SNS = "sns.amazonaws.com"


class TopicSource:
    """A topic, and the queue for what neither it nor the function could do."""

    def __init__(
        self, function: ServiceFunction, wanted: Mapping[str, object] | None = None
    ) -> None:
        self.topic = topic_of(function, "SnsTopic", function.name)
        self.dead_letters = dead_letter_queue(function)
        subscription = sns.CfnSubscription(
            function,
            "Notifications",
            topic_arn=self.topic.topic_arn,
            protocol="lambda",
            endpoint=function.called.function_arn,
            filter_policy=wanted,
            filter_policy_scope="MessageBody" if wanted else None,
            redrive_policy={"deadLetterTargetArn": self.dead_letters.queue_arn},
        )
        Validations.of(subscription).acknowledge(
            Acknowledgment(
                id="CloudFormation-Validate::W3694",
                reason="SNS calls an alias by its ARN as it calls a function.",
            )
        )
        let_call(function, "NotificationsPermission", SNS, self.topic.topic_arn)
        keep_undelivered(function, self.dead_letters, SNS, self.topic.topic_arn)
        watch_delivery(
            function,
            "AWS/SNS",
            {"TopicName": self.topic.topic_name},
            failed="NumberOfNotificationsFailed",
            lost="NumberOfNotificationsFailedToRedriveToDlq",
            what="a notification",
        )
        keep_failures(function, self.dead_letters)
