"""`srcset`, as https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute reads it."""

import re

CANDIDATE = re.compile(
    r"""
    [\s,]*
    (?P<url>\S*[^\s,])          # addresses may hold commas, but not end in one
    (?:
        ,                       # a comma that ends the address: no descriptor
      | \s+(?P<descriptor>[^,(]*(?:\([^)]*\)[^,(]*)*)
      | $
    )
    """,
    re.VERBOSE,
)
SIZE = re.compile(r"^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([wx])$")


def candidates(srcset: str) -> list[tuple[float, str]]:
    """The (size, address) pairs of a srcset in order; size is the width or density named, 1 where none is."""
    found = []
    for match in CANDIDATE.finditer(srcset):
        sizes = [SIZE.match(word) for word in (match["descriptor"] or "").split()]
        found.append((max((float(size[1]) for size in sizes if size), default=1.0), match["url"]))
    return found
