/** The squares as a chart: GFLOP/s over the size, one line for each contender. */
import type { TopLevelSpec } from "vega-lite";
import { draw } from "../common/draw.ts";
import { isSquare, PASSES } from "../common/layers.ts";
import type { Peer } from "./peer.ts";
import type { Row } from "./race.ts";

const TITLE = "A square dense layer in float32 on one thread; the horizontal line is the roofline of 128-bit SIMD";
const DASHES: Record<Peer["kind"], number[]> = { ours: [1, 0], wasm: [6, 2], js: [2, 2], native: [8, 2, 2, 2] };

/** An SVG of two panels, forward and backward. */
export async function chart(peers: readonly Peer[], rows: readonly Row[], roof: number | null): Promise<string> {
  const points = peers.flatMap((peer) =>
    rows.flatMap((row) =>
      PASSES.flatMap((pass) => {
        const figure = row.figure(peer, pass);
        if (!figure || !isSquare(row.shape)) return [];
        return [
          { name: peer.name, pass, size: row.shape.batch, speed: figure.median, low: figure.low, high: figure.high },
        ];
      }),
    ),
  );
  return draw(TITLE, specOf(peers, points, roof));
}

function specOf(peers: readonly Peer[], points: object[], roof: number | null): TopLevelSpec {
  const sizes = [16, 32, 64, 128, 256, 512, 1024];
  const x = { field: "size", type: "quantitative", scale: { type: "log", base: 2 } } as const;
  const color = { field: "name", type: "nominal", sort: null, title: null, scale: { scheme: "category20" } } as const;
  const strokeDash = {
    field: "name",
    type: "nominal",
    sort: null,
    title: null,
    scale: { domain: peers.map(({ name }) => name), range: peers.map(({ kind }) => DASHES[kind]) },
  } as const;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    config: { aria: false, legend: { labelLimit: 0 } },
    data: { values: points },
    facet: { column: { field: "pass", type: "nominal", sort: [...PASSES], title: null } },
    spec: {
      width: 420,
      height: 420,
      layer: [
        {
          mark: { type: "line", point: { size: 18 } },
          encoding: {
            x: { ...x, title: "batch = in = out", axis: { values: sizes, format: "d" } },
            y: { field: "speed", type: "quantitative", title: "GFLOP/s" },
            color,
            strokeDash,
          },
        },
        {
          mark: { type: "rule", opacity: 0.5 },
          encoding: {
            x,
            y: { field: "low", type: "quantitative" },
            y2: { field: "high" },
            color,
          },
        },
        ...(roof === null
          ? []
          : [{ mark: { type: "rule", color: "black" }, encoding: { y: { datum: roof } } } as const]),
      ],
    },
  };
}
