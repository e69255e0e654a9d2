"""The app: a stack of the service for each environment.

npx cdk diff <stack>                         from the sources, as every command of the CDK
uv run --project tools … python -m cdk.app   the same stacks as files in cdk.out/: `make build`
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from aws_cdk import App
from aws_cdk import aws_lambda as lambda_

from cdk.packages import built
from cdk.stack import ServiceStack
from scripts.service import ENVIRONMENTS, ROOT, Environment

CONTEXT = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]


def build(
    environments: Iterable[Environment] = ENVIRONMENTS,
    code: Callable[[str], lambda_.Code] = built,
    folder: Path | None = None,
) -> App:
    """The app, not yet written to `folder`. `code` is the package of a logical id."""
    # Feature flags are read from here too, so that without the command line nothing differs.
    app = App(context=CONTEXT, outdir=str(folder) if folder else None, analytics_reporting=False)
    for where in environments:
        ServiceStack(app, where, code)
    return app


if __name__ == "__main__":
    # The command line says where it wants the stacks.
    build(folder=None if "CDK_OUTDIR" in os.environ else ROOT / "cdk.out").synth()
