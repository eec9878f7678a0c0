"""`srcset`, as https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute reads it."""

import re

ADDRESS = re.compile(r"[\s,]*(\S*)")
DESCRIPTORS = re.compile(r"[^,(]*(?:\([^)]*\)?[^,(]*)*")
"""Up to the comma that ends a candidate: one in brackets does not."""
SIZE = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[wx]")


def candidates(srcset: str) -> list[tuple[float, str]]:
    """The (size, address) pairs of a srcset in order; size is the width or density named, 1 where none is."""
    found, at = [], 0
    while (match := ADDRESS.match(srcset, at)) and match[1]:
        at, address, sizes = match.end(), match[1].rstrip(","), ""
        if address == match[1] and (after := DESCRIPTORS.match(srcset, at)):  # a comma at its end: no size follows
            at, sizes = after.end(), after[0]
        named = [SIZE.fullmatch(word) for word in sizes.split()]
        found.append((max((float(size[1]) for size in named if size), default=1.0), address))
    return found
