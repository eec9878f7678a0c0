"""The models that come along, by name."""

from pathlib import Path

DEFAULT_MODEL = "slim"

_FOLDER = Path(__file__).parent / "models"
BUNDLED = {name: _FOLDER / f"vastra-{name}.tflite" for name in ("slim", "vgg16")}
"""`slim` answers some thirteen times a second for each answer of `vgg16`, which is right a little more often."""


def model_file(name_or_path: str | Path | None) -> Path:
    """The bundle that came along under this name, or else the path itself; without either the default model."""
    chosen = str(name_or_path or DEFAULT_MODEL)
    return BUNDLED.get(chosen, Path(chosen))
