/** "Draw": a digit by hand, read at every stroke by the network as it is at that moment. */
import "./draw.css";
import { colourOf } from "../chart.ts";
import { byId, create } from "../dom.ts";
import type { Weights } from "../train/messages.ts";
import { normalize, SIDE } from "./normalize.ts";
import { startOwn } from "./own.ts";
import { Pad } from "./pad.ts";
import { Reader } from "./reader.ts";

/** @returns the sheet, and what takes over the weights of the network in training */
export function startDraw(): { pad: Pad; learn: (weights: Weights | null) => void } {
  const reader = new Reader();
  const seen = byId("seen", HTMLCanvasElement);
  const verdict = byId("verdict", HTMLElement);
  const time = byId("read-time", HTMLElement);
  const bars = Array.from({ length: 10 }, (_, digit) => bar(digit));
  byId("bars", HTMLElement).append(...bars.map(({ row }) => row));
  let image: Float32Array<ArrayBuffer> | null = null;

  const show = () => {
    showSeen(seen, image);
    if (!image || !reader.ready) {
      for (const { show } of bars) show(null, false);
      time.textContent = "";
      verdict.textContent = reader.ready
        ? "Draw a digit."
        : image
          ? "The network has learnt nothing yet: start the training above, and it will read this."
          : "Start the training above, then draw a digit. You need not wait for its end.";
      return;
    }
    const probabilities = reader.read(image);
    const numbers = probabilities.every(Number.isFinite);
    const best = probabilities.indexOf(Math.max(...probabilities));
    for (const [digit, { show }] of bars.entries())
      show(numbers ? (probabilities[digit] as number) : null, digit === best);
    const text = numbers ? `It reads ${best}.` : "Its outputs are no numbers.";
    // Set only when it changes, so that a screen reader says it once.
    if (verdict.textContent !== text) verdict.textContent = text;
  };
  const pad = new Pad(byId("pad", HTMLCanvasElement), (ended) => {
    const { values, size } = pad.ink();
    image = normalize(values, size, size);
    show();
    if (ended && image && reader.ready) time.textContent = `Read in ${reader.time(image).toFixed(1)} µs.`;
  });
  byId("pad-clear", HTMLButtonElement).addEventListener("click", () => pad.clear());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    pad.draw();
    showSeen(seen, image);
  });
  pad.draw();
  show();
  startOwn((own) => {
    reader.use(own);
    show();
  });
  const learn = (weights: Weights | null) => {
    reader.learn(weights);
    show();
  };
  return { pad, learn };
}

/** A line of the ten: the digit, its bar, its probability. */
function bar(digit: number): { row: HTMLElement; show: (probability: number | null, best: boolean) => void } {
  const fill = create("i");
  const figure = create("span", { class: "figure" });
  const row = create("li", {}, create("span", {}, String(digit)), create("div", { class: "track" }, fill), figure);
  const show = (probability: number | null, best: boolean) => {
    row.classList.toggle("best", best);
    fill.style.setProperty("--at", String(probability ?? 0));
    figure.textContent = probability === null ? "–" : `${(100 * probability).toFixed(1)} %`;
  };
  return { row, show };
}

/** The drawing as it reaches the network. */
function showSeen(canvas: HTMLCanvasElement, image: Float32Array | null): void {
  [canvas.width, canvas.height] = [SIDE, SIDE];
  const context = canvas.getContext("2d");
  if (!context || !image) return;
  context.fillStyle = colourOf("--ink");
  for (const [i, value] of image.entries()) {
    context.globalAlpha = Math.min(1, value);
    context.fillRect(i % SIDE, Math.floor(i / SIDE), 1, 1);
  }
}
