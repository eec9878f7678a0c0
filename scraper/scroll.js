// One look at the page, then one window further down. Arguments: the shop's rules as XPaths, and the ids met before.
// Returns {cards: {id: html} of cards with an image that were not met before, bottom}.
const [rules, met] = arguments;
const known = new Set(met);
const nodes = (within, path) => {
  const found = document.evaluate(path, within, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
  return Array.from({length: found.snapshotLength}, (_, place) => found.snapshotItem(place));
};
const first = (within, paths) => paths.map(path => nodes(within, path)).find(found => found.length) || [];
const placeholder = address => rules.placeholders.some(pattern => {
  try { return new RegExp(pattern).test(address); } catch { return false; } // a pattern that only Python knows
});
const text = (within, paths) => {
  for (const path of paths) {
    const value = document.evaluate(path, within, null, XPathResult.STRING_TYPE, null).stringValue.trim();
    if (value) return value;
  }
  return "";
};

for (const path of rules.press)
  for (const button of nodes(document, path)) if (button.offsetParent !== null) button.click();
for (const path of rules.remove)
  for (const layer of nodes(document, path)) layer.remove();

const cards = {};
for (const card of first(document, rules.card)) {
  const id = text(card, rules.id);
  const image = first(card, rules.image)[0];
  const source = image && (image.getAttribute("src") || image.getAttribute("srcset") || "");
  if (id && !known.has(id) && source && !placeholder(source)) cards[id] = card.outerHTML;
}
const end = document.documentElement.scrollHeight;
const bottom = scrollY + innerHeight >= end - 2;
if (met.length || Object.keys(cards).length) scrollBy(0, innerHeight * 0.9);
return {cards, bottom};
