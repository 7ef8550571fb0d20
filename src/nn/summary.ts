/** A network as a table of text. */
import { type DType, elementBytes } from "../common/dtype.js";
import { describeActivation } from "./activations.js";
import type { LayerLayout } from "./layers/layout.js";

const HEADINGS = ["layer", "in × out", "activation", "parameters", "bytes"];
/** Columns of numbers. */
const RIGHT = [3, 4];

/**
 * ```text
 * layer  in × out   activation  parameters    bytes
 * 0      784 × 100  relu            78,500  314,000
 * 1      100        layerNorm          200      800
 * 2      100        dropout 0.2          0        0
 * 3      100 × 10   none             1,010    4,040
 * total                             79,710  318,840
 * ```
 */
export function summarize(layouts: readonly LayerLayout[], dtype: DType): string {
  const size = elementBytes(dtype);
  const counts = layouts.map(({ weight, bias }) => (weight?.length ?? 0) + (bias?.length ?? 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rows = [
    HEADINGS,
    ...layouts.map((layout, i) => {
      const count = counts[i] as number;
      const { kind, inFeatures, outFeatures } = layout;
      const sizes = kind === "dense" ? `${inFeatures} × ${outFeatures}` : `${inFeatures}`;
      return [String(i), sizes, describe(layout), grouped(count), grouped(count * size)];
    }),
    ["total", "", "", grouped(total), grouped(total * size)],
  ];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const pad = (cell: string, column: number) =>
    RIGHT.includes(column) ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number);
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** What a layer does, in a few words: its activation, and its kind unless it is dense; whether it is not trained. */
function describe(layout: LayerLayout): string {
  const { kind, activation, trainable } = layout;
  if (kind === "dropout") return `dropout ${layout.rate}`;
  const words = kind === "dense" ? [describeActivation(activation)] : [kind];
  if (kind !== "dense" && activation !== "none") words.push(describeActivation(activation));
  if (!trainable) words.push("(frozen)");
  return words.join(" ");
}

/** Digits in groups of three, whatever the locale. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
