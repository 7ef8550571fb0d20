/** The weights into each hidden unit as a picture of 28 × 28: what it looks for in a digit, and what it looks out for. */
import { colourOf } from "../chart.ts";
import type { Weights } from "./messages.ts";

const SIDE = 28;
/** Pixels between two pictures. */
const GAP = 2;
const MOST = 100;

/**
 * Draws the first units, at most 100, on the canvas, as many in a row as it has room for. Without weights: the empty frames
 * of the given number.
 */
export function drawStrokes(canvas: HTMLCanvasElement, weights: Weights | null, hidden: number): void {
  const weight = weights?.layers[0]?.weight;
  const context = canvas.getContext("2d");
  if (!context) return;
  const count = Math.min(hidden, MOST);
  const columns = Math.min(count, canvas.clientWidth > 480 ? 20 : 10);
  const width = columns * (SIDE + GAP) - GAP;
  const height = Math.ceil(count / columns) * (SIDE + GAP) - GAP;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  if (!weights || !weight) {
    drawFrames(context, count, columns);
    return;
  }
  const image = context.createImageData(width, height);
  const [paper, positive, negative] = ["--paper", "--accent", "--warm"].map(channels) as [Rgb, Rgb, Rgb];
  const scale = 2.5 * rootMeanSquare(weight);
  for (let unit = 0; unit < count; unit++) {
    const picture = pictureOf(weights, unit);
    const left = (unit % columns) * (SIDE + GAP);
    const top = Math.floor(unit / columns) * (SIDE + GAP);
    for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
      const value = (picture[pixel] as number) / scale;
      const strength = Math.min(1, Math.abs(value));
      const ink = value > 0 ? positive : negative;
      const at = 4 * ((top + Math.floor(pixel / SIDE)) * width + left + (pixel % SIDE));
      for (let c = 0; c < 3; c++) image.data[at + c] = paper[c as 0] + strength * (ink[c as 0] - paper[c as 0]);
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

/** The first layer's weights into one unit: a column of a matrix of 784 × hidden. */
export function pictureOf({ hidden, layers }: Weights, unit: number): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, pixel) => layers[0]?.weight[pixel * hidden + unit] ?? 0);
}

function drawFrames(context: CanvasRenderingContext2D, count: number, columns: number): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.fillStyle = colourOf("--hair");
  context.globalAlpha = 0.5;
  for (let unit = 0; unit < count; unit++) {
    context.fillRect((unit % columns) * (SIDE + GAP), Math.floor(unit / columns) * (SIDE + GAP), SIDE, SIDE);
  }
  context.globalAlpha = 1;
}

type Rgb = readonly [number, number, number];

/** Red, green and blue of a colour that the style gives as #rrggbb. */
function channels(property: string): Rgb {
  const value = Number.parseInt(colourOf(property).slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function rootMeanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length) || 1;
}
