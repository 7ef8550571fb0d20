/**
 * Native ceilings: NumPy and PyTorch on OpenBLAS, on so many threads, once held to AVX2 and once to AVX-512 where there is one.
 * They are Debian's python3-numpy, libopenblas0-pthread and python3-torch; PYTHON names another Python. OpenBLAS is told
 * which kernels to take, as a version older than the processor takes far slower ones than it could run.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { childPeer } from "../child.ts";
import type { Peer } from "../peer.ts";

type Library = "numpy" | "torch";

const TITLES: Record<Library, string> = { numpy: "NumPy", torch: "PyTorch" };
const AVX2 = { OPENBLAS_CORETYPE: "HASWELL", ATEN_CPU_CAPABILITY: "avx2" };
const AVX512 = { OPENBLAS_CORETYPE: "SKYLAKEX", ATEN_CPU_CAPABILITY: "avx512" };

/** One contender for each instruction set; elsewhere than on x64 Linux, OpenBLAS's own choice. */
export function nativeStarters(): ((threads: number) => Promise<Peer | null>)[] {
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const sets: [suffix: string, env: Record<string, string>][] = [];
  if (/\bavx2\b/.test(flags)) sets.push([", AVX2", AVX2]);
  if (/\bavx512f\b/.test(flags)) sets.push([", AVX-512", AVX512]);
  if (sets.length === 0) sets.push(["", {}]);
  const libraries: Library[] = ["numpy", "torch"];
  return libraries.flatMap((library) =>
    sets.map(
      ([suffix, env]) =>
        (threads: number) =>
          native(library, suffix, env, threads),
    ),
  );
}

function native(library: Library, suffix: string, env: Record<string, string>, threads: number): Promise<Peer | null> {
  const count = String(threads);
  return childPeer({
    name: TITLES[library] + suffix,
    kind: "native",
    command: process.env.PYTHON ?? "/usr/bin/python3",
    args: [fileURLToPath(new URL("../native.py", import.meta.url)), library],
    env: { OPENBLAS_NUM_THREADS: count, OMP_NUM_THREADS: count, MKL_NUM_THREADS: count, ...env },
    trains: library === "torch",
  });
}
