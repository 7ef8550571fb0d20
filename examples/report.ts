/** What a trained network gets wrong, drawn for a terminal: a confusion matrix and the misread digits themselves. */

const CLASSES = 10;

/** How often digit `row` was read as digit `column`: a count for each pair, row by row. */
export function countConfusions(labels: ArrayLike<number>, readings: ArrayLike<number>): Uint32Array {
  const counts = new Uint32Array(CLASSES * CLASSES);
  for (let i = 0; i < labels.length; i++) {
    const at = CLASSES * (labels[i] as number) + (readings[i] as number);
    counts[at] = (counts[at] as number) + 1;
  }
  return counts;
}

/**
 * A row for each digit, no wider than 60 characters:
 *
 *        read as
 *     is    0    1    2 …  right
 *      0  975    ·    1 …  99.5%
 */
export function confusionTable(counts: Uint32Array): string {
  const columns = Array.from({ length: CLASSES }, (_, digit) => `${digit}`.padStart(5));
  const lines = ["   read as", `is${columns.join("")}  right`];
  for (let digit = 0; digit < CLASSES; digit++) {
    const row = counts.subarray(CLASSES * digit, CLASSES * (digit + 1));
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = Array.from(row, (count) => (count === 0 ? "·" : `${count}`).padStart(5));
    const right = total === 0 ? "-" : `${((100 * (row[digit] as number)) / total).toFixed(1)}%`;
    lines.push(` ${digit}${cells.join("")}${right.padStart(7)}`);
  }
  return lines.join("\n");
}

/** Columns of an image, and between two. */
const [SIDE, GAP] = [28, 2];
/** More misread digits than this tell nothing more. */
const MOST_DRAWN = 3;

/** How many digits fit side by side into a terminal. */
export function digitsAcross(columns: number): number {
  return Math.min(MOST_DRAWN, Math.max(1, Math.floor((columns + GAP) / (SIDE + GAP))));
}

export interface Misread {
  /** Rows × columns values from 0 to 255. */
  readonly image: Uint8Array;
  readonly label: number;
  readonly reading: number;
}

/**
 * Square images side by side, each under what it is and what it was read as. A character is two pixels, one above the
 * other, so that pixels are square on a terminal.
 */
export function drawMisread(misread: readonly Misread[], side = SIDE): string {
  const titles = misread.map(({ label, reading }) => `a ${label}, read as ${reading}`.padEnd(side));
  const lines = [titles.join(" ".repeat(GAP))];
  for (let row = 0; row < side; row += 2) {
    const parts = misread.map(({ image }) => {
      const ink = (r: number, column: number) => r < side && (image[r * side + column] as number) > 100;
      return Array.from({ length: side }, (_, column) => block(ink(row, column), ink(row + 1, column))).join("");
    });
    lines.push(parts.join(" ".repeat(GAP)));
  }
  // Empty lines above and below every digit tell nothing.
  return lines.filter((line) => line.trim() !== "").join("\n");
}

function block(upper: boolean, lower: boolean): string {
  return upper ? (lower ? "█" : "▀") : lower ? "▄" : " ";
}
