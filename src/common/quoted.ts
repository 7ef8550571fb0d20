/** Names and texts from outside, as a message shows them. */

/** Characters of a text that are shown. */
const SHOWN = 60;

/**
 * A text in quotes: cut after 60 characters, with its length, and with control characters, line ends, marks of direction and
 * halves of surrogate pairs as escapes, so that it stays in its line and cannot pass for anything else in it.
 */
export function quoted(text: string): string {
  const characters = Array.from(text.slice(0, SHOWN));
  const shown = characters.map((each) => {
    if (each === '"' || each === "\\") return `\\${each}`;
    return /[\p{C}\p{Zl}\p{Zp}]/u.test(each) ? `\\u{${each.codePointAt(0)?.toString(16)}}` : each;
  });
  return text.length > SHOWN ? `"${shown.join("")}…" (${text.length} characters)` : `"${shown.join("")}"`;
}

/** A text with marks of its own, such as JSON: as it is where it is short and plain, else `quoted`. */
export function shown(text: string): string {
  return text.length <= SHOWN && /^[\x20-\x7e]+$/.test(text) ? text : quoted(text);
}

/** Names in a message: those in front, and how many more there are. */
export function listed(names: readonly string[], most = 10): string {
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return names.slice(0, most).map(quoted).join(", ") + more;
}
