"""The whole page, top to bottom, in one file that needs no other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import keras
import msgspec

from training.evidence import Evidence
from training.report import plots
from training.report.markup import figure, table, text
from training.report.tested import Chapter, chapter_of
from training.run import Epoch, RunCard

_SITES_SHOWN = 15
_TEST = "Photos of sites that are in no part of the training data. They were reported on, and decided nothing."
_VALIDATION = (
    "Training photos, each scored by a model that had not seen its site. "
    "Temperature and threshold were chosen on them, so these numbers flatter a little."
)


@dataclass(frozen=True, slots=True, eq=False)  # eq: arrays and a model
class Findings:
    """A finished run as the page needs it: what `run.json` says, the history, and what the model said of each photo."""

    card: RunCard
    history: Sequence[Epoch]
    model: keras.Model
    test: Evidence | None
    validation: Evidence | None


def write_report(folder: Path, findings: Findings) -> None:
    """Writes `report.html` into `folder`."""
    (folder / "report.html").write_text(_page(findings), encoding="utf-8")


def _page(findings: Findings) -> str:
    card = findings.card
    chapters = _chapters(findings)
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>vastra: {text(card.backbone)} of {card.created:%Y-%m-%d}</title>",
        f"<style>{(files('training.report') / 'style.css').read_text(encoding='utf-8')}</style>",
        _head(card, chapters),
        "<main>",
        *(chapter_of(chapter, card) for chapter in chapters),
        _training(findings.history),
        _data(card),
        _recipe(card),
        _provenance(card),
        "</main></html>",
    ]
    return "\n".join(parts)


def _chapters(findings: Findings) -> list[Chapter]:
    found = []
    # What validation scored was scored by other models than the one at hand, so it is not looked into.
    for title, note, tested, evidence, model in (
        (_test_title(findings.card), _TEST, findings.card.test, findings.test, findings.model),
        (_validation_title(findings.card), _VALIDATION, findings.card.validation, findings.validation, None),
    ):
        if tested and tested.detail and evidence:
            found.append(Chapter(title, note, tested, tested.detail, evidence, model))
    return found


def _test_title(card: RunCard) -> str:
    return f"Test: {card.test.dataset}, {card.test.metrics.n:,} photos" if card.test else "Test"


def _validation_title(card: RunCard) -> str:
    return f"Validation: {card.validation.dataset}" if card.validation else "Validation"


def _head(card: RunCard, chapters: Sequence[Chapter]) -> str:
    names = [*(chapter.title.split(":")[0] for chapter in chapters), "Training", "Data", "Recipe", "Provenance"]
    links = "".join(f"<a href='#{name.lower()}'>{text(name)}</a>" for name in names)
    photos = f"{sum(card.photos.values()):,} photos" + (f" of {len(card.sites)} sites" if card.sites else "")
    return (
        f"<header><p class=kicker>vastra training report</p><h1>{text(card.backbone.upper())}</h1>"
        f"<p class=summary>{text(card.recipe.summary)}</p>"
        f"<p class=faint>{card.created:%d %B %Y, %H:%M} UTC · {photos} · {_duration(card.seconds)}</p></header>"
        f"<nav>{links}</nav>"
    )


def _training(history: Sequence[Epoch]) -> str:
    if not history:
        return ""
    curves = "".join(figure(plots.history(history, column), column.capitalize()) for column in ("loss", "accuracy"))
    words = "Over augmented views with smoothed and mixed labels: no measure of how good it is, but of how it learnt."
    head = ("stage", "epoch", "loss", "accuracy", "val_loss", "val_accuracy")
    rows = [
        (text(row.stage), str(row.epoch), *(_number(getattr(row, column)) for column in head[2:])) for row in history
    ]
    return (
        f"<section id=training><h2>Training</h2><p class=faint>{words}</p><div class=plots>{curves}</div>"
        f"<details><summary>Every epoch</summary>{table(head, rows)}</details></section>"
    )


def _data(card: RunCard) -> str:
    colours = dict(zip((label for label in card.labels if label not in card.rejects), plots.GARMENTS, strict=False))
    total = max(1, sum(card.photos.values()))
    legend = "".join(
        f"<span><i style='background:{colours.get(label, plots.FAINT)}'></i>{text(label)} <b>{count:,}</b></span>"
        for label, count in card.photos.items()
    )
    left_out = ", ".join(f"{count} {text(why)}" for why, count in card.skipped.items()) or "none"
    ordered = sorted(card.sites.items(), key=lambda item: -sum(item[1].values()))
    shown = _site_rows(card, dict(ordered[:_SITES_SHOWN]), colours)
    rest = dict(ordered[_SITES_SHOWN:])
    more = (
        f"<details><summary>{len(rest)} smaller sites</summary>{_site_rows(card, rest, colours)}</details>"
        if rest
        else ""
    )
    near = f" Near duplicates with the test photos, allowed: {card.near_duplicates}." if card.near_duplicates else ""
    return (
        f"<section id=data><h2>Data</h2><p class=faint>{total:,} photos trained on. Left out: {left_out}.{near}</p>"
        f"<div class=legend>{legend}</div>{_stack(card.photos, total, colours)}{shown}{more}</section>"
    )


def _site_rows(card: RunCard, sites: Mapping[str, Mapping[str, int]], colours: Mapping[str, str]) -> str:
    if not sites:
        return ""
    rows = [
        (
            text(site) or "(no site)",
            *(str(found.get(label, "")) for label in card.labels),
            f"<b>{sum(found.values())}</b>",
            _stack(found, sum(found.values()), colours),
        )
        for site, found in sites.items()
    ]
    return table(("site", *map(text, card.labels), "all", ""), rows, kind="sites")


def _stack(counts: Mapping[str, int], total: int, colours: Mapping[str, str]) -> str:
    parts = "".join(
        f"<i style='width:{100 * count / total:.2f}%;background:{colours.get(label, plots.FAINT)}'></i>"
        for label, count in counts.items()
    )
    return f"<span class=stack>{parts}</span>"


def _recipe(card: RunCard) -> str:
    values = msgspec.to_builtins(card.recipe)
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    sections = [("recipe", plain), *((key, value) for key, value in values.items() if isinstance(value, dict))]
    cards = "".join(f"<div><h4>{text(name)}</h4>{_pairs(pairs)}</div>" for name, pairs in sections)
    return f"<section id=recipe><h2>Recipe</h2><div class=recipe>{cards}</div></section>"


def _provenance(card: RunCard) -> str:
    seeds = {"schedule": card.recipe.schedule.seed, "views": card.recipe.views.seed}
    pairs = {
        "seeds": ", ".join(f"{name} {seed}" for name, seed in seeds.items()),
        "weights": card.weights,
        "recipe digest": card.recipe_digest,
        "photos hash": card.photos_hash,
        **({"test hash": card.test.dataset_hash} if card.test else {}),
        "temperature": card.temperature,
        "threshold": card.threshold,
        "code": f"vastra {card.code_version}",
        **{name: number for name, number in card.versions.items() if name != "vastra"},
        **({"machine": card.machine} if card.machine else {}),
        "wall time": _duration(card.seconds),
    }
    return f"<section id=provenance><h2>Provenance</h2>{_pairs(pairs)}</section>"


def _pairs(pairs: Mapping[str, object]) -> str:
    rows = "".join(f"<dt>{text(key)}</dt><dd>{text(_value(value))}</dd>" for key, value in pairs.items())
    return f"<dl>{rows}</dl>"


def _value(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else value


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{seconds:.0f} s" if minutes < 2 else f"{minutes:.0f} min"  # noqa: PLR2004 - until then seconds say more
