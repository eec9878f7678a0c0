"""How training and export speak on stderr: their own log in colour, TensorFlow's and its friends' not at all."""

import logging
import os

from rich.console import Console
from rich.logging import RichHandler

_CHATTY = ("matplotlib", "h5py", "absl", "tensorflow")


def set_up_logging(*, verbose: bool) -> None:
    """Logs to stderr, lifecycle and warnings, or in detail; to be called before TensorFlow is imported."""
    handler = RichHandler(console=Console(stderr=True), show_path=False, show_time=False)
    logging.basicConfig(level="DEBUG" if verbose else "INFO", format="%(message)s", handlers=[handler])
    # TensorFlow reads this when it is imported, and otherwise greets every user with a page about its build.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.ERROR)
