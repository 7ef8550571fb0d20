/**
 * A pass over elements in tiles, which threads compute apart. Such a pass overwrites what it starts from, so that what a thread
 * had begun of a tile, which then died or was held up, could not be computed again. So a helper computes a tile in its scratch
 * space and copies it to its place when it has closed the tile's gate; whoever gives the helper up closes all gates before, and
 * finds out by what stands there whether the tile is as it was, or its results lie in that scratch space.
 */
import { activate, activationGradient } from "./activation";
import { adam, sgd } from "./optimizer";

/** What `op` says: Adam, AdamW, SGD; from here on activations, from there on their gradients, both by their kinds. */
const SGD = 2;
const ACTIVATE = 3;
const GRADIENT = 16;

/**
 * The pass `op` over `length` elements. An optimizer steps w = p by its gradient q, with the state r and s, its numbers in the order
 * of its own kernel; an activation makes p of q, its gradient p of q (y or z) and r (dy), with the parameter a. p may be q or r.
 *
 * @param gate where 0 stands, and the address of the results once they are complete; as int32
 * @param scratch room for what the pass overwrites, at most three times `length` elements; 0: this thread is nobody's helper, and
 *   computes in place
 */
// biome-ignore format: operand by operand
export function tile<T extends number, V>(
  op: i32, length: i32, p: usize, q: usize, r: usize, s: usize,
  a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64,
  gate: usize, scratch: usize,
): void {
  if (scratch === 0) {
    pass<T, V>(op, length, p, q, r, s, a, b, c, d, e, f, g);
    return;
  }
  const bytes = <usize>length * sizeof<T>();
  const state = op < ACTIVATE;
  const first = state && r !== 0 ? scratch + bytes : r;
  const second = s !== 0 ? scratch + 2 * bytes : 0;
  memory.copy(scratch, p, bytes);
  if (first !== r) memory.copy(first, r, bytes);
  if (second !== 0) memory.copy(second, s, bytes);
  pass<T, V>(op, length, scratch, q, first, second, a, b, c, d, e, f, g);
  if (atomic.cmpxchg<i32>(gate, 0, <i32>scratch) !== 0) return;
  memory.copy(p, scratch, bytes);
  if (first !== r) memory.copy(r, first, bytes);
  if (second !== 0) memory.copy(s, second, bytes);
}

// biome-ignore format: operand by operand
function pass<T extends number, V>(
  op: i32, length: i32, p: usize, q: usize, r: usize, s: usize,
  a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64,
): void {
  if (op < SGD) adam<T, V>(length, p, q, r, s, a, b, c, d, e, op !== 0, f, g);
  else if (op === SGD) sgd<T, V>(length, p, q, r, a, b, c, d !== 0);
  else if (op < GRADIENT) activate<T, V>(op - ACTIVATE, length, q, p, a);
  else activationGradient<T, V>(op - GRADIENT, length, q, r, p, a);
}
