"""What can go wrong while exporting, and what the caller does about it.

ExportError
├── CalibrationError   exit 3: the calibration photos do not cover the model's classes; give others
├── ComparisonError    exit 3: the test photos hold nothing to compare on; give others
├── ConversionError    exit 3: TensorFlow cannot convert this model; the message holds its reason
└── GateError          exit 3: the exported model lost more than allowed; the message says what to try

They derive from click's exception, so that a command ends with one line on stderr and the documented exit code
without a handler of its own. Errors of the inputs (run, dataset, bundle) are those of the parts that read them.
"""

import click


class ExportError(click.ClickException):
    """Anything that export reports in one line."""

    exit_code = 3


class CalibrationError(ExportError):
    """The representative dataset cannot stand for what the model will see."""


class ConversionError(ExportError):
    """The converter gave up; the model, or the TensorFlow version, is not one that it knows."""


class ComparisonError(ExportError):
    """Nothing can be said about the exported model with these photos or files."""


class GateError(ExportError):
    """A form of the model lost more than `--max-drop`; it was not written."""
