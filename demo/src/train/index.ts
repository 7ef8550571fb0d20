/** "Train": a network of two dense layers learns the digits before the visitor's eyes. */
import "./train.css";
import { byId } from "../dom.ts";
import type { Threads } from "../threads/index.ts";
import { openWorker } from "../worker.ts";
import { Controls } from "./controls.ts";
import { Curves } from "./curves.ts";
import type { Progress, Reply, Request, Weights } from "./messages.ts";
import { drawStrokes } from "./strokes.ts";
import workerUrl from "./worker.ts?shared";

/**
 * @param threads what the visitor chooses
 * @param onWeights told the network's parameters whenever they have changed; null when they are forgotten
 * @returns what tells the parameters as they are now
 */
export function startTrain(threads: Threads, onWeights: (weights: Weights | null) => void): () => Weights | null {
  const button = byId("train-start", HTMLButtonElement);
  const reset = byId("train-reset", HTMLButtonElement);
  const loading = byId("train-progress", HTMLProgressElement);
  const status = byId("train-status", HTMLElement);
  const strokes = byId("strokes", HTMLCanvasElement);
  const curves = new Curves();
  let worker: Worker | null = null;
  let running = false;
  /** Resets that the worker has not answered: what it says until then is of the old network. */
  let forgetting = 0;
  let latest: Progress | null = null;
  let tested: number | null = null;
  let weights: Weights | null = null;
  let drawn = true;

  /** Whatever came since the last frame is drawn in the next one. */
  const draw = () => {
    if (!drawn) return;
    drawn = false;
    requestAnimationFrame(() => {
      drawn = true;
      curves.draw();
      drawStrokes(strokes, weights, weights?.hidden ?? controls.settings.hidden);
      showFigures(latest, tested);
    });
  };
  const ask = (request: Request) => {
    worker ??= open();
    worker.postMessage(request);
  };
  const showButtons = () => {
    button.textContent = running ? "Pause" : latest ? "Resume" : "Start training";
    reset.disabled = !latest && !running;
  };
  const run = (on: boolean) => {
    running = on;
    showButtons();
    ask(on ? { kind: "run", settings: controls.settings } : { kind: "pause" });
  };
  const renew = (again: boolean) => {
    if (worker) {
      ask({ kind: "reset" });
      forgetting++;
    }
    latest = null;
    tested = null;
    weights = null;
    curves.clear();
    onWeights(null);
    status.textContent = "";
    if (worker || again) run(again);
    draw();
  };
  /** A worker keeps its threads: others need another worker, and that another network. */
  const replace = () => {
    const again = running;
    close();
    renew(again);
    showButtons();
  };
  const hear = (reply: Reply) => {
    if (reply.kind === "forgotten") forgetting--;
    if (forgetting > 0 && reply.kind !== "loading") return;
    switch (reply.kind) {
      case "loading":
        loading.hidden = reply.part >= 1;
        loading.value = reply.part;
        status.textContent = reply.part < 1 ? "Loading the digits …" : "";
        return;
      case "progress":
        latest = reply.progress;
        curves.add(latest);
        if (latest.test !== undefined) {
          tested = latest.test;
          status.textContent = `Epoch ${latest.epochs}: ${(100 * tested).toFixed(2)} % of the test digits read right.`;
        }
        break;
      case "weights":
        weights = reply.weights;
        onWeights(weights);
        break;
      case "done":
        run(false);
        break;
      case "error":
        loading.hidden = true;
        run(false);
        status.textContent = `Training stopped: ${reply.text}`;
    }
    draw();
  };
  const close = () => {
    worker?.terminate();
    worker = null;
    forgetting = 0;
    loading.hidden = true;
    running = false;
  };
  const open = () => {
    const made = openWorker(workerUrl);
    made.addEventListener("message", (event: MessageEvent<Reply>) => worker === made && hear(event.data));
    // It is of no use any more; the next start opens another one, with another network.
    made.addEventListener("error", (event) => {
      if (worker !== made) return;
      close();
      latest = null;
      showButtons();
      status.textContent = `Training stopped: ${event.message || "its worker could not be loaded"}. Start it again.`;
      draw();
    });
    return made;
  };
  const controls = new Controls(
    threads,
    () => running && run(true),
    () => renew(running),
  );
  threads.onChange(replace);
  button.addEventListener("click", () => run(!running));
  reset.addEventListener("click", () => renew(false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // As many pictures in a row as there is room for; at once, too, for the empty frames.
  new ResizeObserver(draw).observe(strokes);
  return () => weights;
}

/** @param tested the part of the test digits that was read right at the end of the last epoch */
function showFigures(progress: Progress | null, tested: number | null): void {
  const set = (id: string, text: string | null | undefined) => {
    byId(id, HTMLElement).textContent = text ?? "–";
  };
  set("figure-epochs", progress?.epochs.toFixed(1));
  set("figure-speed", progress && Math.round(progress.imagesPerSecond).toLocaleString("en"));
  const threads = progress?.threads ?? 0;
  byId("figure-threads", HTMLElement).textContent =
    threads > 1 ? `, ${threads} threads` : threads ? ", one thread" : "";
  set("figure-loss", progress?.loss.toFixed(3));
  set("figure-accuracy", progress && `${(100 * progress.accuracy).toFixed(1)} %`);
  set("figure-test", tested === null ? null : `${(100 * tested).toFixed(2)} %`);
}
