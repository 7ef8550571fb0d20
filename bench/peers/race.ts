/** Checks every contender on one shape, then times them in turns. */

import { nameOf, operations, PASSES, type Pass, type Shape } from "../common/layers.ts";
import { check, type Problem, problemOf } from "../common/problem.ts";
import type { Layer, Peer } from "./peer.ts";
import { quantile } from "./timing.ts";

export interface Pace {
  readonly rounds: number;
  /** For each contender and pass, in each round. */
  readonly milliseconds: number;
  readonly warmUp: number;
}

/** GFLOP/s: the median over the rounds, and the quartiles. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The figures of one shape; a contender that was too slow for a pass has none. */
export interface Row {
  readonly shape: Shape;
  readonly figure: (peer: Peer, pass: Pass) => Figure | undefined;
}

/** A pass that takes longer than this, in seconds, is left out. */
export const TOO_SLOW = 1;

interface Lane {
  readonly key: string;
  readonly pass: Pass;
  readonly layer: Layer;
  readonly seconds: number[];
}

const keyOf = (peer: Peer, pass: Pass) => `${peer.name} ${pass}`;

export class Race {
  readonly #peers: readonly Peer[];
  readonly #pace: Pace;
  /** GFLOP/s of each contender and pass on the largest shape so far: what to expect of the next one. */
  readonly #expected = new Map<string, { size: number; speed: number }>();

  constructor(peers: readonly Peer[], pace: Pace) {
    this.#peers = peers;
    this.#pace = pace;
  }

  /** @throws Error naming the contender, if a result is wrong */
  async run(shape: Shape): Promise<Row> {
    const problem = problemOf(shape);
    const layers: Layer[] = [];
    const lanes: Lane[] = [];
    for (const peer of this.#peers) {
      if (PASSES.every((pass) => this.#isTooSlow(peer, shape, pass))) continue;
      const layer = await peer.open(problem);
      layers.push(layer);
      for (const pass of layer.passes) {
        if (!this.#isTooSlow(peer, shape, pass) && (await this.#qualify(peer, layer, problem, pass))) {
          lanes.push({ key: keyOf(peer, pass), pass, layer, seconds: [] });
        }
      }
    }
    const { rounds, milliseconds } = this.#pace;
    for (let round = 0; round < rounds; round++) {
      // Every other round backwards, so that nobody always runs after the same neighbour.
      for (const { layer, pass, seconds } of round % 2 ? lanes.toReversed() : lanes) {
        seconds.push(await layer.measure(pass, milliseconds));
      }
    }
    for (const layer of layers) await layer.dispose();
    const figures = new Map(lanes.map((lane) => [lane.key, figureOf(shape, lane)]));
    for (const { key, pass } of lanes) {
      const [size, speed] = [operations(shape, pass), figures.get(key)?.median ?? 0];
      if (size >= (this.#expected.get(key)?.size ?? 0)) this.#expected.set(key, { size, speed });
    }
    return { shape, figure: (peer, pass) => figures.get(keyOf(peer, pass)) };
  }

  #isTooSlow(peer: Peer, shape: Shape, pass: Pass): boolean {
    const expected = this.#expected.get(keyOf(peer, pass));
    return expected !== undefined && operations(shape, pass) / expected.speed / 1e9 > TOO_SLOW;
  }

  /** Checks the result and warms up. False if one run takes too long. */
  async #qualify(peer: Peer, layer: Layer, problem: Problem, pass: Pass): Promise<boolean> {
    check(`${peer.name}, ${pass} ${nameOf(problem)}`, problem, pass, await layer.results(pass));
    const first = await layer.measure(pass, 0);
    if (first > TOO_SLOW) return false;
    await layer.measure(pass, Math.min(Math.max(this.#pace.warmUp, 10_000 * first), 10 * this.#pace.warmUp));
    return true;
  }
}

function figureOf(shape: Shape, { pass, seconds }: Lane): Figure {
  const at = (q: number) => operations(shape, pass) / quantile(seconds, q) / 1e9;
  return { median: at(0.5), low: at(0.75), high: at(0.25) };
}
