"""Rebuilds a release from its landed bytes in a folder of its own, and shows whether tables are equal."""

from __future__ import annotations

import shutil
import sys
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import click

from orchestration.code_version import code_version, runtime
from orchestration.environment import PROJECT_ROOT, Settings, SettingsError, read_settings
from orchestration.paths import DataPaths
from orchestration.publishing.manifest import read_manifest, sha256_of, verify_release
from orchestration.reproduction import check_signed_files, compare_tables, lay_out_landed
from orchestration.run_configuration import recorded_run
from orchestration.sources.types import SourceError


def reproduce(release: Path, held: DataPaths, settings: Settings, folder: Path) -> bool:
    """Rebuild a release and print how its tables compare.

    Parameters
    ----------
    release
        Folder of the release.
    held
        The data folder with the bytes that it was made from.
    settings
        The settings at hand; what the release records takes their place, and is said where it differs.
    folder
        An empty folder to work in.

    Returns
    -------
    bool
        Whether every table is equal.

    Raises
    ------
    SourceError
        When the release is damaged, or bytes or signed files that it was made from are missing.
    """
    damage = verify_release(release)
    if damage:
        raise SourceError(
            release.name,
            f"is damaged: {'; '.join(damage[:5])}",
            "reproduce an undamaged copy, or publish again",
        )
    manifest = read_manifest(release)
    _say_what_differs(manifest)
    recorded = recorded_run(release, manifest, settings)
    for difference in recorded.differences:
        click.secho(difference, fg="yellow", err=True)
    settings, target = replace(recorded.settings, data=folder), DataPaths(folder)
    target.claim(settings)
    count = lay_out_landed(manifest, held, target)
    check_signed_files(manifest, target)
    click.echo(f"{release.name}: {count} partitions and datasets laid out in {folder}")
    from orchestration.defs.automation.jobs import REBUILD_JOB
    from orchestration.run import run_job

    succeeded = run_job(settings, REBUILD_JOB, {}, recorded.ops)
    rebuilt = DataPaths(folder).published_root / "latest"
    if not rebuilt.exists():
        click.secho("Nothing was published: see the checks above.", fg="red", err=True)
        return False
    comparisons = compare_tables(release, rebuilt)
    for one in comparisons:
        click.secho(one.words, fg=None if one.is_equal else "red")
    equal = sum(one.is_equal for one in comparisons)
    click.echo(f"{equal} of {len(comparisons)} tables are equal; rebuilt as {rebuilt.resolve().name}.")
    return succeeded and equal == len(comparisons)


def _say_what_differs(manifest: dict) -> None:
    """Say when code, libraries or what they run on are not the release's: tables may then rightly differ."""
    # Releases made before this was recorded tell nothing of what they ran on.
    recorded = manifest.get("runtime", {})
    for name, then, now in (
        ("code", manifest["code_version"], code_version()),
        ("lock file", manifest["dependency_lock_sha256"], sha256_of(PROJECT_ROOT / "requirements.lock")),
        *((name, then, runtime()[name]) for name, then in recorded.items()),
    ):
        if then != now:
            click.secho(f"{name}: the release was made with {then}, this is {now}", fg="yellow", err=True)


def _releases_of(held: DataPaths) -> str:
    """Say which releases there are; none may also mean another data folder."""
    names = sorted(path.name for path in held.published_root.glob("*/") if (path / "manifest.json").is_file())
    if not names:
        return ": publish one with make run, or name with DATA= the data folder that has it"
    return f", which has {', '.join(names)}"


@click.command()
@click.argument("release")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this empty folder and leave it there.")
def main(release: str, keep: Path | None) -> None:
    """Rebuild RELEASE, a name in the data folder's published releases or a folder."""
    warnings.filterwarnings("ignore", module="dagster")
    try:
        settings = read_settings()
        held = DataPaths(settings.data)
        named = held.published_root / release
        found = (named if named.exists() else Path(release)).resolve()
        if not found.is_dir():
            raise click.ClickException(
                f"there is no release {release} in {held.published_root}{_releases_of(held)}"
            )
        folder = keep or Path(tempfile.mkdtemp(prefix="crimeharm-rebuild-"))
        if folder.exists() and any(folder.iterdir()):
            raise click.ClickException(f"{folder} is not empty: name an empty folder")
        try:
            is_equal = reproduce(found, held, settings, folder)
        finally:
            if keep is None:
                shutil.rmtree(folder, ignore_errors=True)
    except (SettingsError, SourceError) as error:
        raise click.ClickException(str(error)) from error
    if not is_equal:
        sys.exit(1)


if __name__ == "__main__":
    main()
