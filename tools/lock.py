"""Write the hashed locks from pyproject.toml, or with --check tell whether they are of its present state.

The locks name versions and hashes and nothing else: whoever installs uses the package index of the place.
The everything lock is made first and the smaller ones agree with it.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING, RUNTIME, BUILD = "requirements-test.lock", "requirements.lock", "requirements-build.lock"
LOCKS = (EVERYTHING, RUNTIME, BUILD)
# What only a measurement compares with (the extra `bench`) is installed by whoever measures.
EXTRAS = ("test", "cluster")
MARK = "# Written by `make lock` from the dependencies in pyproject.toml, whose sha256 is "
HOW = (
    "--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
    "--no-header", "--no-annotate", "--system-certs", "--quiet",
)  # fmt: skip


def dependencies_hash() -> str:
    """Return the hash of everything in pyproject.toml that decides what is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    chosen = [
        project["build-system"]["requires"],
        project["project"]["requires-python"],
        project["project"]["dependencies"],
        {extra: project["project"]["optional-dependencies"][extra] for extra in EXTRAS},
    ]
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


def are_current() -> bool:
    """Tell whether every lock says that it was made from these dependencies."""
    first = f"{MARK}{dependencies_hash()}"
    return all((ROOT / name).exists() and (ROOT / name).read_text().startswith(first) for name in LOCKS)


def write_locks() -> None:
    """Resolve anew, with uv in a scratch environment."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        tools = Path(folder) / "bin"
        subprocess.run([tools / "pip", "install", "--quiet", "uv"], check=True)
        build = Path(folder) / "build.in"
        requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
        build.write_text("\n".join(requires))
        everything = ["pyproject.toml", *(f"--extra={extra}" for extra in EXTRAS)]
        compile_lock(tools / "uv", EVERYTHING, everything)
        compile_lock(tools / "uv", RUNTIME, ["pyproject.toml", "-c", EVERYTHING])
        compile_lock(tools / "uv", BUILD, [str(build), "-c", EVERYTHING])


def compile_lock(uv: Path, name: str, sources: list[str]) -> None:
    """Write one lock, marked with what it was made from."""
    path = ROOT / name
    subprocess.run([uv, "pip", "compile", *sources, *HOW, "--output-file", name], check=True, cwd=ROOT)
    path.write_text(f"{MARK}{dependencies_hash()}\n{path.read_text()}")
    print(f"{name}: {path.read_text().count('==')} packages")


def main() -> None:
    """Write or check."""
    os.environ.setdefault("UV_NO_PROGRESS", "1")
    if sys.argv[1:] == ["--check"]:
        if not are_current():
            sys.exit("pyproject.toml asks for other packages than the locks hold: run `make lock`")
    else:
        write_locks()


if __name__ == "__main__":
    main()
