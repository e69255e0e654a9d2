"""The packages of functions and layers: those that scripts/build.py makes for every purpose."""

import shutil
from functools import cache
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

from scripts.build import build
from scripts.service import ROOT

BUILT = ROOT / ".build/packages"


@cache
def _folder(name: str) -> Path:
    """The unpacked package, built once for all environments."""
    folder = BUILT / name
    shutil.rmtree(folder, ignore_errors=True)
    build(name, folder)
    return folder


def built(name: str) -> lambda_.Code:
    """The package of a function or layer, by its logical id."""
    return lambda_.Code.from_asset(str(_folder(name)))
