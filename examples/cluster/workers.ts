/** Workers as processes of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface LocalWorkers {
  /** Ends one as `kill -9` does, without a word. */
  killOne(): void;
  stop(): void;
}

export async function startWorkers(count: number, port: number, queue: string): Promise<LocalWorkers> {
  const script = fileURLToPath(new URL("worker.ts", import.meta.url));
  const env = { ...process.env, REDIS_PORT: `${port}`, QUEUE: queue };
  const children: ChildProcess[] = Array.from({ length: count }, () =>
    spawn(process.execPath, ["--import", "tsx", script], { env, stdio: ["ignore", "pipe", "inherit"] }),
  );
  await Promise.all(children.map((child) => new Promise((resolve) => child.stdout?.once("data", resolve))));
  return {
    killOne: () => void children.pop()?.kill("SIGKILL"),
    stop: () => {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}
