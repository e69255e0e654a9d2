"""The infrastructure: an app of the AWS CDK."""
