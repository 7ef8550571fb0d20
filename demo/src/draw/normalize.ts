/**
 * A drawing as MNIST would have it: scaled to fit a box of 20 × 20, then put into 28 × 28 with its centre of mass in the
 * middle. Source: Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits".
 */

export const SIDE = 28;
const BOX = 20;
/** Points looked at across a pixel, both ways, to find its mean. */
const POINTS = 6;

/**
 * @param ink width × height values, 0 (paper) to 255 (ink)
 * @returns 28 × 28 values from 0 to 1, or null if there is no ink
 */
export function normalize(ink: Uint8Array, width: number, height: number): Float32Array<ArrayBuffer> | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink[y * width + x] as number;
      if (value === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      mass += value;
      massX += value * (x + 0.5);
      massY += value * (y + 0.5);
    }
  }
  if (mass === 0) return null;

  // Source pixels per target pixel, and the source point that comes to lie in the middle.
  const step = Math.max(right - left + 1, bottom - top + 1) / BOX;
  const [centerX, centerY] = [massX / mass, massY / mass];
  const source = (target: number, center: number) => Math.floor(center + (target - SIDE / 2) * step);
  const image = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < SIDE * POINTS; i++) {
    const y = source((i + 0.5) / POINTS, centerY);
    if (y < 0 || y >= height) continue;
    for (let j = 0; j < SIDE * POINTS; j++) {
      const x = source((j + 0.5) / POINTS, centerX);
      if (x < 0 || x >= width) continue;
      const at = Math.floor(i / POINTS) * SIDE + Math.floor(j / POINTS);
      image[at] = (image[at] as number) + (ink[y * width + x] as number) / (255 * POINTS * POINTS);
    }
  }
  return image;
}
