/** "Measure": the visitor's own browser, and the three ways to compute a layer in it. */
import "./measure.css";
import { LAYERS, nameOf, PASSES } from "../../../bench/common/layers.ts";
import { byId, create } from "../dom.ts";
import type { Threads } from "../threads/index.ts";
import { openWorker } from "../worker.ts";
import type { Message, Request, Row } from "./messages.ts";
import { Plot } from "./plot.ts";
import { conditionsOf, markdownOf, type Start, setSpeed } from "./report.ts";
import workerUrl from "./worker.ts?shared";

const TOTAL = LAYERS.length * PASSES.length;

export function startMeasure(threads: Threads): void {
  const button = byId("measure-start", HTMLButtonElement);
  const copy = byId("measure-copy", HTMLButtonElement);
  const progress = byId("measure-progress", HTMLProgressElement);
  const status = byId("measure-status", HTMLElement);
  const details = byId("measure-details", HTMLElement);
  const table = byId("measure-table", HTMLTableSectionElement);
  const plot = new Plot({ forward: byId("plot-forward", HTMLElement), backward: byId("plot-backward", HTMLElement) });
  let worker: Worker | null = null;
  let start: Start | null = null;
  let rows: Row[] = [];

  const end = (text: string) => {
    worker?.terminate();
    worker = null;
    button.textContent = rows.length ? "Measure again" : "Measure this browser";
    progress.hidden = true;
    copy.hidden = rows.length === 0;
    status.textContent = text;
  };
  const hear = (message: Message) => {
    switch (message.kind) {
      case "start":
        start = message;
        byId("measure-conditions", HTMLElement).textContent = conditionsOf(message, navigator.userAgent);
        plot.start(message.roof.gflops, message.threads);
        break;
      case "row":
        rows.push(message.row);
        plot.add(message.row);
        details.hidden = false;
        table.append(tableRow(message.row));
        progress.value = rows.length / TOTAL;
        status.textContent = `${rows.length} of ${TOTAL}`;
        break;
      case "done":
        return end("Done. Every result was compared with sums in float64 before it was timed.");
      case "error":
        return end(`It did not work: ${message.text}`);
    }
  };
  const begin = () => {
    rows = [];
    table.replaceChildren();
    copy.hidden = true;
    progress.hidden = false;
    progress.value = 0;
    button.textContent = "Stop";
    status.textContent = "Starting …";
    worker = openWorker(workerUrl);
    worker.postMessage({ threads: threads.count } satisfies Request);
    worker.addEventListener("message", (event: MessageEvent<Message>) => hear(event.data));
    worker.addEventListener("error", (event) => end(`It did not work: ${event.message || "the worker did not start"}`));
  };
  button.addEventListener("click", () => (worker ? end("Stopped.") : begin()));
  copy.addEventListener("click", async () => {
    if (!start) return;
    status.textContent = await copied(markdownOf(start, rows, navigator.userAgent));
  });
}

async function copied(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied as Markdown.";
  } catch {
    // Without permission, or over plain HTTP: the text is shown, selected, to be copied by hand.
    const field = byId("measure-markdown", HTMLTextAreaElement);
    field.hidden = false;
    field.value = text;
    field.select();
    return "The browser does not let this page copy: the Markdown is below, selected.";
  }
}

function tableRow({ shape, pass, gflops }: Row): HTMLTableRowElement {
  const figures = [gflops.affine, gflops.tfjs, gflops.plain].map((value) => create("td", {}, setSpeed(value)));
  return create("tr", {}, create("th", { scope: "row" }, nameOf(shape)), create("td", {}, pass), ...figures);
}
