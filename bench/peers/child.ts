/**
 * A peer in a process of its own, asked line by line in JSON over its standard input and output, so that its runs take
 * turns with everyone else's. Arrays are exchanged as files of raw float32 in a temporary folder. Requests:
 *
 *     { op: "open", folder, batch, inFeatures, outFeatures }       reads x, weight, bias, dy
 *     { op: "measure", pass, milliseconds }                        answers { seconds }
 *     { op: "results", pass }                                      writes y, or dx, dWeight and dBias
 *     { op: "epoch", batch }                                       answers { seconds }
 *     { op: "dispose" }
 *
 * The child's first line is { version }, and every answer is one line; { error } if something failed.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { PASSES } from "../common/layers.ts";
import type { Problem } from "../common/problem.ts";
import type { Kind, Peer } from "./peer.ts";

export interface Command {
  readonly name: string;
  readonly kind: Kind;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Whether it answers "epoch". */
  readonly trains: boolean;
}

interface Answer {
  readonly version?: string;
  readonly seconds?: number;
  readonly error?: string;
}

/** Starts the child. Null, with a line that says why, if it cannot run here. */
export async function childPeer({ name, kind, command, args, env, trains }: Command): Promise<Peer | null> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  const failure = new Promise<Answer>((resolve) => child.once("error", ({ message }) => resolve({ error: message })));
  const ask = conversation(child);
  const { version, error } = await Promise.race([failure, ask(null)]);
  if (version === undefined) {
    console.log(`${name}: left out (${error ?? "it did not start"})`);
    child.stdin.end();
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), "affine-wasm-peer-"));
  // Also when a contender was wrong and the run stops.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const must = async (request: Record<string, unknown>) => {
    const answer = await ask(request);
    if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
    return answer.seconds ?? Number.NaN;
  };
  return {
    name,
    version,
    kind,
    async open(problem) {
      const { batch, inFeatures, outFeatures } = problem;
      for (const operand of ["x", "weight", "bias", "dy"] as const) writeArray(folder, operand, problem[operand]);
      await must({ op: "open", folder, batch, inFeatures, outFeatures });
      return {
        passes: PASSES,
        measure: (pass, milliseconds) => must({ op: "measure", pass, milliseconds }),
        async results(pass) {
          await must({ op: "results", pass });
          const read = (output: string) => readArray(folder, output);
          return pass === "forward"
            ? { y: read("y") }
            : { dx: read("dx"), dWeight: read("dWeight"), dBias: read("dBias") };
        },
        dispose: async () => void (await must({ op: "dispose" })),
      };
    },
    ...(trains && { epoch: (batch: number) => must({ op: "epoch", batch }) }),
    close: () => void child.stdin.end(),
  };
}

/** Sends a request, unless null, and waits for one line. */
function conversation(child: ChildProcessByStdio<Writable, Readable, null>) {
  // A child that died is noticed by its missing answer.
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (request: Record<string, unknown> | null): Promise<Answer> => {
    if (request) child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    return done ? { error: "its process ended" } : (JSON.parse(value) as Answer);
  };
}

/** The operands that `open` wrote, as the child reads them. */
export function readProblem(folder: string, shape: Pick<Problem, "batch" | "inFeatures" | "outFeatures">): Problem {
  const read = (operand: string) => readArray(folder, operand);
  return { ...shape, x: read("x"), weight: read("weight"), bias: read("bias"), dy: read("dy") };
}

export function writeArray(folder: string, name: string, { buffer, byteOffset, byteLength }: Float32Array): void {
  writeFileSync(join(folder, `${name}.f32`), new Uint8Array(buffer, byteOffset, byteLength));
}

function readArray(folder: string, name: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(join(folder, `${name}.f32`))).buffer);
}
