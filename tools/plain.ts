/** The same products in plain JavaScript: what the kernels are measured against. */

import type { FloatArray } from "affine-wasm";

/** C = init + A·B over typed arrays; strides in elements, so that a transpose is a swap of the two. */
export type PlainProduct = (
  m: number,
  n: number,
  k: number,
  a: FloatArray,
  rsa: number,
  csa: number,
  b: FloatArray,
  rsb: number,
  csb: number,
  bias: FloatArray | null,
  c: FloatArray,
) => void;

/** The textbook: three loops, one sum. */
export const naive: PlainProduct = (m, n, k, a, rsa, csa, b, rsb, csb, bias, c) => {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = bias ? (bias[j] as number) : 0;
      for (let p = 0; p < k; p++) sum += (a[i * rsa + p * csa] as number) * (b[p * rsb + j * csb] as number);
      c[i * n + j] = sum;
    }
  }
};

const TILE = 4;
let panelA = new Float64Array(0);
let panelB = new Float64Array(0);

/**
 * The best that we could write: both operands packed into panels four wide and converted to double on the way, since
 * JavaScript computes in double; sixteen sums in local variables. Tiles of 2 x 2 to 3 x 4 and sums rounded to float32 at
 * each step (`Math.fround`, a third of the speed) were slower on Node 20 and 24.
 */
export const blocked: PlainProduct = (m, n, k, a, rsa, csa, b, rsb, csb, bias, c) => {
  if (panelA.length < TILE * k) panelA = new Float64Array(TILE * k);
  const width = Math.ceil(n / TILE) * TILE;
  if (panelB.length < width * k) panelB = new Float64Array(width * k);
  for (let j = 0; j < n; j += TILE) packPanel(panelB, j * k, k, b, j, n, csb, rsb);
  for (let i = 0; i < m; i += TILE) {
    packPanel(panelA, 0, k, a, i, m, rsa, csa);
    for (let j = 0; j < n; j += TILE) tile(m, n, k, i, j, bias, c);
  }
};

/** panel[p][t] = source element `first + t` of step p, or zero past `count`. */
function packPanel(
  panel: Float64Array,
  at: number,
  k: number,
  source: FloatArray,
  first: number,
  count: number,
  across: number,
  along: number,
): void {
  for (let t = 0; t < TILE; t++) {
    const inside = first + t < count;
    let from = (first + t) * across;
    for (let p = 0, to = at + t; p < k; p++, to += TILE, from += along)
      panel[to] = inside ? (source[from] as number) : 0;
  }
}

function tile(m: number, n: number, k: number, i: number, j: number, bias: FloatArray | null, c: FloatArray): void {
  const s0 = bias && j < n ? (bias[j] as number) : 0;
  const s1 = bias && j + 1 < n ? (bias[j + 1] as number) : 0;
  const s2 = bias && j + 2 < n ? (bias[j + 2] as number) : 0;
  const s3 = bias && j + 3 < n ? (bias[j + 3] as number) : 0;
  let c00 = s0;
  let c01 = s1;
  let c02 = s2;
  let c03 = s3;
  let c10 = s0;
  let c11 = s1;
  let c12 = s2;
  let c13 = s3;
  let c20 = s0;
  let c21 = s1;
  let c22 = s2;
  let c23 = s3;
  let c30 = s0;
  let c31 = s1;
  let c32 = s2;
  let c33 = s3;
  for (let p = 0, ap = 0, bp = j * k; p < k; p++, ap += TILE, bp += TILE) {
    const b0 = panelB[bp] as number;
    const b1 = panelB[bp + 1] as number;
    const b2 = panelB[bp + 2] as number;
    const b3 = panelB[bp + 3] as number;
    const a0 = panelA[ap] as number;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = panelA[ap + 1] as number;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = panelA[ap + 2] as number;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = panelA[ap + 3] as number;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  const at = i * n + j;
  storeRow(c, at, n - j, c00, c01, c02, c03);
  if (i + 1 < m) storeRow(c, at + n, n - j, c10, c11, c12, c13);
  if (i + 2 < m) storeRow(c, at + 2 * n, n - j, c20, c21, c22, c23);
  if (i + 3 < m) storeRow(c, at + 3 * n, n - j, c30, c31, c32, c33);
}

/** Four neighbours of a row, or as many as are `left` of it. */
function storeRow(c: FloatArray, at: number, left: number, v0: number, v1: number, v2: number, v3: number): void {
  c[at] = v0;
  if (left > 1) c[at + 1] = v1;
  if (left > 2) c[at + 2] = v2;
  if (left > 3) c[at + 3] = v3;
}

/** Y = X·W + b. */
export function plainForward(
  product: PlainProduct,
  { batch, inFeatures, outFeatures }: { batch: number; inFeatures: number; outFeatures: number },
  { x, weight, bias }: { x: FloatArray; weight: FloatArray; bias: FloatArray | null },
  y: FloatArray,
): void {
  product(batch, outFeatures, inFeatures, x, inFeatures, 1, weight, outFeatures, 1, bias, y);
}

/** dX = dY·Wᵀ (unless null), dW = Xᵀ·dY, db = column sums of dY. */
export function plainBackward(
  product: PlainProduct,
  { batch, inFeatures, outFeatures }: { batch: number; inFeatures: number; outFeatures: number },
  { x, weight, dy }: { x: FloatArray; weight: FloatArray; dy: FloatArray },
  { dx, dWeight, dBias }: { dx: FloatArray | null; dWeight: FloatArray; dBias: FloatArray },
): void {
  if (dx) product(batch, inFeatures, outFeatures, dy, outFeatures, 1, weight, 1, outFeatures, null, dx);
  product(inFeatures, outFeatures, batch, x, 1, inFeatures, dy, outFeatures, 1, null, dWeight);
  dBias.fill(0);
  for (let s = 0; s < batch; s++) {
    for (let j = 0; j < outFeatures; j++) dBias[j] = (dBias[j] as number) + (dy[s * outFeatures + j] as number);
  }
}
