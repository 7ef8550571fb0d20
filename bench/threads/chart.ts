/** How the products of a layer gain by threads, as a chart. */
import { draw } from "../common/draw.js";
import { PASSES, type Point } from "./library.js";

/** A panel for each pass. Solid: threads over one; dashed: as many processes at once; grey: as many times as fast. */
export function drawScaling(points: readonly Point[], busy: boolean): Promise<string> {
  const most = Math.max(...points.map(({ threads }) => threads));
  const counts = Array.from({ length: most }, (_, i) => i + 1);
  const alone = points
    .filter(({ threads }) => threads === 2)
    .map((point) => ({ ...point, threads: 1, gain: 1, processes: 1 }));
  const values = [...alone, ...points].flatMap(({ shape, pass, threads, gain, processes }) => [
    { shape, pass, threads, gain, of: "threads" },
    ...(processes === undefined || busy ? [] : [{ shape, pass, threads, gain: processes, of: "processes" }]),
  ]);
  const ideal = PASSES.flatMap((pass) => counts.map((threads) => ({ pass, threads, gain: threads })));
  const x = {
    field: "threads",
    type: "quantitative",
    title: "threads",
    axis: { values: counts, format: "d" },
  } as const;
  const y = { field: "gain", type: "quantitative", title: "times as fast as one" } as const;
  const names = [...new Set(points.map(({ shape }) => shape))];
  const title = `Threads over one thread, by the size of the layer${busy ? ", one core busy with another program" : ""}`;
  return draw(title, {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    config: { aria: false, legend: { labelLimit: 0 } },
    data: { values: [...values, ...ideal.map((point) => ({ ...point, of: "ideal" }))] },
    facet: { column: { field: "pass", type: "nominal", sort: [...PASSES], title: null } },
    spec: {
      width: 240,
      height: 300,
      layer: [
        {
          transform: [{ filter: "datum.of === 'ideal'" }],
          mark: { type: "line", color: "#bbb" },
          encoding: { x, y },
        },
        {
          transform: [{ filter: "datum.of !== 'ideal'" }],
          mark: { type: "line", point: { size: 30 } },
          encoding: {
            x,
            y,
            color: { field: "shape", type: "nominal", sort: names, title: "batch × in × out" },
            strokeDash: {
              field: "of",
              type: "nominal",
              title: "so many",
              legend: { symbolType: "stroke", symbolSize: 400 },
              scale: {
                domain: ["threads", "processes"],
                range: [
                  [1, 0],
                  [4, 3],
                ],
              },
            },
          },
        },
      ],
    },
  });
}
