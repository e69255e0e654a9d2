"""Transport: nobody reaches what the service has without TLS."""

from aws_cdk import aws_iam as iam


def without_tls(action: str, *resources: str) -> iam.PolicyStatement:
    """A statement of a resource's policy: this action, by nobody."""
    return iam.PolicyStatement(
        sid="OnlyTls",
        effect=iam.Effect.DENY,
        principals=[iam.StarPrincipal()],
        actions=[action],
        resources=list(resources),
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
