"""The part of the page that one tested data set fills: classes, confusion, calibration, the unknown, sites, photos."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras

from training.detail import UNKNOWN, Detail, SiteDetail, answers_of, known_labels
from training.evidence import Evidence
from training.intervals import Interval
from training.report import gallery, plots
from training.report.markup import bar, figure, interval, matrix, percent, table, text, tile
from training.run import RunCard, Tested

_LARGE_SITE = 30
"""Known photos from which a site is shown by itself: with fewer its interval spans a third of the scale."""
_MATRICES = 8


@dataclass(frozen=True, slots=True, eq=False)  # eq: arrays and a model
class Chapter:
    """One tested data set: its title, its numbers, what was said of each photo, and the model if it may be looked into."""

    title: str
    note: str
    tested: Tested
    detail: Detail
    evidence: Evidence
    model: keras.Model | None


def headline(chapter: Chapter, card: RunCard) -> str:
    """The six figures that matter most."""
    metrics, detail = chapter.tested.metrics, chapter.detail
    kept = f"{percent(detail.known_kept.share)} of garments kept at the threshold {card.threshold:.3f}"
    tiles = [
        tile("top-1 accuracy", percent(metrics.top1), f"95 % interval {_range(detail.top1)}"),
        tile("macro-F1", f"{metrics.macro_f1:.3f}", f"the mean of {len(metrics.per_class)} garments"),
    ]
    if metrics.auroc_other is not None and metrics.other_accepted_at_95 is not None:
        tiles += [
            tile("AUROC against other", f"{metrics.auroc_other:.3f}", "1 tells all apart, 0.5 none"),
            tile("other accepted", percent(metrics.other_accepted_at_95), "where 95 % of garments are kept"),
            tile("accepted as shipped", percent(detail.other_accepted.share), kept),
        ]
    before = f"{detail.before.ece:.3f} before the temperature {card.temperature:g}"
    tiles.append(tile("calibration error", f"{detail.after.ece:.3f}", before))
    return f"<div class=tiles>{''.join(tiles)}</div><p class=lead>{_worst(detail)}</p>"


def chapter_of(chapter: Chapter, card: RunCard) -> str:
    """Everything about one tested data set."""
    said = answers_of(chapter.evidence, known_labels(card.labels, card.rejects), card.temperature)
    shelves = gallery.choose(chapter.evidence, said, card.threshold)
    histogram = figure(
        plots.scores(said.best, said.ours, card.threshold),
        "Scores: our garments against other",
        "The further the two lie apart, the better the threshold can tell them.",
    )
    sections = [
        f"<section id={chapter.title.split(':')[0].lower()}><h2>{text(chapter.title)}</h2>",
        f"<p class=faint>{text(chapter.note)}</p>",
        headline(chapter, card),
        f"<h3>Which garment is it?</h3><div class=pair>{_overall(chapter)}</div>{_classes(chapter)}",
        f"<h3>Can its scores be believed?</h3><div class=plots>{_calibration(chapter.detail)}</div>",
        f"<h3>Is it one of ours at all?</h3><div class=pair>{histogram}{_unknown(chapter.detail)}</div>",
        f"<h3>Site by site</h3>{_sites(chapter.detail)}{_matrices(chapter)}",
        f"<h3>Photos</h3>{_looked(chapter)}",
        gallery.show(chapter.evidence, said, shelves, chapter.model, card.input),
        "</section>",
    ]
    return "".join(sections)


def _worst(detail: Detail) -> str:
    """The commonest mistake, in a sentence."""
    taken: dict[tuple[str, str], int] = {}
    for site in detail.sites.values():
        for label, said in site.confusion.items():
            for answer, count in said.items():
                if label in detail.recall and label != answer:
                    taken[label, answer] = taken.get((label, answer), 0) + count
    if not taken:
        return "Not one garment was taken for another."
    (label, answer), count = max(taken.items(), key=lambda item: item[1])
    share = percent(count / detail.recall[label].n)
    return (
        f"The commonest mistake: <b>{text(label)}</b> called <b>{text(answer)}</b>, "
        f"{count} of {detail.recall[label].n} ({share})."
    )


def _overall(chapter: Chapter) -> str:
    answers = list(chapter.tested.metrics.per_class)
    forced = matrix(chapter.tested.metrics.confusion, answers)
    shipped = matrix(chapter.detail.shipped, [*answers, UNKNOWN])
    return (
        f"<figure class=plot><h4>The best garment, however low its score</h4>{forced}</figure>"
        f"<figure class=plot><h4>As the agent says it, with the threshold</h4>{shipped}</figure>"
    )


def _classes(chapter: Chapter) -> str:
    rows = [
        (
            text(label),
            str(one.n),
            interval(chapter.detail.recall[label]),
            interval(chapter.detail.precision[label]),
            f"{one.f1:.3f}",
        )
        for label, one in chapter.tested.metrics.per_class.items()
    ]
    head = (
        "garment",
        "photos",
        "recall <span class=faint>95 %</span>",
        "precision <span class=faint>95 %</span>",
        "F1",
    )
    return f"<figure class='plot after'><h4>Garment by garment</h4>{table(head, rows)}</figure>"


def _calibration(detail: Detail) -> str:
    words = "A dot under the line: it was surer than right."
    return "".join(
        figure(plots.reliability(one), f"{when} the temperature: ECE {one.ece:.3f}", words)
        for when, one in (("Before", detail.before), ("After", detail.after))
    )


def _unknown(detail: Detail) -> str:
    if not detail.unknown:
        return "<p class=faint>The data hold no photos of other things, so there is nothing to tell apart.</p>"
    best = max(detail.unknown, key=lambda name: detail.unknown[name].auroc)
    rows = [
        (
            f"<b>{text(name)}</b>" if name == best else text(name),
            f"{one.auroc:.3f}",
            percent(one.other_accepted_at_95),
        )
        for name, one in detail.unknown.items()
    ]
    head = ("score", "AUROC", "other accepted at 95 %")
    words = "The shipped threshold is on the maximum softmax. The best by AUROC is bold."
    return f"<figure class=plot><h4>Scores of the unknown compared</h4>{table(head, rows)}<p class=faint>{words}</p></figure>"


def _sites(detail: Detail) -> str:
    ordered = sorted(detail.sites.items(), key=lambda item: (-item[1].top1.n, -item[1].accepted.n))
    large = {name: site for name, site in ordered if site.top1.n + site.accepted.n >= _LARGE_SITE}
    small = {name: site for name, site in ordered if name not in large}
    parts = [_site_table(large)] if large else []
    if small:
        shown = "" if large else " open"
        words = f"{len(small)} sites of fewer than {_LARGE_SITE} photos"
        parts.append(f"<details{shown}><summary>{words}</summary>{_site_table(small)}</details>")
    return "".join(parts)


def _site_table(sites: Mapping[str, SiteDetail]) -> str:
    head = ("site", "garments", "top-1", "", "other", "accepted", "")
    rows = [
        (
            text(name) or "(no site)",
            str(site.top1.n),
            interval(site.top1),
            bar(site.top1, plots.KNOWN),
            str(site.accepted.n),
            interval(site.accepted),
            bar(site.accepted, plots.OTHER),
        )
        for name, site in sites.items()
    ]
    return table(head, rows, kind="sites")


def _matrices(chapter: Chapter) -> str:
    answers = list(chapter.tested.metrics.per_class)
    large = [item for item in chapter.detail.sites.items() if item[1].top1.n >= _LARGE_SITE]
    chosen = sorted(large, key=lambda item: -item[1].top1.n)[:_MATRICES]
    if len(chapter.detail.sites) == 1:
        return ""  # it is the overall one
    grids = (
        f"<figure class=plot><h4>{text(name)}</h4>{matrix(site.confusion, answers, kind='small')}</figure>"
        for name, site in chosen
    )
    return f"<div class='plots many'>{''.join(grids)}</div>"


def _looked(chapter: Chapter) -> str:
    words = "Each photo as the model was given it, with the score of its best garment."
    if chapter.model is not None:
        words += " Beside it where the model looked: the brighter, the more that place spoke for the answer (Grad-CAM)."
    return f"<p class=faint>{words}</p>"


def _range(counted: Interval) -> str:
    return f"{100 * counted.low:.1f} to {100 * counted.high:.1f}"
