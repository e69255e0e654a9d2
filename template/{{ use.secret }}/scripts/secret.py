"""make rotate-secret: give the service's secret another value.

Nobody sees it: Secrets Manager makes it, and it goes straight back there.
"""

import argparse

from scripts import stack
from scripts.aws import Clients
from scripts.console import run, say
from scripts.service import Environment, environment

LENGTH = 64


def rotate(where: Environment) -> None:
    """Put a new value in; the one before stays in Secrets Manager as AWSPREVIOUS."""
    clients = Clients(where)
    secrets = clients("secretsmanager")
    made = secrets.get_random_password(PasswordLength=LENGTH, ExcludePunctuation=True)
    secrets.put_secret_value(
        SecretId=stack.outputs(clients, where)["SecretArn"],
        SecretString=made["RandomPassword"],
    )
    say(f"the secret of {where.stack} has a new value; functions take it up within five minutes")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts.secret", description="Rotate the secret.")
    parser.add_argument("environment", type=environment)
    rotate(parser.parse_args().environment)


if __name__ == "__main__":
    run(main)
