/** Line charts: uPlot in the page's colours, as wide as their place. */
import uPlot from "uplot";
import { setScientific } from "./dom.ts";
import "uplot/dist/uPlot.min.css";

export interface Line {
  readonly label: string;
  /** A custom property of the page's style. */
  readonly colour: string;
  /** Points instead of a line; default false. */
  readonly points?: boolean;
  readonly dash?: number[];
  readonly width?: number;
}

export interface ChartOptions {
  readonly lines: readonly Line[];
  readonly height: number;
  /** Both axes in powers of ten. */
  readonly logarithmic?: boolean;
  readonly x?: uPlot.Scale;
  readonly y?: uPlot.Scale;
  readonly xValues?: uPlot.Axis.Values;
  readonly yValues?: uPlot.Axis.Values;
}

const FONT = "12px system-ui, sans-serif";

export class Chart {
  readonly #plot: uPlot;

  constructor(
    host: HTMLElement,
    { lines, height, logarithmic = false, x = {}, y = {}, xValues, yValues }: ChartOptions,
  ) {
    const scale: uPlot.Scale = logarithmic ? { distr: 3, log: 10 } : {};
    const axis = (values: uPlot.Axis.Values | undefined, size: number): uPlot.Axis => ({
      stroke: () => colourOf("--soft"),
      grid: { stroke: () => colourOf("--hair"), width: 1, ...(logarithmic && { filter: onlyPowers }) },
      ticks: { show: false },
      font: FONT,
      size,
      ...(values && { values }),
      ...(logarithmic && { filter: onlyPowers, values: (_, splits) => splits.map(power) }),
    });
    this.#plot = new uPlot(
      {
        width: host.clientWidth || 320,
        height,
        cursor: { show: false },
        legend: { show: false },
        padding: [8, 16, 0, 0],
        scales: { x: { time: false, ...scale, ...x }, y: { ...scale, ...y } },
        axes: [axis(xValues, 28), axis(yValues, 48)],
        series: [{}, ...lines.map(seriesOf)],
      },
      [[], ...lines.map(() => [])],
      host,
    );
    new ResizeObserver(() => this.#plot.setSize({ width: host.clientWidth, height })).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#plot.redraw(false));
  }

  /** One array of x, and one of y for each line. */
  show(data: uPlot.AlignedData): void {
    this.#plot.setData(data);
  }
}

function onlyPowers(_: uPlot, splits: number[]): (number | null)[] {
  return splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));
}

/** "10⁻³". */
function power(value: number | null): string {
  return value === null ? "" : setScientific(value).replace("1.0·", "");
}

export function colourOf(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

function seriesOf({ label, colour, points = false, dash, width = 2 }: Line): uPlot.Series {
  const stroke = () => colourOf(colour);
  return {
    label,
    stroke,
    width: points ? 0 : width,
    points: points ? { show: true, size: 7, fill: stroke, stroke, width: 0 } : { show: false },
    ...(dash && { dash }),
  };
}
