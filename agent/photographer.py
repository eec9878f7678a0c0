"""Sends what a camera shows at the moment, when somebody asks for it."""

from collections.abc import Callable, Sequence

from agent.errors import AgentError
from agent.fit import Pixels
from agent.publisher import Publisher


class Photographer:
    """Takes the newest picture of one of the `cameras` by `picture`, and makes a JPEG of it by `jpeg`."""

    def __init__(
        self,
        publisher: Publisher,
        cameras: Sequence[str],
        picture: Callable[[str], Pixels],
        jpeg: Callable[[Pixels], bytes],
    ) -> None:
        self._publisher, self._cameras, self._picture, self._jpeg = publisher, cameras, picture, jpeg

    def take(self, camera: str | None) -> str | None:
        """Publishes the picture of `camera`, or of each where it is None; gives why not, None if all went well."""
        if camera is not None and camera not in self._cameras:
            return f"there is no camera {camera!r}; known are {', '.join(self._cameras)}"
        reasons = []
        for name in self._cameras if camera is None else [camera]:
            try:
                jpeg = self._jpeg(self._picture(name))
            except AgentError as error:
                reasons.append(f"{name}: {error.message}")
            else:
                self._publisher.snapshot(name, jpeg)
        return "; ".join(reasons) or None
