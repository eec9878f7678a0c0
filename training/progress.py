"""How long work says how far it is: bars with rate and time left on a terminal, silence elsewhere."""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress(Protocol):
    """Where long work reports; the command line draws bars, tests count."""

    def start(self, stage: str, total: int) -> None:
        """A stage of `total` steps begins."""

    def advance(self, steps: int, note: str = "") -> None:
        """`steps` more are done; `note` is a short figure such as the loss."""


class Bars:
    """One bar a stage on stderr, with its rate and the time left; used as a context."""

    def __init__(self) -> None:
        self._bars = RichProgress(
            TextColumn("{task.description:34}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def start(self, stage: str, total: int) -> None:
        self._task = self._bars.add_task(stage, total=total, rate="", note="")

    def advance(self, steps: int, note: str = "") -> None:
        if self._task is not None:
            speed = self._bars.tasks[self._task].speed
            self._bars.update(self._task, advance=steps, note=note, rate=f"{speed:.1f}/s" if speed else "")
