/** Seeded random numbers: the same seed gives the same numbers everywhere. */

/** Uniform numbers in [0, 1), 32 bits each: Tommy Ettinger's mulberry32, in the public domain. */
export function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal numbers: Box and Muller, Annals of Mathematical Statistics 29 (1958). */
export function normal(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A seed for the `index`-th of several streams: the streams of neighbouring seeds have nothing in common. */
export function subseed(seed: number, index: number): number {
  return (uniform(Math.imul(seed, 0x9e3779b1) ^ index)() * 4294967296) >>> 0;
}

/** A seed that nobody chose. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
