/** The app that leaves the work to a Web Worker. */
import type { Outcome } from "./outcome.ts";

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
worker.onmessage = ({ data }: MessageEvent<Outcome>) => {
  window.outcome = data;
};
worker.onerror = ({ message }) => {
  window.outcome = { error: { name: "worker.onerror", message } };
};
