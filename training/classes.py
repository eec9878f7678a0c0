"""Class names: their one explicit order, and matching by name where another data set spells them differently."""

import difflib
import re
from collections.abc import Iterable, Sequence

from training.errors import ClassError


def match_labels(found: Iterable[str], labels: Sequence[str]) -> dict[str, str]:
    """Which of the model's `labels` each found class name means: by name, never by position.

    Case, spaces, punctuation and a plural s do not count: `Jeans`, `jeans` and `JEAN` are one class.

    Raises:
        ClassError: a name means none of the labels, or two labels cannot be told apart.
    """
    by_key: dict[str, str] = {}
    for label in labels:
        other = by_key.setdefault(_key(label), label)
        if other != label:
            raise ClassError(f"classes {other!r} and {label!r} are spelt alike; rename one")
    matched = {}
    for name in found:
        if _key(name) not in by_key:
            near = difflib.get_close_matches(_key(name), by_key, n=1)
            hint = f"; did you mean {by_key[near[0]]!r}?" if near else ""
            raise ClassError(f"class {name!r} is none of the model's {', '.join(labels)}{hint}")
        matched[name] = by_key[_key(name)]
    return matched


def _key(name: str) -> str:
    letters = re.sub(r"[\W_]+", "", name.casefold())
    return letters[:-1] if letters.endswith("s") and len(letters) > 1 else letters
