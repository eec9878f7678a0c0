"""What can go wrong in the agent, and what the caller does about it.

AgentError
├── ConfigError      exit 2: the person who wrote the configuration or the command line mends it
├── BundleError      exit 3: the model file is missing, damaged or not ours; take another
├── PictureError     exit 3: a picture cannot be read; name it, skip it, count it
├── OutboxError      exit 4: the disk will not keep events; make room or mend permissions
├── CameraError      exit 4: no picture comes; `run` retries with back-off, other commands stop
└── BrokerError      exit 4: the broker does not answer or refuses; `run` retries, other commands stop
    └── RivalError   another device speaks in our name; say so, and stay away for a while

They derive from click's exception, so that a command ends with one line on stderr and the documented exit code
without a handler of its own.
"""

import click


class AgentError(click.ClickException):
    """Anything that the agent reports in one line; catch a subclass where one can be mended."""

    exit_code = 4


class ConfigError(AgentError):
    """The configuration or an argument is wrong; the message names the key, what was found and what is right."""

    exit_code = 2


class BundleError(AgentError):
    """The file is not a whole, consistent bundle; nothing of it was given to the interpreter."""

    exit_code = 3


class PictureError(AgentError):
    """The file holds no picture that OpenCV can decode, or cannot be made one; skip it and go on with the next."""

    exit_code = 3


class OutboxError(AgentError):
    """The outbox cannot be opened or written; the message names the file and the system's reason."""


class CameraError(AgentError):
    """The source gives no picture; open it again after a pause, or tell the user when it was asked for once."""


class BrokerError(AgentError):
    """The broker cannot be reached or refuses the connection; try again after a pause."""


class RivalError(BrokerError):
    """Another device has our name: tell it, and leave the connection, as each would throw the other out for ever."""
