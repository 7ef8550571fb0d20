/** A row of the table: what an engine ran and how it went. */
import type { Variant } from "../../../src/kernels/abi.js";

export interface Row {
  readonly engine: string;
  readonly version: string;
  /** The variant that the library picks there by itself. */
  readonly variant: Variant;
  /** The binaries that the suite ran on. */
  readonly binaries: readonly string[];
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
}

/** Thrown where an engine is not on this machine: that is "not run", neither passed nor failed. */
export class NotHere extends Error {}

/** An engine of the table, by the name that it is asked for. */
export interface Engine {
  readonly name: string;
  /** Whether its suite keeps one core busy instead of all: such engines run side by side. */
  readonly oneCore: boolean;
  readonly run: () => Promise<Row>;
}

const HEAD = ["engine", "version", "picks", "suite ran on", "passed", "skipped", "failed"];

/** The rows as a Markdown table; an engine that is not here has its reason in place of figures. */
export function table(rows: readonly (Row | { engine: string; notRun: string })[]): string {
  const cells = rows.map((row) =>
    "notRun" in row
      ? [row.engine, "", "", `not run: ${row.notRun}`, "", "", ""]
      : [
          row.engine,
          row.version,
          row.variant,
          row.binaries.join(", "),
          `${row.passed}`,
          `${row.skipped}`,
          `${row.failures.length}`,
        ],
  );
  const line = (texts: string[]) => `| ${texts.join(" | ")} |`;
  return [line(HEAD), line(HEAD.map(() => "---")), ...cells.map(line)].join("\n");
}
