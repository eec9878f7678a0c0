"""A drawn scene as a video file, for benchmarks and tests that need a camera's worth of frames."""

from pathlib import Path

import cv2

from agent.adapters.opencv_camera import quieten
from agent.adapters.scene_camera import SceneRenderer
from agent.errors import CameraError
from agent.scene import Scene

FRAMES_A_SECOND = 15


def write_scene_video(path: Path, *, frames: int, seed: int = 7) -> None:
    """Writes `frames` pictures of a scene, 15 a second, as MJPEG in AVI, which every OpenCV build reads and writes.

    Raises:
        CameraError: this OpenCV cannot write videos.
    """
    quieten()
    renderer = SceneRenderer(Scene(seed))
    size = (renderer.size.width, renderer.size.height)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FRAMES_A_SECOND, size)
    if not writer.isOpened():
        raise CameraError(f"{path}: this OpenCV cannot write an MJPEG video")
    try:
        for number in range(frames):
            writer.write(cv2.cvtColor(renderer.frame_at(number / FRAMES_A_SECOND), cv2.COLOR_RGB2BGR))
    finally:
        writer.release()
