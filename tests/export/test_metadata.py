"""The TFLite Metadata that rides in the flatbuffer, read back by the public schema and nothing of ours.

`FIELDS` is the schema's own order (metadata_schema.fbs, M001), in which a table's fields are numbered; a union takes two.
"""

import zipfile
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as tflite
from ai_edge_litert.interpreter import Interpreter
from flatbuffers.number_types import Float32Flags, Int8Flags, Uint32Flags, UOffsetTFlags
from flatbuffers.table import Table

from agent.bundle import Bundle, read_bundle, write_bundle
from export.metadata import with_metadata
from export.provenance import digested
from tests.models import LABELS, SPEC, flatbuffer, golden, manifest

SCHEMA = """
ModelMetadata name description version subgraph_metadata author license associated_files min_parser_version
SubGraphMetadata name description input_tensor_metadata output_tensor_metadata associated_files
TensorMetadata name description dimension_names content process_units stats associated_files
Content content_properties_type content_properties range
ImageProperties color_space default_size
ImageSize width height
ProcessUnit options_type options
NormalizationOptions mean std
Stats max min
AssociatedFile name description type locale version
"""
FIELDS = {line.split()[0]: line.split()[1:] for line in SCHEMA.strip().splitlines()}


class Read:
    """A table of the metadata: each method reads one field by its name in the schema."""

    def __init__(self, kind: str, table: Table) -> None:
        self._kind, self._table = kind, table

    def text(self, field: str) -> str:
        return self._table.String(self._at(field)).decode()

    def byte(self, field: str) -> int:
        return int(self._table.Get(Int8Flags, self._at(field)))

    def number(self, field: str) -> int:
        return int(self._table.Get(Uint32Flags, self._at(field)))

    def floats(self, field: str) -> list[float]:
        return self._table.GetVectorAsNumpy(Float32Flags, self._table.Offset(self._place(field))).tolist()

    def table(self, field: str, kind: str) -> "Read":
        return Read(kind, Table(self._table.Bytes, self._table.Indirect(self._at(field))))

    def tables(self, field: str, kind: str) -> list["Read"]:
        offset = self._table.Offset(self._place(field))
        start = self._table.Vector(offset)
        return [
            Read(kind, Table(self._table.Bytes, self._table.Indirect(start + 4 * index)))
            for index in range(self._table.VectorLen(offset))
        ]

    def _place(self, field: str) -> int:
        return 4 + 2 * FIELDS[self._kind].index(field)

    def _at(self, field: str) -> int:
        offset = self._table.Offset(self._place(field))
        assert offset, f"{self._kind} has no {field}"
        return int(offset + self._table.Pos)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("metadata") / "tiny.tflite"
    content = with_metadata(flatbuffer(), manifest())
    write_bundle(path, digested(manifest(), content), content, golden())
    return path


@pytest.fixture(scope="module")
def metadata(written: Path) -> Read:
    model = tflite.Model.GetRootAsModel(written.read_bytes(), 0)
    entries = {model.Metadata(index).Name().decode(): model.Metadata(index) for index in range(model.MetadataLength())}
    content = model.Buffers(entries["TFLITE_METADATA"].Buffer()).DataAsNumpy().tobytes()
    assert content[4:8] == b"M001"
    return Read("ModelMetadata", Table(content, flatbuffers.encode.Get(UOffsetTFlags.packer_type, content, 0)))


def test_it_names_the_model(metadata: Read) -> None:
    assert (metadata.text("name"), metadata.text("version")) == ("tiny", "2026.11.24")
    assert "jeans, sarees, trousers" in metadata.text("description")
    assert metadata.text("min_parser_version") == "1.0.0"


def test_the_input_is_an_rgb_image_whose_pixels_go_in_as_they_are(metadata: Read) -> None:
    (subgraph,) = metadata.tables("subgraph_metadata", "SubGraphMetadata")
    (image,) = subgraph.tables("input_tensor_metadata", "TensorMetadata")
    content = image.table("content", "Content")
    assert content.byte("content_properties_type") == 2  # ImageProperties
    properties = content.table("content_properties", "ImageProperties")
    assert properties.byte("color_space") == 1  # RGB
    size = properties.table("default_size", "ImageSize")
    assert (size.number("height"), size.number("width")) == (SPEC.height, SPEC.width)
    (unit,) = image.tables("process_units", "ProcessUnit")
    assert unit.byte("options_type") == 1  # NormalizationOptions
    options = unit.table("options", "NormalizationOptions")
    assert (options.floats("mean"), options.floats("std")) == ([0.0], [1.0])
    stats = image.table("stats", "Stats")
    assert (stats.floats("min"), stats.floats("max")) == ([0.0], [255.0])


def test_the_output_names_the_labels_file_in_the_zip(metadata: Read, written: Path) -> None:
    (subgraph,) = metadata.tables("subgraph_metadata", "SubGraphMetadata")
    (output,) = subgraph.tables("output_tensor_metadata", "TensorMetadata")
    assert output.text("name") == "probability"
    (file,) = output.tables("associated_files", "AssociatedFile")
    assert file.byte("type") == 2  # TENSOR_AXIS_LABELS
    with zipfile.ZipFile(written) as archive:
        assert archive.read(file.text("name")).decode().split() == list(LABELS)


def test_the_model_computes_what_it_did_without(written: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1, SPEC.height, SPEC.width, 3), np.uint8)
    answers = []
    for content in (flatbuffer(), read_bundle(written).flatbuffer):
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    assert np.array_equal(*answers)


def test_the_same_model_and_manifest_give_the_same_bytes(written: Path) -> None:
    bundle: Bundle = read_bundle(written)
    assert with_metadata(flatbuffer(), bundle.manifest) == bundle.flatbuffer
