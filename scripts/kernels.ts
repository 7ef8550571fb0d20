/**
 * The kernels as binaries. A module is one entry file, compiled once for each of its targets; the flags of a target are in
 * asconfig.json under its name. To add a module: a line in MODULES, its targets there, and `npm run verify:wasm -- --record`.
 */
import { join } from "node:path";
import { VARIANTS } from "../src/kernels/abi.js";
import { NN_VARIANTS } from "../src/kernels/nn/abi.js";
import { QUANTIZED_VARIANTS } from "../src/kernels/quantized/abi.js";

export interface KernelModule {
  readonly entry: string;
  /** Keeps its assertions; for tests only. */
  readonly debug: string;
  /** What is packed as files in `dist/wasm`. */
  readonly variants: readonly string[];
  readonly inlined: readonly [Inlined, ...Inlined[]];
}

/** Binaries as text, a source. */
export interface Inlined {
  readonly file: string;
  /** The default first, which is had the soonest, then each by what it shares with it. */
  readonly order: readonly string[];
  /** The binary that is there when the text is unpacked. */
  readonly behind?: string;
}

export const MODULES: readonly KernelModule[] = [
  {
    entry: "assembly/exports/affine.ts",
    debug: "debug",
    variants: VARIANTS,
    inlined: [
      { file: "src/kernels/inlined.ts", order: ["relaxed", "simd", "scalar"] },
      { file: "src/kernels/wide/inlined.ts", order: ["wide"], behind: "relaxed" },
    ],
  },
  {
    entry: "assembly/exports/nn.ts",
    debug: "nn-debug",
    variants: NN_VARIANTS.map((name) => `nn-${name}`),
    inlined: [{ file: "src/kernels/nn/inlined.ts", order: ["nn-simd", "nn-scalar"] }],
  },
  {
    entry: "assembly/exports/quantized.ts",
    debug: "quantized-debug",
    variants: QUANTIZED_VARIANTS.map((name) => `quantized-${name}`),
    inlined: [
      {
        file: "src/kernels/quantized/inlined.ts",
        order: ["quantized-relaxed", "quantized-simd", "quantized-scalar"],
      },
    ],
  },
];

/** The binary that gets the others out of their text; its own is hexadecimal, in `inlined`. */
export const UNPACKER = {
  entry: "assembly/exports/unpack.ts",
  name: "unpack",
  inlined: "src/kernels/unpacker.ts",
};

/** The names of all binaries that are packed. */
export const PACKED = [...MODULES.flatMap(({ variants }) => variants), UNPACKER.name];

/** Where `npm run build` puts a target's binary; a `.wat` of that name, its text, lies beside it. */
export function wasmFile(target: string, folder = "build"): string {
  return join(folder, `${target}.wasm`);
}

/** Compiles an entry into `folder`, from the project's folder: nothing of a path gets into a binary but the entry's own. */
export async function compile(entry: string, targets: readonly string[], folder?: string): Promise<void> {
  const { default: asc } = await import("assemblyscript/asc");
  for (const target of targets) {
    const file = wasmFile(target, folder);
    const output = ["--outFile", file, "--textFile", file.replace(/wasm$/, "wat")];
    const { error, stderr } = await asc.main([entry, "--target", target, ...output]);
    process.stderr.write(stderr.toString());
    if (error) throw error;
  }
}
