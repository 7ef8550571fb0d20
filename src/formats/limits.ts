/** What reading a file may take: no more than the file itself warrants. */
import { checkFields, checkWhole } from "../common/check.js";

export interface ReadOptions {
  /** How many bytes of data a file may declare, in all of its arrays together. Default 2³⁰ (1 GiB). */
  maxBytes?: number | undefined;
}

const MAX_BYTES = 2 ** 30;

/** The `maxBytes` of such options; `others` are further fields that they may have. */
export function readMaxBytes(caller: string, options: ReadOptions, others: readonly string[] = []): number {
  checkFields(caller, "options", options, ["maxBytes", ...others]);
  return readLimit(caller, "maxBytes", options.maxBytes, MAX_BYTES);
}

/** A limit of the caller's, which may be Infinity; `usual` if there is none. */
export function readLimit(caller: string, name: string, limit: unknown, usual: number): number {
  if (limit === undefined) return usual;
  if (limit !== Number.POSITIVE_INFINITY) checkWhole(caller, `options.${name}`, limit, Number.MAX_SAFE_INTEGER);
  return limit as number;
}

/** What is said of a file that declares more. */
export function beyondMaxBytes(declared: number, maxBytes: number): string {
  return `${declared} bytes of data are declared, more than options.maxBytes ${maxBytes}`;
}

/** Memory that a file of so many bytes warrants: files of use are far from it, thousands of names of one letter are not. */
export function warranted(fileBytes: number): number {
  return 4 * fileBytes + 2 ** 20;
}

/** Memory for what a parser makes, asked for before it is made. */
export class Budget {
  readonly limit: number;
  #left: number;

  constructor(limit: number) {
    this.limit = limit;
    this.#left = limit;
  }

  /** Takes so many bytes; false if they are not left. */
  spend(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }
}
