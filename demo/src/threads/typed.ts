/** What the visitor typed and drew, kept while the page is loaded again. */
import type { Pad, Point } from "../draw/pad.ts";

const KEY = "affine-wasm: typed";

interface Typed {
  readonly fields: Readonly<Record<string, string>>;
  readonly strokes: readonly (readonly Point[])[];
}

/** Whether it is kept: some browsers keep nothing for a page. */
export function keepTyped(pad: Pad): boolean {
  const values = fields().map((field) => [nameOf(field), field.value]);
  const typed: Typed = { fields: Object.fromEntries(values), strokes: pad.strokes };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(typed));
    return true;
  } catch {
    return false;
  }
}

/** Puts back what was kept, as if it were typed again. */
export function restoreTyped(pad: Pad): void {
  let typed: Typed;
  try {
    const text = sessionStorage.getItem(KEY);
    if (text === null) return;
    sessionStorage.removeItem(KEY);
    typed = JSON.parse(text);
  } catch {
    return;
  }
  // In the page's order: an optimiser chosen brings its own learning rate, which comes next.
  for (const field of fields()) {
    const value = typed.fields[nameOf(field)];
    if (value === undefined || value === field.value) continue;
    field.value = value;
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
  }
  pad.restore(typed.strokes);
}

/** All but that of the threads: it offers others after the loading. */
function fields(): (HTMLInputElement | HTMLSelectElement)[] {
  return [...document.querySelectorAll<HTMLInputElement | HTMLSelectElement>("main :is(input, select)")].filter(
    ({ id, type }) => id !== "threads" && type !== "file",
  );
}

function nameOf(field: Element): string {
  return field.id || (field.getAttribute("aria-label") ?? "");
}
