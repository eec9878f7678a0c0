"""TFLite Metadata: what other TFLite tools need to use a bundle, written into the flatbuffer the standard way.

Source: https://github.com/google-ai-edge/mediapipe/blob/master/mediapipe/tasks/metadata/metadata_schema.fbs (M001); the
numbers below are its fields' places and its unions' and enums' values. The libraries that write it do not go with ours:
tflite-support stopped at protobuf 3, mediapipe brings an OpenCV that takes the place of the agent's.
"""

from dataclasses import dataclass

import flatbuffers
import numpy as np
from tensorflow.lite.tools import flatbuffer_utils

from agent.bundle import LABELS_NAME, Manifest

_BUFFER_NAME = "TFLITE_METADATA"
_IDENTIFIER = b"M001"
_PARSER_VERSION = "1.0.0"  # the first that knows all that is used here
_FEATURE, _IMAGE = 1, 2  # union ContentProperties
_NORMALIZATION = 1  # union ProcessUnitOptions
_TENSOR_AXIS_LABELS = 2  # enum AssociatedFileType
_RGB = 1  # enum ColorSpaceType


def with_metadata(flatbuffer: bytes, manifest: Manifest) -> bytes:
    """The model with metadata for `manifest`'s name, input and labels; the labels lie in the bundle's zip."""
    # TensorFlow's own way of rewriting a model, the one that its converter went through a moment ago.
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(flatbuffer))
    schema = flatbuffer_utils.schema_fb
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(describe(manifest), np.uint8)
    model.buffers.append(buffer)
    entry.name, entry.buffer = _BUFFER_NAME, len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def describe(manifest: Manifest) -> bytes:
    """The metadata alone, a flatbuffer of type ModelMetadata."""
    writer = _Writer()
    subgraph = writer.table({2: [_input(writer, manifest)], 3: [_output(writer)]})
    known = ", ".join(manifest.known)
    text = f"Says which of {known} a picture shows; best under the threshold in vastra.json means none of them."
    return writer.finish(
        writer.table({0: manifest.name, 1: text, 2: manifest.version, 3: [subgraph], 7: _PARSER_VERSION})
    )


def _input(writer: "_Writer", manifest: Manifest) -> "_Table":
    spec = manifest.input
    size = writer.table({0: spec.width, 1: spec.height})
    content = writer.table({0: _Byte(_IMAGE), 1: writer.table({0: _Byte(_RGB), 1: size})})
    # (x - 0) / 1: pixels go in as they are, all other preprocessing is in the graph.
    unit = writer.table({0: _Byte(_NORMALIZATION), 1: writer.table({0: (0.0,), 1: (1.0,)})})
    stats = writer.table({0: (255.0,), 1: (0.0,)})
    text = f"A picture, RGB uint8 0..255, {spec.height} high and {spec.width} wide; best fitted by {spec.fit}."
    return writer.table({0: "image", 1: text, 3: content, 4: [unit], 5: stats})


def _output(writer: "_Writer") -> "_Table":
    file = writer.table({0: LABELS_NAME, 1: "Labels in output order.", 2: _Byte(_TENSOR_AXIS_LABELS)})
    content = writer.table({0: _Byte(_FEATURE), 1: writer.table({})})
    stats = writer.table({0: (1.0,), 1: (0.0,)})
    text = "Softmax over the labels, before the temperature in vastra.json."
    return writer.table({0: "probability", 1: text, 3: content, 5: stats, 6: [file]})


@dataclass(frozen=True, slots=True)
class _Byte:
    """An enum's or union type's value."""

    value: int


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that is written already."""

    offset: int


_Field = str | int | _Byte | _Table | list[_Table] | tuple[float, ...]


class _Writer:
    """Writes flatbuffer tables; children before parents, as the format demands."""

    def __init__(self) -> None:
        self._builder = flatbuffers.Builder(1024)

    def table(self, fields: dict[int, _Field]) -> _Table:
        """A table with `fields` by their place in the schema."""
        ready = {place: self._outside(field) for place, field in fields.items()}
        self._builder.StartObject(max(ready, default=-1) + 1)
        for place, field in ready.items():
            match field:
                case _Table(offset):
                    self._builder.PrependUOffsetTRelativeSlot(place, offset, 0)
                case _Byte(value):
                    self._builder.PrependUint8Slot(place, value, 0)
                case number:
                    self._builder.PrependUint32Slot(place, number, 0)
        return _Table(self._builder.EndObject())

    def finish(self, root: _Table) -> bytes:
        """All of it, `root` being the outermost table."""
        self._builder.Finish(root.offset, file_identifier=_IDENTIFIER)
        return bytes(self._builder.Output())

    def _outside(self, field: _Field) -> int | _Byte | _Table:
        """What a table only points to is written first; what stands in the table itself is given back."""
        builder = self._builder
        match field:
            case str():
                return _Table(builder.CreateString(field))
            case tuple():
                return _Table(builder.CreateNumpyVector(np.array(field, np.float32)))
            case list():
                builder.StartVector(4, len(field), 4)
                for child in reversed(field):
                    builder.PrependUOffsetTRelative(child.offset)
                return _Table(builder.EndVector())
        return field
