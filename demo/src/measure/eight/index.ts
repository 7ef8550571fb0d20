/** "Eight bits" in "Measure": the network in training, or one of its own, in float32 and with weights of eight bits. */
import { byId, create } from "../../dom.ts";
import type { Weights } from "../../train/messages.ts";
import { openWorker } from "../../worker.ts";
import { BATCH, type Comparison, type Figures } from "./figures.ts";
import type { Message, Request } from "./messages.ts";
import workerUrl from "./worker.ts?shared";

/** @param weights those of the network in training, if there is one */
export function startEight(weights: () => Weights | null): void {
  const button = byId("eight-start", HTMLButtonElement);
  const status = byId("eight-status", HTMLElement);
  let worker: Worker | null = null;

  const end = (text: string) => {
    worker?.terminate();
    worker = null;
    button.textContent = "Compare eight bits";
    status.textContent = text;
  };
  const hear = (message: Message, learnt: boolean) => {
    switch (message.kind) {
      case "status":
        status.textContent = message.text;
        break;
      case "done":
        show(message.comparison);
        return end(sentenceOf(message.comparison, learnt));
      case "error":
        return end(`It did not work: ${message.text}`);
    }
  };
  const begin = () => {
    const asked: Request = { weights: weights() };
    button.textContent = "Stop";
    status.textContent = "Starting …";
    const made = openWorker(workerUrl);
    worker = made;
    made.postMessage(asked);
    made.addEventListener("message", (event: MessageEvent<Message>) => {
      if (worker === made) hear(event.data, asked.weights !== null);
    });
    made.addEventListener("error", (event) => {
      if (worker === made) end(`It did not work: ${event.message || "the worker did not start"}`);
    });
  };
  button.addEventListener("click", () => (worker ? end("Stopped.") : begin()));
}

function show({ float32, eightBits }: Comparison): void {
  const rows: readonly [string, (of: Figures) => string][] = [
    ["the network in a file", ({ bytes }) => `${(bytes / 1000).toFixed(1)} kB`],
    ["reading one digit", ({ one }) => `${(1e6 * one).toFixed(1)} µs`],
    [`reading ${BATCH.toLocaleString("en")} digits`, ({ batch }) => `${(1e3 * batch).toFixed(2)} ms`],
    ["digits read right", ({ right }) => `${(100 * right).toFixed(2)} %`],
  ];
  const line = ([name, text]: (typeof rows)[number]) =>
    create(
      "tr",
      {},
      create("th", { scope: "row" }, name),
      create("td", {}, text(float32)),
      create("td", {}, text(eightBits)),
    );
  byId("eight-figures", HTMLTableSectionElement).replaceChildren(...rows.map(line));
  byId("eight-results", HTMLElement).hidden = false;
}

function sentenceOf({ digits, same }: Comparison, learnt: boolean): string {
  const whose = learnt ? "The network above, as it was then" : "A network trained for one epoch";
  return `${whose}: both read the same in ${(100 * same).toFixed(2)} % of the ${digits.toLocaleString("en")} test digits.`;
}
