/**
 * Binaries as the text that `assembly/packed/decode.ts` reads, which tells the format. Gzip would see little of what the
 * variants share: its window is shorter than one of them.
 *
 * Of all sequences of steps that give the bytes, the one of the fewest bits is sought, by what each bit costs under the
 * statistics of the last sequence found; that is done a few times over.
 */
import type { Packed } from "../src/kernels/unpack.js";
import { Coder } from "./coder.js";

/** As in `decode.ts`. */
const COPY = 0;
const AGAIN = 8;
const OLDER = 16;
const DISTANCE = 128;
const END = 256;
const LITERAL = 512;
const CONTEXTS = LITERAL + 512 * 256;
const KINDS = 7;
const FIRST_END = 24;
const END_OFFSET = -1856;
const END_SEEN = 4;

const PASSES = 6;
/** Of longer copies only the whole is tried. */
const LONGEST_PART = 128;
const LINE_DIGITS = 4096;

/** Takes the bits of a text, each in its context. */
type Sink = (context: number, bit: number) => void;

/** `length` bytes from `at` on: copied from `distance` before, or, if that is 0, one literal. */
interface Step {
  readonly at: number;
  readonly distance: number;
  readonly length: number;
}

interface Copy {
  readonly distance: number;
  readonly length: number;
}

/** Of a 0 and of a 1 in each context, in bits. */
type Costs = readonly [Float64Array, Float64Array];

/** @param before bytes that whoever unpacks the text has by then: what repeats them is short */
export function pack<Name extends string>(
  binaries: Readonly<Record<Name, Uint8Array>>,
  before: Uint8Array = new Uint8Array(),
): Packed<Name> {
  const all = Object.entries<Uint8Array>(binaries);
  let end = 0;
  const ends = all.map(([name, { length }]) => {
    end += length;
    return [name, end];
  });
  const bytes = Buffer.concat([before, ...all.map(([, binary]) => binary)]);
  const earlier = earlierPlaces(bytes);
  let costs: Costs = [new Float64Array(CONTEXTS).fill(1), new Float64Array(CONTEXTS).fill(1)];
  // Copies are long, mostly.
  costs[0].fill(0.1, END, LITERAL);
  costs[1].fill(4, END, LITERAL);
  let shortest: string | undefined;
  for (let pass = 0; pass < PASSES; pass++) {
    const { text, counts } = code(bytes, cheapest(bytes, before.length, earlier, costs));
    if (shortest === undefined || text.length < shortest.length) shortest = text;
    costs = [costsOf(counts[0], counts[1]), costsOf(counts[1], counts[0])];
  }
  const lines = shortest?.match(new RegExp(`.{1,${LINE_DIGITS}}`, "g")) ?? [];
  return { text: lines.join("\n"), ends: Object.fromEntries(ends) };
}

/** The text of these steps, and how many bits of either kind are in each context. */
function code(bytes: Uint8Array, steps: readonly Step[]): { text: string; counts: Costs } {
  const counts: Costs = [new Float64Array(CONTEXTS), new Float64Array(CONTEXTS)];
  const coder = new Coder(CONTEXTS);
  for (let context = END; context < LITERAL; context++) coder.expect(context, END_OFFSET, END_SEEN);
  const put: Sink = (context, bit) => {
    const of = counts[bit] as Float64Array;
    of[context] = (of[context] as number) + 1;
    coder.put(context, bit);
  };
  let [distance, older, kinds] = [0, 0, 0];
  for (const { at, distance: to, length } of steps) {
    putStep(bytes, at, to, kinds, distance, older, put);
    for (let copied = 1; to > 0 && copied <= length; copied++)
      put(endContext(bytes, at, to, copied), copied === length ? 1 : 0);
    if (!keeps(to, kinds, distance)) [distance, older] = [to, distance];
    kinds = kindsAfter(kinds, to);
  }
  return { text: coder.text(), counts };
}

function costsOf(these: Float64Array, others: Float64Array): Float64Array {
  return these.map((count, context) => -Math.log2((count + 0.4) / (count + (others[context] as number) + 0.8)));
}

/** All bits of a step but where it ends, after steps of these kinds that left `distance` and `older`. */
function putStep(
  bytes: Uint8Array,
  at: number,
  to: number,
  kinds: number,
  distance: number,
  older: number,
  put: Sink,
): void {
  put(COPY + kinds, to > 0 ? 1 : 0);
  if (to === 0) {
    const known = kinds & 1 ? 256 + (bytes[at - distance] as number) : (bytes[at - 1] ?? 0);
    putBits((bytes[at] as number) | 256, 8, (above) => LITERAL + 256 * known + above, put);
    return;
  }
  const last = keeps(to, kinds, distance);
  put(AGAIN + kinds, last || to === older ? 1 : 0);
  if (!last && to !== older) putDistance(to, put);
  else if (!(kinds & 1)) put(OLDER + kinds, last ? 0 : 1);
}

/** Whether a step leaves the distances as they are. Right after a copy, another one at its distance would be the same copy. */
function keeps(to: number, kinds: number, distance: number): boolean {
  return to === 0 || (to === distance && !(kinds & 1));
}

function kindsAfter(kinds: number, to: number): number {
  return ((kinds << 1) | (to > 0 ? 1 : 0)) & KINDS;
}

/** The context of whether a copy to `at` ends after so many bytes. */
function endContext(bytes: Uint8Array, at: number, distance: number, copied: number): number {
  return copied === 1 ? FIRST_END : END + (bytes[at + copied - distance] as number);
}

function putDistance(value: number, put: Sink): void {
  const bits = 31 - Math.clz32(value);
  for (let i = 0; i < bits; i++) put(DISTANCE + i, 1);
  put(DISTANCE + bits, 0);
  putBits(value, bits, (above, left) => DISTANCE + 32 + (above < 4 ? 4 * bits + above : 72 + left), put);
}

/** The lowest bits of a value, the highest of them first, each in a context that those above it choose. */
function putBits(value: number, bits: number, context: (above: number, left: number) => number, put: Sink): void {
  for (let left = bits; left > 0; left--) put(context(value >> left, left), (value >> (left - 1)) & 1);
}

/** For each place the copies that can be made there: for every length the nearest. */
function earlierPlaces(bytes: Uint8Array): Copy[][] {
  const places = new Map<number, number[]>();
  return Array.from(bytes, (byte, at) => {
    const key = byte * 256 + (bytes[at + 1] ?? 0);
    const before = places.get(key) ?? [];
    places.set(key, before);
    const found: Copy[] = [];
    let longest = 1;
    for (let i = before.length; i-- > 0; ) {
      const distance = at - (before[i] as number);
      if (bytes[at + longest] !== bytes[at + longest - distance]) continue;
      const length = alike(bytes, at, distance);
      if (length > longest) found.push({ distance, length });
      longest = Math.max(longest, length);
    }
    before.push(at);
    return found;
  });
}

/** How many bytes from `at` on are those `distance` before. */
function alike(bytes: Uint8Array, at: number, distance: number): number {
  let end = at;
  while (end < bytes.length && bytes[end] === bytes[end - distance]) end++;
  return end - at;
}

/** The steps from a place on that cost least. */
function cheapest(bytes: Uint8Array, start: number, earlier: readonly (readonly Copy[])[], costs: Costs): Step[] {
  const ways = new Ways(start, bytes.length);
  let sum = 0;
  const add: Sink = (context, bit) => {
    sum += (costs[bit] as Float64Array)[context] as number;
  };
  const [goesOn, ends] = costs;
  // The sum, over the bytes before a place, of what it costs not to end a copy there.
  const upTo = new Float64Array(bytes.length + 1);
  for (const [at, byte] of bytes.entries()) upTo[at + 1] = (upTo[at] as number) + (goesOn[END + byte] as number);
  const tryCopies = (from: number, to: number, shortest: number, longest: number) => {
    sum = ways.costs[from] as number;
    const at = Math.floor(from / (KINDS + 1));
    putStep(bytes, at, to, from & KINDS, ways.distances[from] as number, ways.olders[from] as number, add);
    for (let length = longest; length >= shortest; length = Math.min(length - 1, LONGEST_PART)) {
      const between = length > 1 ? (upTo[at - to + length] as number) - (upTo[at - to + 2] as number) : 0;
      const first = length > 1 ? (goesOn[FIRST_END] as number) : 0;
      ways.go(from, to, length, sum + first + between + (ends[endContext(bytes, at, to, length)] as number));
    }
  };
  for (let from = ways.start; from < ways.end; from++) {
    if (ways.costs[from] === Number.POSITIVE_INFINITY) continue;
    const at = Math.floor(from / (KINDS + 1));
    const [distance, older] = [ways.distances[from] as number, ways.olders[from] as number];
    sum = ways.costs[from] as number;
    putStep(bytes, at, 0, from & KINDS, distance, older, add);
    ways.go(from, 0, 1, sum);
    if (distance > 0) tryCopies(from, distance, 1, alike(bytes, at, distance));
    if (older > 0) tryCopies(from, older, 1, alike(bytes, at, older));
    let shortest = 2;
    for (const { distance: to, length } of earlier[at] as Copy[]) {
      tryCopies(from, to, shortest, length);
      shortest = length + 1;
    }
  }
  return ways.steps();
}

/** The cheapest way to every place, for all kinds of the steps before it: at (KINDS + 1)·place + kinds. */
class Ways {
  readonly start: number;
  /** Those that end there are ways to all bytes. */
  readonly end: number;
  readonly costs: Float64Array;
  readonly distances: Int32Array;
  readonly olders: Int32Array;
  readonly #before: Int32Array;
  readonly #copied: Int32Array;

  constructor(start: number, bytes: number) {
    this.start = (KINDS + 1) * start;
    this.end = (KINDS + 1) * bytes;
    const length = this.end + KINDS + 1;
    this.costs = new Float64Array(length).fill(Number.POSITIVE_INFINITY);
    this.costs[this.start] = 0;
    this.distances = new Int32Array(length);
    this.olders = new Int32Array(length);
    this.#before = new Int32Array(length);
    this.#copied = new Int32Array(length);
  }

  go(from: number, copied: number, length: number, cost: number): void {
    const kinds = from & KINDS;
    const to = from - kinds + (KINDS + 1) * length + kindsAfter(kinds, copied);
    if (cost >= (this.costs[to] as number)) return;
    const distance = this.distances[from] as number;
    const kept = keeps(copied, kinds, distance);
    this.costs[to] = cost;
    this.distances[to] = kept ? distance : copied;
    this.olders[to] = kept ? (this.olders[from] as number) : distance;
    this.#before[to] = from;
    this.#copied[to] = copied;
  }

  steps(): Step[] {
    const last = this.costs.subarray(this.end);
    const steps: Step[] = [];
    for (let way = this.end + last.indexOf(Math.min(...last)); way > this.start + KINDS; ) {
      const before = this.#before[way] as number;
      const [at, end] = [before, way].map((each) => Math.floor(each / (KINDS + 1))) as [number, number];
      steps.push({ at, distance: this.#copied[way] as number, length: end - at });
      way = before;
    }
    return steps.reverse();
  }
}
