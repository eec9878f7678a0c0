"""What goes to stderr while a command works: one bar with rate and time left, and warnings, a line each."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Rate(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "")


class PlainLines(logging.Handler):
    """Warnings above the bar, whole and without ornament, so that they can be searched for."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(logging.Filter("scraper"))  # what drivers say of their own retries helps nobody
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        words = f"{record.levelname.lower()}: {record.getMessage()}"
        self.console.print(words, soft_wrap=True, markup=False, style="yellow")


@contextmanager
def progress_bar(console: Console | None = None) -> Iterator[Progress]:
    """A bar to add tasks to; nothing is drawn into a pipe or a log file."""
    console = console or Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        yield bar
