/** The other half of the arithmetic coder of `assembly/packed/decode.ts`: a number between 0 and 1, digit by digit. */

/** As in `decode.ts`. */
const HALF = 2 ** 11;
const FARTHEST = HALF - HALF / 64;
const MOST_SEEN = 14;
const LEAST_RANGE = 2 ** 24;

export class Coder {
  readonly #offsets: Int16Array;
  readonly #seen: Uint8Array;
  readonly #digits: number[] = [];
  #low = 0;
  #range = LEAST_RANGE;

  constructor(contexts: number) {
    this.#offsets = new Int16Array(contexts);
    this.#seen = new Uint8Array(contexts);
  }

  /** What is known of a context before its first bit. */
  expect(context: number, offset: number, seen: number): void {
    this.#offsets[context] = offset;
    this.#seen[context] = seen;
  }

  put(context: number, bit: number): void {
    while (this.#range < LEAST_RANGE) this.#shift();
    const offset = this.#offsets[context] as number;
    const seen = this.#seen[context] as number;
    const ones = (this.#range >>> 12) * (HALF + offset);
    if (seen < MOST_SEEN) this.#seen[context] = seen + 1;
    if (!bit) this.#low += ones;
    this.#range = bit ? ones : this.#range - ones;
    this.#offsets[context] = offset + Math.trunc((((bit ? FARTHEST : -FARTHEST) - offset) * 2) / (2 * seen + 3));
  }

  text(): string {
    for (let i = 0; i < 5; i++) this.#shift();
    // The first is what a number below 1 has before the point.
    return this.#digits.slice(1).map(characterOf).join("");
  }

  #shift(): void {
    const digit = Math.floor(this.#low / LEAST_RANGE);
    this.#low = (this.#low % LEAST_RANGE) * 64;
    this.#range *= 64;
    this.#digits.push(digit % 64);
    if (digit < 64) return;
    let carry = this.#digits.length - 2;
    for (; this.#digits[carry] === 63; carry--) this.#digits[carry] = 0;
    this.#digits[carry] = (this.#digits[carry] as number) + 1;
  }
}

/** From "(" on, without "\" and "`", which a template escapes. */
function characterOf(digit: number): string {
  return String.fromCharCode(40 + digit + (digit > 51 ? 1 : 0) + (digit > 54 ? 1 : 0));
}
