"""Pictures as JPEG files that are not too large to be sent."""

import cv2

from agent.errors import PictureError
from agent.fit import Pixels

_LONGEST_SIDE = 1280  # enough to see what is wrong with a camera, and no more of the people before it
_BEST, _WORST, _STEP = 85, 55, 15


def encode_jpeg(pixels: Pixels, most_bytes: int) -> bytes:
    """The picture in at most `most_bytes` (1000 or more): first in lower quality, then smaller.

    Raises:
        PictureError: OpenCV cannot encode it.
    """
    longest, quality = min(_LONGEST_SIDE, max(pixels.shape[:2])), _BEST
    encoded = _encoded(pixels, longest, quality)
    while len(encoded) > most_bytes and longest > 1:
        if quality > _WORST:
            quality -= _STEP
        else:
            longest //= 2
        encoded = _encoded(pixels, longest, quality)
    return encoded


def _encoded(pixels: Pixels, longest: int, quality: int) -> bytes:
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    try:
        shrunk = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
        bgr = cv2.cvtColor(shrunk, cv2.COLOR_RGB2BGR)
        done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise PictureError(f"cannot be made a JPEG: {error.err}") from error
    if not done:
        raise PictureError("cannot be made a JPEG")
    return encoded.tobytes()
