/** A Redis for examples and measurements: Debian's redis-server, on a free port of this machine alone, gone when they are. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface LocalRedis {
  readonly connection: { readonly host: string; readonly port: number };
  stop(): void;
}

/** @throws Error with what to install if there is none on the PATH */
export async function startRedis(): Promise<LocalRedis> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    throw new Error("this example needs redis-server on the PATH: apt-get install redis-server, or brew install redis");
  }
  const folder = mkdtempSync(join(tmpdir(), "affine-wasm-redis-"));
  const port = await freePort();
  // For real machines see compose.yaml: there every write is on the disk before it is answered.
  const words = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const server: ChildProcess = spawn("redis-server", words, { stdio: ["ignore", "pipe", "ignore"] });
  await new Promise<void>((resolve, reject) => {
    server.once("exit", (code) => reject(new Error(`redis-server ended at once, with code ${code}`)));
    server.stdout?.on("data", (text) => {
      if (String(text).includes("Ready to accept connections")) resolve();
    });
  });
  const stop = () => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  return { connection: { host: "127.0.0.1", port }, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
