"""What can go wrong while deploying, and what the caller does about it.

DeployError
└── InstallError     exit 4: the system refuses a file or a folder; the message names it and says what would help

They derive from click's exception, so that a command ends with one line on stderr and the documented exit code
without a handler of its own.
"""

import click


class DeployError(click.ClickException):
    """Anything that deploy reports in one line."""

    exit_code = 4


class InstallError(DeployError):
    """A file or folder of the installation cannot be written."""
