"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["write"]


def write(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write beside `path`, then put it in place in one move; an interrupt or a full disk leaves the old file as it
    was."""
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target} can't be written: there is no folder {target.parent}")
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(beside, _ordinary_mode(target))
        os.replace(beside, target)
    except BaseException:
        os.unlink(beside)
        raise
    return target


def _ordinary_mode(target: Path) -> int:
    """The mode that open() would have given: mkstemp's 0600 would hide the file from everybody else."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
