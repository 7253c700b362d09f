"""Whether the built wheel and sdist hold what the repository does, and nothing else.

``python contents.py dist``, in a clone: what counts is what git tracks.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

PACKAGES = ("decide/", "arms/", "evalsets/", "reports/")
NOT_BUILT = {".gitignore", ".pre-commit-config.yaml"}
"""Tracked, and of no use without the repository."""


def tracked() -> set[str]:
    """The files that git tracks in the working folder and that are there."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name for name in done.stdout.split("\0") if name and Path(name).is_file()}


def in_wheel(wheel: Path) -> set[str]:
    """The files of a wheel but for those that describe it; the licence is among the latter.

    Raises:
        SystemExit: If the wheel has no licence.
    """
    names = zipfile.ZipFile(wheel).namelist()
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        raise SystemExit(f"{wheel}: no licence")
    return {name for name in names if not name.split("/")[0].endswith(".dist-info")}


def in_sdist(sdist: Path) -> set[str]:
    """The files of an sdist but for those that the build adds."""
    with tarfile.open(sdist) as archive:
        names = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    return {n for n in names if n not in ("PKG-INFO", "setup.cfg") and ".egg-info/" not in n}


def compare(what: Path, found: set[str], wanted: set[str]) -> int:
    """Print what is missing and what is too much; how many files that is."""
    for name in sorted(wanted - found):
        print(f"{what}: {name} is missing")
    for name in sorted(found - wanted):
        print(f"{what}: {name} should not be in it")
    return len(found ^ wanted)


def main(folder: Path) -> int:
    """0 if both hold what they should, else 1."""
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    files = tracked()
    wrong = compare(wheel, in_wheel(wheel), {name for name in files if name.startswith(PACKAGES)})
    wrong += compare(sdist, in_sdist(sdist), files - NOT_BUILT)
    print(f"{wheel.name}, {sdist.name}: {wrong or 'no'} file{'s' * (wrong != 1)} too much or missing.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
