"""The pieces of HTML that the page is made of; every text is escaped here."""

import base64
import html
from collections.abc import Iterable, Mapping, Sequence

from training.detail import UNKNOWN
from training.intervals import Interval

_GREEN, _RED, _AMBER = "47,111,94", "178,58,58", "192,138,46"


def text(words: object) -> str:
    """Words, safe to stand between tags and in attributes."""
    return html.escape(str(words))


def percent(share: float) -> str:
    """A share as a person says it: 90.7 %."""
    return f"{share:.1%}".replace("%", "\u202f%")


def interval(counted: Interval) -> str:
    """A share with its interval, in words."""
    if not counted.n:
        return "<span class=faint>none</span>"
    low, high = f"{100 * counted.low:.1f}", f"{100 * counted.high:.1f}"
    return f"{percent(counted.share)} <span class=faint>{low} to {high}</span>"


def bar(counted: Interval, colour: str) -> str:
    """A share as a dot on a line from 0 to 1, its interval as a band."""
    if not counted.n:
        return "<span class=range></span>"
    left, width = 100 * counted.low, 100 * (counted.high - counted.low)
    where = f"left:{left:.1f}%;width:{width:.1f}%;background:{colour}"
    dot = f"left:{100 * counted.share:.1f}%;background:{colour}"
    return f"<span class=range><i style='{where}'></i><b style='{dot}'></b></span>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> str:
    """A table whose cells are HTML already; it scrolls by itself where the screen is narrow."""
    top = "".join(f"<th scope=col>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class=wide><table class='{kind}'><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def matrix(confusion: Mapping[str, Mapping[str, int]], answers: Sequence[str], *, kind: str = "") -> str:
    """How often a photo of each row's label was answered with each column's; darker is a larger part of the row.

    Green is right, red a garment taken for another, amber one that was let go or another thing that was let in.
    """
    head = ["<span class=faint>photo of</span>", *(text(answer) for answer in answers)]
    rows = []
    for label, said in confusion.items():
        total = max(1, sum(said.values()))
        cells = [_cell(said.get(answer, 0), total, _meaning(label, answer, answers)) for answer in answers]
        rows.append((text(label), *cells))
    return table(head, rows, kind=f"matrix {kind}")


def picture(content: bytes, kind: str, words: str) -> str:
    """A picture inside the page; `kind` is its media type, `words` what it shows."""
    data = base64.b64encode(content).decode("ascii")
    return f"<img src='data:{kind};base64,{data}' alt='{text(words)}'>"


def figure(content: bytes, title: str, words: str = "") -> str:
    """A plot under its title, with a sentence that says how to read it."""
    note = f"<p class=faint>{text(words)}</p>" if words else ""
    return f"<figure class=plot><h4>{text(title)}</h4>{picture(content, 'image/svg+xml', title)}{note}</figure>"


def tile(name: str, value: str, note: str) -> str:
    """One headline figure; `value` and `note` are HTML already."""
    return f"<div class=tile><span>{text(name)}</span><strong>{value}</strong><small>{note}</small></div>"


def _meaning(label: str, answer: str, answers: Sequence[str]) -> str:
    """The colour of an answer, as red, green, blue."""
    garment = label in answers
    if label == answer or (not garment and answer == UNKNOWN):
        return _GREEN
    return _RED if garment and answer != UNKNOWN else _AMBER


def _cell(count: int, total: int, colour: str) -> str:
    share = count / total
    # A share of one in fifty is still to be seen: the eye takes colour by its root.
    strength = 0.9 * share**0.5 if count else 0.0
    # Black no longer reads on strong green and red; on amber it always does.
    ink = "#fff" if strength > 0.55 and colour != _AMBER else "inherit"  # noqa: PLR2004 - of full colour
    words = f"<b>{count}</b><small>{percent(share) if count else ''}</small>"
    return f"<span class=cell style='background:rgba({colour},{strength:.2f});color:{ink}'>{words}</span>"
