"""The emulator, which says by what alias a function is called.

Lambda does so in `invoked_function_arn`, and common/stages.py goes by it. The emulator does it for
a direct call, but names the version alone when an API, a queue or a schedule is what calls.
`make local` runs this file with the emulator's own Python.
"""

import importlib
from collections.abc import Callable
from typing import Any

type Record = dict[str, Any]

LAMBDA = vars(importlib.import_module("ministack.services.lambda_svc"))
RESOLVE = "_effective_func_record_for_qualifier"
resolve: Callable[[Record | None, str | None], tuple[Record | None, Record | None]]
resolve = LAMBDA[RESOLVE]


def resolve_with_alias(
    function: Record | None, qualifier: str | None
) -> tuple[Record | None, Record | None]:
    """The record and the configuration of a version, with the ARN that it is called by."""
    record, config = resolve(function, qualifier)
    if function and record and config and qualifier:
        arn = f"{function['config']['FunctionArn']}:{qualifier}"
        config = config | {"FunctionArn": arn}
        record = record | {"config": config}
    return record, config


LAMBDA[RESOLVE] = resolve_with_alias

if __name__ == "__main__":
    importlib.import_module("ministack.app").main()
