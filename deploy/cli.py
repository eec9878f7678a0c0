"""`vastra-deploy`: the agent onto a device."""

import sys
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import click

from deploy.install import CONFIG_PATH, UNIT_PATH, apply, plan

_NEXT = f"""\
Next, as root:
  useradd --system --groups video vastra      # once
  vastra-agent check --config {CONFIG_PATH}
  systemctl daemon-reload && systemctl enable --now {UNIT_PATH.name}"""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("vastra"), prog_name="vastra-deploy")
def main() -> None:
    """Put the agent on devices."""


@main.command(epilog="\b\nExample:\n  vastra-deploy install --dry-run")
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("/"),
    show_default=True,
    help="The device's file system: / here, or a mounted image.",
)
@click.option(
    "--program",
    default=str(Path(sys.executable).parent / "vastra-agent"),
    show_default=True,
    help="Where vastra-agent lies on the device.",
)
def install(*, dry_run: bool, root: Path, program: str) -> None:
    """Write the systemd unit and, if there is none yet, a first configuration."""
    try:
        files = plan(PurePosixPath(program))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--program") from error
    if dry_run:
        for file in files:
            click.echo(f"# {file.path}{' (only if there is none)' if file.keep_present else ''}\n{file.content}")
        return
    changed = apply(files, root)
    for path in changed:
        click.echo(f"wrote {path}")
    click.echo(_NEXT if changed else "nothing to do: all files are as they should be")
