/** The results as Markdown. */
import { cpus } from "node:os";
import { isSquare, nameOf, PASSES, type Pass } from "../common/layers.ts";
import type { Peer } from "./peer.ts";
import { type Figure, type Row, TOO_SLOW } from "./race.ts";

/** Seconds for one epoch, for each contender that trains. */
export interface Epochs {
  readonly batch: number;
  readonly seconds: ReadonlyMap<Peer, number>;
}

const NONE = "–";

export function report(
  peers: readonly Peer[],
  rows: readonly Row[],
  epochs: readonly Epochs[],
  roof: number | null,
  threads: number,
): string {
  const layers = rows.filter(({ shape }) => !isSquare(shape));
  const squares = rows.filter(({ shape }) => isSquare(shape));
  const tables = PASSES.flatMap((pass) => [
    `## ${pass === "forward" ? "Forward: Y = X·W + b" : "Backward: dX = dY·Wᵀ, dW = Xᵀ·dY and db, together"}`,
    ...[layers, squares].filter(({ length }) => length > 0).map((some) => figures(peers, some, pass)),
  ]);
  const ours = peers.filter(({ kind }) => kind === "ours");
  const sections = [
    "# affine-wasm and its peers",
    `${cpus()[0]?.model.trim()}, ${process.arch}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}. ` +
      `Float32, ${threads === 1 ? "one thread" : `${threads} threads`}. Written by \`npm run bench:peers\`.`,
    "GFLOP/s, median over the rounds ± half the distance of the quartiles, for a layer of batch × in × out. Every result " +
      `was checked against sums in float64 first. ${NONE}: one run took longer than ${TOO_SLOW} s, or the peer has no such pass.`,
    roof === null ? "" : `Roofline of 128-bit SIMD in WebAssembly on this core: ${roof.toFixed(1)} GFLOP/s.`,
    ...tables,
    "## How many times as fast",
    "Forward / backward. Plain JS: the best of the contenders on JavaScript alone; wasm peer: the best of those on WebAssembly.",
    ...ours.map((our) => ratios(our, peers, rows)),
    ...(epochs.length > 0 ? ["## One epoch of 784-100-10 on 60,000 random digits, in seconds", training(epochs)] : []),
    "## Contenders",
    peers.map(({ name, version, note }) => `- ${name}: ${version}${note ? `; ${note}` : ""}`).join("\n"),
  ];
  return `${sections.filter(Boolean).join("\n\n")}\n`;
}

function figures(peers: readonly Peer[], rows: readonly Row[], pass: Pass): string {
  return table(
    ["", ...rows.map(({ shape }) => nameOf(shape))],
    peers
      .filter((peer) => rows.some((row) => row.figure(peer, pass)))
      .map((peer) => [peer.name, ...rows.map((row) => spread(row.figure(peer, pass)))]),
  );
}

function spread(figure: Figure | undefined): string {
  if (!figure) return NONE;
  const half = (100 * (figure.high - figure.low)) / 2 / figure.median;
  return `${digits(figure.median, 3)} ±${half.toFixed(0)}%`;
}

function ratios(our: Peer, peers: readonly Peer[], rows: readonly Row[]): string {
  const numpy = peers.filter(({ name }) => name.startsWith("NumPy"));
  const rivals: Record<string, (peer: Peer) => boolean> = {
    "best wasm peer": ({ kind }) => kind === "wasm",
    "tfjs wasm": ({ name }) => name === "tfjs wasm",
    "best plain JS": ({ kind }) => kind === "js",
    ...Object.fromEntries(numpy.map((one) => [one.name, (peer: Peer) => peer === one])),
  };
  return table(
    [`${our.name} over`, ...Object.keys(rivals)],
    rows.map((row) => [
      nameOf(row.shape),
      ...Object.values(rivals).map((isRival) =>
        PASSES.map((pass) => ratio(row, pass, our, peers.filter(isRival))).join(" / "),
      ),
    ]),
  );
}

function ratio(row: Row, pass: Pass, our: Peer, rivals: readonly Peer[]): string {
  const mine = row.figure(our, pass)?.median;
  const best = Math.max(...rivals.map((rival) => row.figure(rival, pass)?.median ?? 0));
  return mine !== undefined && best > 0 ? digits(mine / best, 2) : NONE;
}

/** So many significant digits, but never an exponent. */
function digits(value: number, count: number): string {
  return value >= 10 ** (count - 1) ? value.toFixed(0) : value.toPrecision(count);
}

function training(epochs: readonly Epochs[]): string {
  const peers = [...(epochs[0]?.seconds.keys() ?? [])];
  return table(
    ["", ...epochs.map(({ batch }) => `batch ${batch}`)],
    peers.map((peer) => [peer.name, ...epochs.map(({ seconds }) => seconds.get(peer)?.toFixed(2) ?? NONE)]),
  );
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "--:"))), ...body.map(line)].join("\n");
}
