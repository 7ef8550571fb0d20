import { now } from "./clock.js";

/** The clock of Cloudflare Workers stands still while code runs: so many rounds without a tick must be enough. */
const MOST_ROUNDS = 500;

/** Calls `round` until `milliseconds` have passed or it returns false. Returns what it last returned. */
export function repeatFor(milliseconds: number, round: () => boolean): boolean {
  const start = now();
  for (let rounds = 1; ; rounds++) {
    if (!round()) return false;
    const passed = now() - start;
    if (passed >= milliseconds || (passed === 0 && rounds >= MOST_ROUNDS)) return true;
  }
}
