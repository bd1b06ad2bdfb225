/** What a result says that was not said before. Pure. */

/**
 * @typedef {import("./types.d.ts").Alternative} Alternative
 * @typedef {import("./types.d.ts").Result} Result
 */

/** s by which two streams may differ about where the same word ends. */
const SLACK = 0.01;
/** What words have. Between two words of a text there may be spaces and marks, in some languages nothing, but no third word. */
export const WORD = /[\p{L}\p{N}]/u;

/**
 * The result without what was said until `said`; null: nothing is left.
 *
 * @param {Result} result
 * @param {number} [said] s
 * @returns {Result | null}
 */
export function newsOf(result, said = -1) {
  if (result.endTime <= said + SLACK) return null;
  if (result.startTime >= said) return result;
  const [whole] = result.alternatives;
  const best = whole && rest(whole, said);
  if (!best) return null;
  if (best === whole) return result;
  const cut = whole.transcript.length - best.transcript.length;
  return {
    ...result,
    startTime: best.items[0]?.startTime ?? said,
    alternatives: [best],
    ...(result.issues && {
      issues: result.issues
        .filter(({ end }) => end > cut)
        .map(({ begin, end }) => ({ begin: Math.max(0, begin - cut), end: end - cut })),
    }),
  };
}

/**
 * A text from its first word after `said`; null: it has none. Where the items do not tell the text, all of it.
 *
 * @param {Alternative} alternative
 * @param {number} said
 * @returns {Alternative | null}
 */
function rest(alternative, said) {
  const { transcript, items, entities } = alternative;
  const isLater = (/** @type {{ startTime: number, endTime: number }} */ { startTime, endTime }) =>
    startTime + endTime > 2 * said;
  let seen = 0;
  for (const [index, item] of items.entries()) {
    const at = transcript.indexOf(item.content, seen);
    if (at < 0 || WORD.test(transcript.slice(seen, at))) return alternative;
    if (item.type !== "punctuation" && isLater(item)) {
      if (!index) return alternative;
      const later = { ...alternative, transcript: transcript.slice(at), items: items.slice(index) };
      return entities ? { ...later, entities: entities.filter(isLater) } : later;
    }
    seen = at + item.content.length;
  }
  return items.length && !WORD.test(transcript.slice(seen)) ? null : alternative;
}
