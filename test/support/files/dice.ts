/** Choices that depend on a seed alone. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `limit`: the generator of Numerical Recipes, whose upper bits are the good ones. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  pick<T>(from: ArrayLike<T>): T {
    return from[this.below(from.length)] as T;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Mostly the first, sometimes another. */
  usually<T>(usual: T, others: ArrayLike<T>, times = 12): T {
    return this.once(times) ? this.pick(others) : usual;
  }

  shuffled<T>(from: readonly T[]): T[] {
    const all = [...from];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [all[i], all[j]] = [all[j] as T, all[i] as T];
    }
    return all;
  }

  /** A file in which a few bytes are others, or missing. */
  damaged(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice();
    if (copy.length === 0) return copy;
    for (let i = this.below(3); i >= 0; i--) copy[this.below(copy.length)] = this.below(256);
    return this.once(3) ? copy.subarray(0, this.below(copy.length)) : copy;
  }
}
