/** A network as a table of text. */
import { type DType, elementBytes } from "../common/dtype.js";
import { describeActivation } from "./activations.js";
import type { DenseLayer } from "./dense.js";

const HEADINGS = ["layer", "in × out", "activation", "parameters", "bytes"];
/** Columns of numbers. */
const RIGHT = [3, 4];

/**
 * ```text
 * layer  in × out   activation  parameters    bytes
 * 0      784 × 100  relu            78,500  314,000
 * 1      100 × 10   none             1,010    4,040
 * total                             79,510  318,040
 * ```
 */
export function summarize(layers: readonly DenseLayer[], dtype: DType): string {
  const size = elementBytes(dtype);
  const counts = layers.map(({ inFeatures, outFeatures, hasBias }) => (inFeatures + (hasBias ? 1 : 0)) * outFeatures);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rows = [
    HEADINGS,
    ...layers.map(({ inFeatures, outFeatures, activation }, i) => {
      const count = counts[i] as number;
      const sizes = `${inFeatures} × ${outFeatures}`;
      return [String(i), sizes, describeActivation(activation), grouped(count), grouped(count * size)];
    }),
    ["total", "", "", grouped(total), grouped(total * size)],
  ];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const pad = (cell: string, column: number) =>
    RIGHT.includes(column) ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number);
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Digits in groups of three, whatever the locale. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
