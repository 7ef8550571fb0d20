/**
 * Scratch memory: the caller passes SCRATCH_BYTES bytes to each call. Nothing in it outlives the call.
 *
 *     0            EDGE_AT          A_AT              B_AT             SCRATCH_BYTES
 *     ┌ zeros, one ┬ edge tile      ┬ block of A      ┬ panels of B    ┐
 *     │            │ MR x NR        │ MC x KC         │ KC x NC        │
 *     └────────────┴────────────────┴─────────────────┴────────────────┘
 *
 * Sized for f64, the larger element.
 */
import { KC, MC, NC } from "./blocking";

/** Bytes of zeros at the front: what one call of a kernel can read as its starting values. */
const ZERO_BYTES: usize = 128;

/** The number 1, for kernels that want a row of ones. */
export const ONE_AT: usize = ZERO_BYTES;
export const EDGE_AT: usize = 192;
export const A_AT: usize = 1024;
export const B_AT: usize = A_AT + MC * KC * 8;
export const SCRATCH_BYTES: usize = B_AT + KC * NC * 8;

/** Clears the row of zeros and returns it. */
export function zeroRow(scratch: usize): usize {
  for (let at: usize = 0; at < ZERO_BYTES; at += 8) store<u64>(scratch + at, 0);
  return scratch;
}
