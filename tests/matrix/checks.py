"""What is checked of each distinct outcome: files, Python, infrastructure, pipeline.

A check has a digest of all that it looks at. The same digest is checked once, in whichever
combination it comes up first.
"""

from __future__ import annotations

import ast
import fnmatch
import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.text import problems
from tests.support.tools import Tools, need, run, tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.support.render import Rendered


@dataclass(frozen=True)
class Task:
    """One check of one outcome: `kind` for the counts, what `findings` looks at by its digests.

    It is needed when one of `digests` has not been looked at before.
    """

    kind: str
    digests: tuple[str, ...]
    findings: Callable[[], list[str]]


def digest(parts: Iterable[str | bytes]) -> str:
    """A digest of `parts` in their order; lengths keep them apart."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()


class CloudFormation(yaml.SafeLoader):
    """YAML with tags such as `!Ref`, which CloudFormation gives a meaning."""


def _tagged(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    """YAML lets a later key replace an earlier one; nobody means that."""
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}")
    return loader.construct_mapping(node, deep=True)


CloudFormation.add_multi_constructor("!", _tagged)
CloudFormation.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parsed(file: str, text: str) -> list[str]:
    """Whether `text` is well-formed for the name of `file`; one line if not."""
    try:
        match PurePosixPath(file).suffix:
            case ".yml" | ".yaml":
                list(yaml.load_all(text, CloudFormation))
            case ".json":
                json.loads(text)
            case ".toml":
                tomllib.loads(text)
            case ".py":
                compile(text, file, "exec")
    except (yaml.YAMLError, ValueError, SyntaxError) as error:
        return [f"{file} does not parse: {' '.join(str(error).split())}"]
    return []


def _texts(project: Rendered) -> tuple[str, ...]:
    """What people typed, as such and as formats escape it: anything may stand in it."""
    typed = [str(project.answers[name]) for name in ("project_name", "description", "owner")]
    dumped = [json.dumps(text, ensure_ascii=pure) for text in typed for pure in (True, False)]
    quoted = [form[1:-1] for form in dumped] + [text.replace("'", "''") for text in typed]
    shell = [text.replace("$", "$$") for text in typed]
    return tuple(sorted({*typed, *quoted, *shell} - {""}, key=len, reverse=True))


def file_tasks(project: Rendered) -> Iterable[Task]:
    """Each file by itself: it parses, and holds nothing of the template."""
    for file in project.files:
        text = project.text(file)
        yield Task(
            "file",
            (digest([file, text]),),
            lambda file=file, text=text: parsed(file, text) + problems(file, text, _texts(project)),  # type: ignore[misc]
        )


def tree_tasks(project: Rendered) -> Iterable[Task]:
    """The project's shape: no file written twice, links lead somewhere, make reads its Makefile."""
    documents = {file: project.text(file) for file in project.files if file.endswith(".md")}
    yield Task(
        "tree",
        (digest([*project.files, *documents.values(), project.text("Makefile")]),),
        lambda: _shape(project) + _links(project, documents) + _targets(project, documents),
    )
    yield Task("makefile", (digest([project.text("Makefile")]),), lambda: _makefile(project))


def _shape(project: Rendered) -> list[str]:
    written = [file for _, file in project.sources]
    twice = sorted({file for file in written if written.count(file) > 1})
    return [f"{file} is written by two template files" for file in twice]


PATH = re.compile(r"`((?:common|docs|functions|pipeline|scripts|tests|tools)/[\w*./-]*)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def _links(project: Rendered, documents: dict[str, str]) -> list[str]:
    found = []
    for file, text in documents.items():
        for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
            if "://" not in target and not target.startswith("mailto:"):
                path = (project.path / file).parent / target
                if not path.exists():
                    found.append(f"{file} links to {target}, which is not there")
        found += [
            f"{file} names {path}, which is not there"
            for path in PATH.findall(text)
            if not fnmatch.filter(project.files, path + "*" * path.endswith("/"))
        ]
    return found


MAKE = re.compile(r"(?:^|`|&& )make ((?:[a-z][a-z-]*(?: |\b))+)", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


def _targets(project: Rendered, documents: dict[str, str]) -> list[str]:
    """Commands that the documents tell people to run and make does not know."""
    targets = set(TARGET.findall(project.text("Makefile")))
    return [
        f"{file} says make {name}, which the Makefile has not"
        for file, text in documents.items()
        for names in MAKE.findall(text)
        for name in names.split()
        if name not in targets
    ]


def _makefile(project: Rendered) -> list[str]:
    done = run([need("make"), "--dry-run", "help"], project.path, check=False)
    return [f"Makefile: {done.stderr.strip()}"] if done.returncode else []


CONFIGURED = ("ruff", "mypy")


def python_tasks(project: Rendered) -> Iterable[Task]:
    """The project's Python as a whole, by the rules that ship with it: ruff, then mypy."""
    files = {file: project.text(file) for file in project.files if file.endswith(".py")}
    rules = _rules(project.text("pyproject.toml"))
    each = {file: digest([rules, file, text]) for file, text in files.items()}
    yield Task("ruff", tuple(each.values()), lambda: _ruff(project))
    # What mypy says of a file depends on that file and on those it imports: each such pair once.
    each = {file: digest([rules, file, without_data(text)]) for file, text in files.items()}
    pairs = [
        each[file] + each[other]
        for file, text in files.items()
        for module in imports(text)
        for other in (f"{module}.py", f"{module}/__init__.py")
        if other in each
    ]
    yield Task(
        "mypy", tuple(digest([pair]) for pair in {*each.values(), *pairs}), lambda: _mypy(project)
    )


@cache
def _rules(pyproject: str) -> str:
    try:
        settings = tomllib.loads(pyproject)
    except tomllib.TOMLDecodeError:
        return pyproject  # the check of the file itself says so
    own = [settings.get("tool", {}).get(name) for name in CONFIGURED]
    return json.dumps([own, settings["project"]["requires-python"]], sort_keys=True)


@cache
def without_data(text: str) -> str:
    """Python source without the values of texts and numbers in its module's own constants.

    To mypy one name or number is as good as another, and three in a row as one; but not in a call
    such as `client("sqs")`.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""  # a docstring
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            _empty(list(ast.walk(statement.value)))
    return ast.unparse(tree)


def _empty(parts: list[ast.AST]) -> None:
    if any(isinstance(part, ast.Attribute) for part in parts):
        return
    for part in parts:
        if isinstance(part, ast.Constant) and type(part.value) in {str, int, float}:
            part.value = ""
    for part in parts:
        if isinstance(part, ast.Tuple | ast.List):
            part.elts = list({ast.dump(item): item for item in part.elts}.values())


@cache
def imports(text: str) -> frozenset[str]:
    """The modules that Python source `text` may import, as paths without their suffix."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return frozenset()  # the check of the file itself says so
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(name.replace(".", "/") for name in found)


def _ruff(project: Rendered) -> list[str]:
    ruff = need("ruff")
    found = []
    for arguments in (["check", "--output-format=concise"], ["format", "--check"]):
        done = run([ruff, *arguments, "--no-cache", "--quiet", "."], project.path, check=False)
        if done.returncode:
            found += [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return found


@cache
def _tools() -> Tools:
    return tools()


UNTYPED = "untyped_calls_exclude"


def _mypy(project: Rendered) -> list[str]:
    # One cache for all: what a project has not of its own, boto3's stubs above all, is read once.
    # mypy keeps this option with each module, and would read all anew where it has another value.
    option = tomllib.loads(project.text("pyproject.toml"))["tool"]["mypy"].get(UNTYPED, [])
    kept = project.path.parent / "-".join(["mypy-cache", *option])
    done = _tools().run("mypy", "--cache-dir", str(kept), cwd=project.path, check=False)
    return [line for line in done.stdout.splitlines() if ": error:" in line] or (
        [done.stdout + done.stderr] if done.returncode else []
    )


TOOL_FILES = ("template.yaml", "samconfig.toml", "cdk.json", "cdk/*.py", "scripts/service.py")
"""The files that make up a project's infrastructure, of those that its tool has."""

NOT_INFRASTRUCTURE = {"description", "repository", "repository_url", "default_branch", "pipeline"}
"""Parts of the model that no resource depends on."""


def infrastructure_tasks(project: Rendered) -> Iterable[Task]:
    """The infrastructure by its own tool's validators, then against the practices."""
    files = [
        file
        for file in project.files
        if any(fnmatch.fnmatch(file, pattern) for pattern in TOOL_FILES)
        and (file != "scripts/service.py" or "cdk.json" in project.files)
    ]
    texts = [project.text(file) for file in files]
    model = {name: part for name, part in project.service.items() if name not in NOT_INFRASTRUCTURE}
    yield Task("infrastructure", (digest(texts),), lambda: _validated(project))
    yield Task(
        "conformance",
        (digest([*texts, json.dumps(model, sort_keys=True)]),),
        lambda: _conformance(project),
    )


def _validated(project: Rendered) -> list[str]:
    if "cdk.json" in project.files:
        from tests.iac_cdk import validate as cdk  # noqa: PLC0415  dear to import

        return cdk.findings(project.path, project.service)
    from tests.iac_sam.validate import findings  # noqa: PLC0415  dear to import

    return [str(finding) for finding in findings(project.path)]


def _conformance(project: Rendered) -> list[str]:
    from tests.conformance.judge import conformance  # noqa: PLC0415  dear to import

    return [str(finding) for finding in conformance(project.path, project.service)]


def pipeline_tasks(project: Rendered) -> Iterable[Task]:
    """The pipeline's files by their schema, linters and security rules; without one, no trace."""
    from tests.pipeline import validate  # noqa: PLC0415  dear to import

    workflows = [file for file in project.files if file.startswith(".github/")]
    workflows += [file for file in ("renovate.json",) if file in project.files]
    stack = [file for file in project.files if file.startswith("pipeline/")]
    regions = [str(environment["region"]) for environment in project.service["environments"]]
    for kind, files, more, check in (
        ("workflows", workflows, [], validate.workflows),
        ("bootstrap", stack, regions, validate.bootstrap),
        ("pipeline", workflows + stack, [*regions, *project.files], validate.rules),
    ):
        parts = [part for file in files for part in (file, project.text(file))]
        if parts or kind == "pipeline":
            yield Task(kind, (digest([*parts, *more]),), partial(check, project.path))


GROUPS: tuple[Callable[[Rendered], Iterable[Task]], ...] = (
    file_tasks,
    tree_tasks,
    python_tasks,
    infrastructure_tasks,
    pipeline_tasks,
)


def tasks(project: Rendered) -> Iterable[Task]:
    """Everything to check of `project`."""
    for group in GROUPS:
        yield from group(project)


def template_digest(root: Path, names: Iterable[str]) -> str:
    """A digest of the files `names` below `root`, for caches that they invalidate."""
    return digest(part for name in names for part in (name, (root / name).read_bytes()))
