/** GFLOP/s as dots on a line for every shape, and the roofline across them. */
import { nameOf, type Pass } from "../../../bench/peers/shapes.ts";
import { create } from "../dom.ts";
import type { Row } from "./messages.ts";
import { NAMES, setSpeed } from "./report.ts";

export class Plot {
  readonly #hosts: Record<Pass, HTMLElement>;
  #most = 1;

  constructor(hosts: Record<Pass, HTMLElement>) {
    this.#hosts = hosts;
  }

  /** Empties both panels; the axis goes a little beyond the roofline. */
  start(roof: number): void {
    this.#most = roof * 1.04;
    for (const host of Object.values(this.#hosts)) {
      const line = create("div", { class: "roof" }, create("span", {}, `roofline ${roof.toFixed(0)}`));
      host.replaceChildren(create("div", { class: "over" }, line));
      this.#place(line, roof);
    }
  }

  add({ shape, pass, gflops }: Row): void {
    const track = create("div", { class: "track" });
    for (const name of ["plain", "tfjs", "affine"] as const) {
      const dot = create("i", { class: `dot ${name}`, title: `${NAMES[name]}: ${setSpeed(gflops[name])} GFLOP/s` });
      this.#place(dot, gflops[name]);
      track.append(dot);
    }
    const figure = create("span", { class: "figure" }, setSpeed(gflops.affine));
    this.#hosts[pass].append(create("div", { class: "row" }, create("span", {}, nameOf(shape)), track, figure));
  }

  #place(mark: HTMLElement, gflops: number): void {
    mark.style.setProperty("--at", `${Math.min(100, (100 * gflops) / this.#most).toFixed(2)}%`);
  }
}
