"""Make .venv from a hashed lock with pip alone: `python3 tools/set_up.py [test]`.

Needs nothing but Python 3.11 and the package registries; does nothing when all is there.
"""

import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("CURBSTOP_VENV", ROOT / ".venv"))
PIP = (VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check")
QUIET = [] if sys.stderr.isatty() else ["--quiet"]  # a terminal shows pip's own progress bars


def main() -> None:
    """Install what the demo needs, or with `test` what the tests need too."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is told so, in words
        sys.exit("Curbstop needs Python 3.11 or newer. Name one: make PY=python3.12 demo")
    wants_tests = sys.argv[1:] == ["test"]
    started = time.perf_counter()
    did_packages = install_packages("requirements-test.lock" if wants_tests else "requirements.lock")
    did_program = install_program(is_new=did_packages)
    if did_packages or did_program:
        print(f"Set up in {time.perf_counter() - started:.0f} s.", file=sys.stderr)


def install_packages(lock: str) -> bool:
    """Install the locked packages unless this very lock, or the one with the tests, is installed."""
    stamp = VENV / ".packages"
    installed = stamp.read_text() if stamp.exists() else ""
    if installed in {key_of(lock), key_of("requirements-test.lock")}:
        return False
    print("Setting up .venv: this takes about a minute the first time.", file=sys.stderr)
    if not (VENV / "bin" / "python").exists():
        venv.create(VENV, with_pip=True)
    stamp.unlink(missing_ok=True)
    files = ["-r", ROOT / lock, "-r", ROOT / "requirements-build.lock"]
    run(*PIP, "install", *QUIET, "--require-hashes", *files)
    stamp.write_text(key_of(lock))
    return True


def install_program(*, is_new: bool) -> bool:
    """Install Curbstop itself, which also fetches the pages' assets and compiles the translations."""
    stamp = VENV / ".program"
    key = digest([ROOT / name for name in ("pyproject.toml", "hatch_build.py", "package-lock.json")] + translations())
    assets = ROOT / "src/curbstop/foundation/web/static/vendor/uswds/.lock"
    if not is_new and stamp.exists() and stamp.read_text() == key and assets.exists():
        return False
    run(*PIP, "install", *QUIET, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    run(*PIP, "check", *QUIET)
    stamp.write_text(key)
    return True


def translations() -> list[Path]:
    """Return the files that translators write."""
    return sorted((ROOT / "src/curbstop").rglob("*.po"))


def key_of(lock: str) -> str:
    """Return what must be the same for an environment to be used again."""
    return f"{digest([ROOT / lock, ROOT / 'requirements-build.lock'])} {lock} {sys.version_info[:2]} {ROOT}"


def digest(paths: list[Path]) -> str:
    """Return one hash of several files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def run(*command: object) -> None:
    """Run one step, and stop with its exit code if it fails."""
    code = subprocess.run([str(word) for word in command], cwd=ROOT, check=False).returncode
    if code:
        sys.exit(f"This step failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    main()
