/**
 * Bytes out of the text that `scripts/pack.ts` writes. They are binaries one behind the other, each the shorter for those
 * before it.
 *
 * LZ77 (Ziv and Lempel 1977) under an adaptive binary arithmetic coder, as Pavlov's LZMA is. A text is a number in digits of
 * base 64, line ends aside. It tells a sequence of steps, each bit of which is coded by how often it was 1 in its context:
 *
 *     0 byte                       a literal: eight bits, the highest first
 *     1 0 distance end …           a copy of what lies `distance` bytes back: `end` after each byte, 1 after the last
 *     1 1 older end …              a copy at the distance of the last one (older 0), or of the one before
 *
 * The contexts make it short. Kernels for f32 and f64 differ in single bytes, and in what bytes they are: the context of `end`
 * is the byte that would be copied next. Right after a copy that is a literal's context, too, which is the byte before else.
 * A step's first bits know the kinds of the last three, and right after a copy `again` can only mean the older distance: that
 * bit is left out.
 */

/** Contexts, by the number of their first. */
const COPY: usize = 0;
const AGAIN: usize = 8;
const OLDER: usize = 16;
const DISTANCE: usize = 128;
/** That after the first byte of a copy: those that are there by chance end there, and would teach the others the wrong thing. */
const FIRST_END: usize = 24;
/** One for each byte that would be copied next. At first one of 20 copies is taken to end there, as if learned from four bits. */
const END: usize = 256;
const END_LEARNED: i32 = (-1856 << 4) | 4;
/** 256 for each byte before, then for each byte that would have been copied. */
const LITERAL: usize = 512;
/** The last steps, a bit each. */
const KINDS: usize = 7;

/** Of a context: how far from a half the probability of a 1 is, and in the lowest bits from how many bits it was learned. */
const BYTES: usize = 2;
const SEEN_BITS: i32 = 4;
const SEEN: i32 = 15;
export const CONTEXT_BYTES: usize = (LITERAL + 512 * 256) * BYTES;

/** Probabilities are 12 bits, and never less than a 64th of a half. */
const HALF: i32 = 1 << 11;
const FARTHEST: i32 = HALF - (HALF >> 6);
/** An estimate follows what comes: at first fast, at last by a sixteenth. */
const MOST_SEEN: i32 = 14;
/** The range of the coder is this to 64 times as much. */
const LEAST_RANGE: u32 = 1 << 24;

let range: u32 = 0;
let code: u32 = 0;
let next: usize = 0;

/** A digit is its character's place in ASCII from "(" on, without what a string literal escapes. */
function digit(): u32 {
  let c = <u32>load<u8>(next++);
  if (c === 10) c = <u32>load<u8>(next++);
  return c - 40 - u32(c > 92) - u32(c > 96);
}

function bit(context: usize): usize {
  while (range < LEAST_RANGE) {
    range <<= 6;
    code = (code << 6) | digit();
  }
  const at = context * BYTES;
  const learned = <i32>load<i16>(at);
  const offset = learned >> SEEN_BITS;
  const seen = learned & SEEN;
  const ones = (range >>> 12) * (HALF + offset);
  const one = code < ones;
  if (one) range = ones;
  else {
    range -= ones;
    code -= ones;
  }
  const change = (((one ? FARTHEST : -FARTHEST) - offset) * 2) / (2 * seen + 3);
  store<i16>(at, learned + (change << SEEN_BITS) + i32(seen < MOST_SEEN));
  return usize(one);
}

/** As many ones as there are bits below the highest, a zero, these bits: the first two know those above, the others not. */
function distanceBack(): usize {
  let bits: usize = 0;
  while (bit(DISTANCE + bits)) bits++;
  let value: usize = 1;
  for (let left = bits; left > 0; left--) {
    value = value * 2 + bit(DISTANCE + 32 + (value < 4 ? 4 * bits + value : 72 + left));
  }
  return value;
}

/** The contexts are in the first `CONTEXT_BYTES` bytes of the memory. */
export function decode(text: usize, bytes: usize, end: usize): void {
  range = 1;
  code = 0;
  next = text;
  for (let context = END; context < LITERAL; context++) store<i16>(context * BYTES, END_LEARNED);
  let distance: usize = 0;
  let older: usize = 0;
  let kinds: usize = 0;
  while (bytes < end) {
    const copied = kinds & 1;
    const copy = bit(COPY + kinds);
    if (copy) {
      const last = distance;
      if (!bit(AGAIN + kinds)) {
        distance = distanceBack();
        older = last;
      } else if (copied || bit(OLDER + kinds)) {
        distance = older;
        older = last;
      }
      let context = FIRST_END;
      for (;;) {
        store<u8>(bytes, load<u8>(bytes - distance));
        bytes++;
        if (bit(context === FIRST_END ? context : END + load<u8>(bytes - distance))) break;
        context = END;
      }
    } else {
      const known: usize = copied ? 256 + load<u8>(bytes - distance) : load<u8>(bytes - 1);
      let byte: usize = 1;
      while (byte < 256) byte = byte * 2 + bit(LITERAL + 256 * known + byte);
      store<u8>(bytes++, byte);
    }
    kinds = ((kinds << 1) | copy) & KINDS;
  }
}
