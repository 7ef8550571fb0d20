/** Workers and coordinators as child processes, killed with the test that started them. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A program of this folder that prints what it does. */
export class Program {
  readonly child: ChildProcess;
  /** What it has printed, by lines. */
  readonly lines: string[] = [];
  readonly #listeners: ((line: string) => void)[] = [];

  constructor(name: string, words: readonly (string | number)[]) {
    const script = fileURLToPath(new URL(name, import.meta.url));
    const all = ["--import", "tsx", script, ...words.map(String)];
    this.child = spawn(process.execPath, all, { stdio: ["ignore", "pipe", "inherit"] });
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

  get ended(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => child.once("exit", () => resolve()));
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}

/** Starts some, and waits until each serves. */
export async function startWorkers(
  count: number,
  port: number,
  queue: string,
  { lock = 1000, slow = 0 } = {},
): Promise<Program[]> {
  const workers = Array.from({ length: count }, () => new Program("worker.process.ts", [port, queue, lock, slow]));
  await Promise.all(workers.map((worker) => worker.says("ready")));
  return workers;
}

export function killAll(programs: readonly Program[]): void {
  for (const program of programs) program.signal("SIGKILL");
}
