"""Moves aliases to new versions by CodeDeploy, and back on an alarm."""

from typing import cast

from aws_cdk import Aws, CfnCondition, CfnParameter, CfnResource, Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from scripts.service import SLUG, Environment


class Deployment:
    """How traffic shifts in an environment."""

    def __init__(self, stack: Stack, where: Environment, shift: str) -> None:
        parameter = CfnParameter(
            stack,
            "ShiftTraffic",
            description=(
                '"false" moves every alias at once and without CodeDeploy: for the deployment '
                "after a roll-back, since CloudFormation would start to shift from the version it "
                "deployed last, which was taken back."
            ),
            allowed_values=["true", "false"],
            default="true",
        )
        self._shifts = CfnCondition(
            stack,
            "ShiftsTraffic",
            expression=Fn.condition_equals(parameter.value_as_string, "true"),
        )
        self._configuration = codedeploy.LambdaDeploymentConfig.from_lambda_deployment_config_name(
            stack, "Shift", f"CodeDeployDefault.Lambda{shift}"
        )
        self._application = codedeploy.LambdaApplication(stack, "Releases")
        arn = f"arn:{Aws.PARTITION}:%s:{where.region}:{Aws.ACCOUNT_ID}:%s"
        self._role = iam.Role(
            stack,
            "Deployer",
            path=f"/{SLUG}/{where.name}/",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
            inline_policies={
                "shift-traffic": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=[
                                "lambda:GetAlias",
                                "lambda:GetProvisionedConcurrencyConfig",
                                "lambda:UpdateAlias",
                            ],
                            resources=[arn % ("lambda", f"function:{where.stack}-*")],
                        ),
                        iam.PolicyStatement(  # allowed on all alarms or on none
                            actions=["cloudwatch:DescribeAlarms"],
                            resources=[arn % ("cloudwatch", "alarm:*")],
                        ),
                    ]
                )
            },
        )

    def shift(self, scope: Construct, alias: lambda_.Alias, alarm: cloudwatch.Alarm) -> None:
        """Shift the alias with each deployment, and back when the alarm goes off."""
        group = codedeploy.LambdaDeploymentGroup(
            scope,
            "Deployment",
            alias=alias,
            application=self._application,
            deployment_config=self._configuration,
            # The construct would attach a policy for functions of every name.
            role=self._role.without_policy_updates(),
            alarms=[alarm],
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )
        resource = cast("CfnResource", alias.node.default_child)
        resource.cfn_options.update_policy = None
        resource.add_override(
            "UpdatePolicy",
            Fn.condition_if(
                self._shifts.logical_id,
                {
                    "CodeDeployLambdaAliasUpdate": {
                        "ApplicationName": self._application.application_name,
                        "DeploymentGroupName": group.deployment_group_name,
                    }
                },
                Aws.NO_VALUE,
            ),
        )
