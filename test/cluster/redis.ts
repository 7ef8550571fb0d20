/** A Redis of a test's own, on a free loopback port, with its data in a folder that goes with it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** Whether there is a redis-server on the path. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class RedisServer {
  readonly port: number;
  readonly connection: { host: string; port: number };
  readonly client: Redis;
  readonly #folder = mkdtempSync(join(tmpdir(), "affine-wasm-redis-"));
  readonly #aof: boolean;
  #process: ChildProcess | null = null;

  private constructor(port: number, aof: boolean) {
    this.port = port;
    this.connection = { host: "127.0.0.1", port };
    this.#aof = aof;
    this.client = new Redis({ ...this.connection, maxRetriesPerRequest: null, lazyConnect: true });
    this.client.on("error", () => {});
  }

  /** @param aof whether every write is on the disk before it is answered */
  static async start(aof = false): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), aof);
    await server.run();
    return server;
  }

  async run(): Promise<void> {
    const persistence = this.#aof ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
    const words = [
      "--port",
      `${this.port}`,
      "--bind",
      "127.0.0.1",
      "--dir",
      this.#folder,
      "--save",
      "",
      ...persistence,
    ];
    this.#process = spawn("redis-server", words, { stdio: "ignore" });
    for (let tries = 0; tries < 100; tries++) {
      const answer = spawnSync("redis-cli", ["-p", `${this.port}`, "ping"], { encoding: "utf8" });
      if (answer.stdout?.includes("PONG")) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`redis-server does not answer on port ${this.port}`);
  }

  /** As if the power went. */
  async kill(): Promise<void> {
    const process = this.#process;
    const gone = new Promise((resolve) => process?.once("exit", resolve));
    process?.kill("SIGKILL");
    await gone;
  }

  /** Bytes of all that it holds, but for the buffers of its connections, which come and go: by 130 kB within seconds. */
  async usedMemory(): Promise<number> {
    const info = await this.client.info("memory");
    const [all, buffers] = ["used_memory", "mem_clients_normal"].map((field) =>
      Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1]),
    ) as [number, number];
    return all - buffers;
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
