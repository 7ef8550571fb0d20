/**
 * Scratch memory: the caller passes SCRATCH_BYTES bytes to each call. Nothing in it outlives the call.
 *
 *     0            EDGE_AT       SPREAD_AT       A_AT              B_AT            SCRATCH_BYTES
 *     ┌ zeros, one ┬ edge tile   ┬ a bias        ┬ block of A      ┬ panels of B   ┐
 *     │            │ MC x NR     │ FEW x vectors │ MC x KC         │ KC x NC       │
 *     └────────────┴─────────────┴───────────────┴─────────────────┴───────────────┘
 *
 * Sized for f64, the larger element.
 */
import { FEW, FEW_BYTES, KC_BYTES, MC, NC } from "./blocking";

/** Bytes of zeros at the front: what one call of a kernel can read as its starting values. */
export const ZERO_BYTES: usize = 128;

/** The number 1, for kernels that want a row of ones. */
export const ONE_AT: usize = ZERO_BYTES;
export const EDGE_AT: usize = 192;

/** Bytes of a row of the widest tile: what each row of the edge takes, and each number of a bias that is spread over lanes. */
export const ROW_BYTES: usize = 64;
export const SPREAD_AT: usize = EDGE_AT + <usize>MC * ROW_BYTES;
export const A_AT: usize = SPREAD_AT + <usize>FEW * ROW_BYTES;
export const B_AT: usize = A_AT + FEW * FEW_BYTES;
export const SCRATCH_BYTES: usize = B_AT + NC * KC_BYTES;

/** Clears the row of zeros and returns it. */
export function zeroRow(scratch: usize): usize {
  for (let at: usize = 0; at < ZERO_BYTES; at += 8) store<u64>(scratch + at, 0);
  return scratch;
}
