/** Numbers of JSON as bytes: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, in time linear in their length. */

const [PLUS, MINUS, DOT, ZERO, NINE, E] = [0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x65] as const;

/** Behind the digits that begin at `at`. */
function afterDigits(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && (bytes[to] as number) >= ZERO && (bytes[to] as number) <= NINE) to++;
  return to;
}

const isE = (byte: number | undefined) => byte !== undefined && (byte | 0x20) === E;

/** Where the number at `at` ends; or where it lacks a digit, and is not complete. */
export function numberEnd(bytes: Uint8Array, at: number, end: number): { end: number; complete: boolean } {
  const whole = at + (at < end && bytes[at] === MINUS ? 1 : 0);
  let to = afterDigits(bytes, whole, end);
  if (to === whole) return { end: to, complete: false };
  // No other digit follows a leading 0.
  if (bytes[whole] === ZERO) to = whole + 1;
  if (to < end && bytes[to] === DOT) {
    const fraction = to + 1;
    to = afterDigits(bytes, fraction, end);
    if (to === fraction) return { end: to, complete: false };
  }
  if (to < end && isE(bytes[to])) {
    const signed = to + 1 < end && (bytes[to + 1] === PLUS || bytes[to + 1] === MINUS);
    const exponent = to + (signed ? 2 : 1);
    to = afterDigits(bytes, exponent, end);
    if (to === exponent) return { end: to, complete: false };
  }
  return { end: to, complete: true };
}

/** Written as 0.d₁d₂… × 10ⁿ, every number is finite up to this n. */
const SURELY_FINITE = 308;
/** More digits do not decide. */
const DIGITS = 20;
/** Beyond anything that the digits of a text could make up for. */
const HUGE = 1e12;

/** Whether float64 holds the complete number at `from`, rounded. */
export function isFiniteNumber(bytes: Uint8Array, from: number, end: number): boolean {
  const whole = bytes[from] === MINUS ? from + 1 : from;
  const point = afterDigits(bytes, whole, end);
  const to = bytes[point] === DOT ? afterDigits(bytes, point + 1, end) : point;
  let first = whole;
  while (first < to && (bytes[first] === ZERO || first === point)) first++;
  if (first === to) return true;
  // The number is 0.d₁d₂… × 10ⁿ, d₁ being its first digit other than 0.
  const n = exponentOf(bytes, to, end) + (first < point ? point - first : point + 1 - first);
  if (n <= SURELY_FINITE) return true;
  let digits = "";
  for (let i = first; i < to && digits.length < DIGITS; i++) {
    if (i !== point) digits += String.fromCharCode(bytes[i] as number);
  }
  return Number.isFinite(Number(`0.${digits}e${n}`));
}

/** The exponent that stands at `at`, 0 if none does. */
function exponentOf(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  let exponent = 0;
  for (let i = at + 1; i < end; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (digit >= 0) exponent = Math.min(10 * exponent + digit, HUGE);
  }
  return bytes[at + 1] === MINUS ? -exponent : exponent;
}
