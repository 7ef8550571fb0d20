/** Loss and accuracy as they come. */
import type uPlot from "uplot";
import { Chart } from "../chart.ts";
import { byId } from "../dom.ts";
import type { Progress } from "./messages.ts";

export class Curves {
  readonly #loss: Chart;
  readonly #accuracy: Chart;
  readonly #epochs: number[] = [];
  readonly #losses: number[] = [];
  readonly #accuracies: number[] = [];
  readonly #tests: (number | null)[] = [];

  constructor() {
    const x: uPlot.Scale = { range: (_, __, max) => [0, Math.max(1, max ?? 1)] };
    this.#loss = new Chart(byId("loss", HTMLElement), {
      height: 190,
      x,
      y: { range: (_, __, max) => [0, Math.max(0.2, Math.ceil(5 * (max ?? 1)) / 5)] },
      lines: [{ label: "training loss", colour: "--accent" }],
    });
    this.#accuracy = new Chart(byId("accuracy", HTMLElement), {
      height: 190,
      x,
      y: { range: (_, min) => [Math.min(0.9, Math.floor(10 * (min ?? 0.9)) / 10), 1] },
      yValues: (_, splits) => splits.map((value) => `${Math.round(100 * value)} %`),
      lines: [
        { label: "training digits", colour: "--accent" },
        { label: "test digits", colour: "--warm", points: true },
      ],
    });
    this.draw();
  }

  add({ epochs, loss, accuracy, test }: Progress): void {
    this.#epochs.push(epochs);
    this.#losses.push(loss);
    this.#accuracies.push(accuracy);
    this.#tests.push(test ?? null);
  }

  draw(): void {
    this.#loss.show([this.#epochs, this.#losses]);
    this.#accuracy.show([this.#epochs, this.#accuracies, this.#tests]);
  }

  clear(): void {
    for (const values of [this.#epochs, this.#losses, this.#accuracies, this.#tests]) values.length = 0;
    this.draw();
  }
}
