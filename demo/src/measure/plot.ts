/** GFLOP/s as dots on a line for every shape, and the roofline across them. */
import { LAYERS, nameOf, PASSES, type Pass } from "../../../bench/common/layers.ts";
import { create } from "../dom.ts";
import type { Row } from "./messages.ts";
import { NAMES, setSpeed } from "./report.ts";

/** What a shape's line is made of. */
interface Line {
  readonly track: HTMLElement;
  readonly figure: HTMLElement;
}

export class Plot {
  readonly #hosts: Record<Pass, HTMLElement>;
  /** By pass and shape. */
  readonly #lines = new Map<string, Line>();
  #most = 1;

  /** Draws the lines, without anything on them yet. */
  constructor(hosts: Record<Pass, HTMLElement>) {
    this.#hosts = hosts;
    this.#clear();
  }

  /** Empties both panels; the axis goes a little beyond the roofline, which is one core's, times the threads. */
  start(roof: number, threads: number): void {
    this.#most = roof * threads * 1.04;
    this.#clear();
    for (const host of Object.values(this.#hosts)) {
      const over = create("div", { class: "over" });
      const step = stepFor(roof * threads);
      for (let at = 0; at <= roof * threads; at += step) {
        const tick = create("div", { class: "tick" }, create("span", {}, String(at)));
        this.#place(tick, at);
        over.append(tick);
      }
      const line = create(
        "div",
        { class: "roof" },
        create("span", {}, `${threads > 1 ? "one core: " : ""}roofline ${roof.toFixed(0)}`),
      );
      this.#place(line, roof);
      over.append(line);
      host.prepend(over);
    }
  }

  add({ shape, pass, gflops }: Row): void {
    const line = this.#lines.get(`${pass} ${nameOf(shape)}`);
    if (!line) return;
    for (const name of ["plain", "tfjs", "affine"] as const) {
      const dot = create("i", { class: `dot ${name}`, title: `${NAMES[name]}: ${setSpeed(gflops[name])} GFLOP/s` });
      this.#place(dot, gflops[name]);
      line.track.append(dot);
    }
    line.figure.textContent = setSpeed(gflops.affine);
  }

  #clear(): void {
    for (const pass of PASSES) {
      this.#hosts[pass].replaceChildren();
      for (const shape of LAYERS) {
        const line = { track: create("div", { class: "track" }), figure: create("span", { class: "figure" }, "–") };
        this.#lines.set(`${pass} ${nameOf(shape)}`, line);
        const name = create("span", {}, nameOf(shape));
        this.#hosts[pass].append(create("div", { class: "row" }, name, line.track, line.figure));
      }
    }
  }

  #place(mark: HTMLElement, gflops: number): void {
    mark.style.setProperty("--at", `${Math.min(100, (100 * gflops) / this.#most).toFixed(2)}%`);
  }
}

/** A round step that divides the axis into three to six. */
function stepFor(most: number): number {
  return [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => most / step < 6) ?? 1000;
}
