/** Workers as child processes, killed with the test that started them. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("worker.process.ts", import.meta.url));

export class WorkerProcess {
  readonly child: ChildProcess;
  /** What it has printed, by lines. */
  readonly lines: string[] = [];
  readonly #listeners: ((line: string) => void)[] = [];

  constructor(port: number, queue: string, { lock = 1000, slow = 0 } = {}) {
    const words = ["--import", "tsx", SCRIPT, `${port}`, queue, `${lock}`, `${slow}`];
    this.child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    let rest = "";
    this.child.stdout?.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() as string;
      for (const line of lines) {
        this.lines.push(line);
        for (const listener of this.#listeners) listener(line);
      }
    });
  }

  /** The first line that begins so, printed already or yet to come. */
  says(start: string): Promise<void> {
    if (this.lines.some((line) => line.startsWith(start))) return Promise.resolve();
    return new Promise((resolve) => {
      this.#listeners.push((line) => {
        if (line.startsWith(start)) resolve();
      });
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}

/** Starts some, and waits until each serves. */
export async function startWorkers(count: number, port: number, queue: string, options = {}): Promise<WorkerProcess[]> {
  const workers = Array.from({ length: count }, () => new WorkerProcess(port, queue, options));
  await Promise.all(workers.map((worker) => worker.says("ready")));
  return workers;
}

export function killAll(workers: readonly WorkerProcess[]): void {
  for (const worker of workers) worker.signal("SIGKILL");
}
