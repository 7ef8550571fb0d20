/** Starting values: random numbers that are the same everywhere. */

/**
 * out[i] = (2·u - 1)·limit in f64, then rounded, with u the numbers in [0, 1) of Tommy Ettinger's mulberry32, in the public
 * domain, as `src/common/random.ts` has it. Returns the state after the last.
 *
 * @param state the seed, or what an earlier call returned
 */
export function uniform<T extends number>(length: i32, state: u32, limit: f64, out: usize): u32 {
  assert(length >= 0);
  const end = out + <usize>length * sizeof<T>();
  for (; out < end; out += sizeof<T>()) {
    state += 0x6d2b79f5;
    let t = (state ^ (state >> 15)) * (state | 1);
    t ^= t + (t ^ (t >> 7)) * (t | 61);
    store<T>(out, <T>((<f64>(t ^ (t >> 14)) * 4.656612873077393e-10 - 1) * limit)); // 2⁻³¹
  }
  return state;
}
