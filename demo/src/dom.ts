/** The little of a framework that this page needs. */

/** The element of this id and kind. @throws Error if there is none: a slip of the page's author */
export function byId<E extends Element>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${kind.name} #${id} in the page`);
  return found;
}

/** A new element with attributes and children. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A number as it is set in text: a true minus sign. */
export function setNumber(value: number, digits: number): string {
  // Adding zero turns -0 into 0.
  return (Number(value.toFixed(digits)) + 0).toFixed(digits).replace("-", "−");
}

/** Two digits after the point, or, where that would be wide, a power of ten. */
export function setShort(value: number): string {
  return Math.abs(value) < 1e4 ? setNumber(value, 2) : setScientific(value);
}

/** `3.2·10⁻⁹`; plain zero. */
export function setScientific(value: number): string {
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(1).split("e") as [string, string];
  const raised = exponent
    .replace("+", "")
    .replaceAll(/[-\d]/g, (c) => (c === "-" ? "⁻" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)] as string)));
  return `${mantissa.replace("-", "−")}·10${raised}`;
}
