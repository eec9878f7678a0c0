"""What can go wrong while gathering photos, and what the caller does about it.

ScraperError
├── JobError         exit 2: the job file, a shop file or an argument is wrong; the person who wrote it mends it
├── DatasetError     exit 3: the dataset is missing, empty or inconsistent; the message names file and line
├── PageFileError    exit 3: a saved page cannot be read; name it and take another
├── PictureError     exit 3: the bytes hold no picture that can be kept; record why, go on with the next
├── FetchError       exit 4: a host does not answer or refuses one address; retried with back-off, then recorded
│   └── BlockedError exit 4: the shop does not want us now; stop asking it, resume later
├── BrowserError     exit 4: no browser, or it died more often than is reasonable; the message says what to install
└── StoreError       exit 4: the disk will not keep the dataset; make room or mend permissions, then resume

They derive from click's exception, so that a command ends with one line on stderr and the documented exit code
without a handler of its own.
"""

import click


class ScraperError(click.ClickException):
    """Anything that the scraper reports in one line; catch a subclass where one can be mended."""

    exit_code = 4


class JobError(ScraperError):
    """The job file or an argument is wrong; the message names the key, what was found and what is right."""

    exit_code = 2


class DatasetError(ScraperError):
    """The dataset cannot be used; the message names the file, the line and what would be right."""

    exit_code = 3


class PageFileError(ScraperError):
    """The saved page cannot be read; the message names the file and the system's reason."""

    exit_code = 3


class PictureError(ScraperError):
    """The bytes hold no picture that can be kept; the message is the reason, fit for the manifest."""

    exit_code = 3


class FetchError(ScraperError):
    """An address could not be had; `status` is the manifest's word for why, and says whether a later try may help."""

    def __init__(self, message: str, *, status: str) -> None:
        super().__init__(message)
        self.status = status


class BlockedError(FetchError):
    """The host refuses us for now; ask it nothing more in this run and resume after a pause."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status="blocked")


class BrowserError(ScraperError):
    """The browser cannot be started or kept alive; the message says what to install or where to look."""


class StoreError(ScraperError):
    """The dataset cannot be written; what was written before is whole, and a later run resumes there."""
