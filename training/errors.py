"""What can go wrong while training, and what the caller does about it.

TrainingError
├── RecipeError      exit 2: the recipe or an argument is wrong; the person who wrote it mends it
├── ClassError       exit 3: the data set's classes cannot be used or matched; the message names them
├── LeakError        exit 3: training and test photos show the same shots; remove them or allow it
├── WeightsError     exit 3: the weights are missing or belong to another network
├── CacheError       exit 4: the cache cannot be written; free some disk and run again, what was cached counts
└── RunError         exit 3: the run folder is missing, incomplete or of another version

They derive from click's exception, so that a command ends with one line on stderr and the documented exit code
without a handler of its own.
"""

import click


class TrainingError(click.ClickException):
    """Anything that training reports in one line."""

    exit_code = 3


class RecipeError(TrainingError):
    """The recipe or an argument is wrong; the message names the key, what was found and what is right."""

    exit_code = 2


class ClassError(TrainingError):
    """The classes of a data set are too few, empty, or match none of the model's."""


class LeakError(TrainingError):
    """Photos of one shot lie on both sides of the line between training and test; the message names some pairs."""


class WeightsError(TrainingError):
    """The weights cannot be had or do not fit the backbone."""


class CacheError(TrainingError):
    """The folder of frozen activations cannot be written; what it held before stays valid."""

    exit_code = 4


class RunError(TrainingError):
    """The folder is not a finished run of this program."""
