"""Opens whatever `source` names."""

from pathlib import Path

from agent.adapters.demo_camera import DemoCamera
from agent.adapters.folder_camera import FolderCamera
from agent.adapters.opencv_camera import OpenCvCamera
from agent.adapters.scene_camera import SceneRenderer
from agent.config import CameraConfig
from agent.ports import Camera, Clock
from agent.scene import Scene
from agent.source import SourceKind, parse_source


def open_camera(config: CameraConfig, clock: Clock) -> Camera:
    """The camera, stream, video, folder or demo that `config.source` names, open.

    Raises:
        ConfigError: the text names no source that there can be.
        CameraError: it is not there, or gives no picture; the message says what would be right, without passwords.
    """
    source = parse_source(config.source)
    if source.kind is SourceKind.DEMO:
        return DemoCamera(SceneRenderer(Scene(source.seed)), clock)
    if source.kind is SourceKind.PATH and _is_folder(Path(source.text)):
        return FolderCamera(config, clock)
    return OpenCvCamera(config, clock)


def is_finite(source: str) -> bool:
    """True for what has a last picture: videos and folders. Cameras, streams and the demo go on for ever.

    Raises:
        ConfigError: the text names no source that there can be.
    """
    return parse_source(source).finite


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # closed to us, or too long a name: opening it as a video says which
        return False
