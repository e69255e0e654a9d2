"""The CDK's app by what CloudFormation says of its stacks."""
