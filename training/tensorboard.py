"""The history as TensorBoard reads it: `tensorboard --logdir RUN/tensorboard`."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from training.run import Epoch

_COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy")


def write_logs(folder: Path, history: Sequence[Epoch]) -> None:
    """One log a stage under `folder`, one scalar a column and epoch.

    The `tensorboard` package need not be installed: `tf.summary.scalar` belongs to it, the writer below does not.
    """
    scalars = tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"),
        data_class=tf.compat.v1.DataClass.DATA_CLASS_SCALAR if hasattr(tf.compat.v1, "DataClass") else 1,
    )
    for stage in dict.fromkeys(row.stage for row in history):
        writer = tf.summary.create_file_writer(str(folder / stage.replace("/", "-")))
        with writer.as_default():
            for row in (row for row in history if row.stage == stage):
                for column in _COLUMNS:
                    if (value := getattr(row, column)) is not None:
                        tf.summary.write(column, tf.constant(value, tf.float32), step=row.epoch, metadata=scalars)
        writer.close()
