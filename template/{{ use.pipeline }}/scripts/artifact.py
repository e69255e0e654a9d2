"""What the pipeline builds once and hands on: one file, known by its SHA-256.

uv run python -m scripts.artifact pack <folder> <file>              prints digest=<SHA-256>
uv run python -m scripts.artifact unpack <file> <folder> <digest>   refuses any other file
"""

import argparse
import hashlib
import shutil
import sys
import tarfile
from pathlib import Path

from scripts.console import fail, run, say


def digest(file: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _normalised(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without what differs between two builds of the same sources."""
    entry.mtime = 0
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def pack(folder: Path, file: Path) -> str:
    """Write all of `folder` into `file`, links as what they point to; the file's digest."""
    if not folder.is_dir():
        fail(f"there is no {folder}: build first (make build)")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w", dereference=True, format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            archive.add(path, name, recursive=False, filter=_normalised)
    return digest(file)


def unpack(file: Path, folder: Path, expected: str) -> None:
    """Put what `file` holds into an empty `folder`, if it is the file with that digest."""
    if not file.is_file():
        fail(f"there is no {file}")
    if (found := digest(file)) != expected:
        fail(f"{file} is not what was built: its SHA-256 is {found}, not {expected}")
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts.artifact", description="The built artifact.")
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack", help="pack a folder, print its digest")
    packing.add_argument("folder", type=Path)
    packing.add_argument("file", type=Path)
    unpacking = commands.add_parser("unpack", help="verify the digest, then unpack")
    unpacking.add_argument("file", type=Path)
    unpacking.add_argument("folder", type=Path)
    unpacking.add_argument("digest")
    arguments = parser.parse_args()
    if arguments.command == "pack":
        packed = pack(arguments.folder, arguments.file)
        print(f"{arguments.file}: {arguments.file.stat().st_size:,} bytes", file=sys.stderr)
        say(f"digest={packed}")
    else:
        unpack(arguments.file, arguments.folder, arguments.digest)
        say(f"{arguments.file} is {arguments.digest}")


if __name__ == "__main__":
    run(main)
