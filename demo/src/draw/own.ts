/** A network of the visitor's own: its file, dropped anywhere on the page or chosen, its summary, and what becomes of it. */
import { byId, create } from "../dom.ts";
import { CLASSES, PIXELS } from "../train/network.ts";
import type { Head, Opened, Predicts } from "./file.ts";

/** What reads the drawings instead of the network in training. */
export interface Own {
  readonly net: Predicts;
  readonly head: Head;
}

/** Bytes of the largest file that the page takes: all of it is read into memory. */
const LIMIT = 64 * 2 ** 20;
/** Rows of the summary; beyond, their number is told. */
const MOST_ROWS = 40;

/** @param onNetwork told the network of a file that reads digits; null: the one in training shall */
export function startOwn(onNetwork: (own: Own | null) => void): void {
  const field = byId("own-file", HTMLInputElement);
  const status = byId("own-status", HTMLElement);
  const summary = byId("own-summary", HTMLElement);
  const forget = byId("own-forget", HTMLButtonElement);
  /** Files so far: one that is overtaken by another while it is read is of no interest any more. */
  let files = 0;

  const clear = (text: string) => {
    onNetwork(null);
    forget.hidden = true;
    summary.hidden = true;
    status.textContent = text;
  };
  const take = async (file: File) => {
    const number = ++files;
    clear(`Reading ${file.name} …`);
    try {
      const found = await open(file);
      if (number !== files) return found.net.dispose();
      showSummary(file.name, found);
      const fits = found.net.inFeatures === PIXELS && found.net.outFeatures === CLASSES;
      status.textContent = verdictOf(file.name, found, fits);
      if (fits) onNetwork(found);
      else found.net.dispose();
      forget.hidden = !fits;
    } catch (error) {
      if (number === files) clear(`${file.name} is refused. ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const takeAll = (given: FileList | null | undefined) => {
    const [file, ...others] = given ?? [];
    if (others.length === 0) {
      if (file) take(file);
      return;
    }
    files++;
    clear("One file at a time, please.");
  };

  byId("own-choose", HTMLButtonElement).addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    takeAll(field.files);
    // The same file again is a change, too.
    field.value = "";
  });
  forget.addEventListener("click", () => {
    files++;
    clear("The network above reads again.");
    byId("own-choose", HTMLButtonElement).focus();
  });
  // Anywhere on the page: a browser would leave it and show the file instead.
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    takeAll(event.dataTransfer.files);
    byId("own", HTMLElement).scrollIntoView({ block: "nearest" });
  });
}

async function open(file: File): Promise<Opened> {
  if (!/\.(safetensors|onnx)$/i.test(file.name)) throw new Error("Its name must end with .safetensors or .onnx.");
  if (file.size > LIMIT) {
    throw new Error(`It has ${grouped(file.size)} bytes, and this page takes ${grouped(LIMIT)} at most.`);
  }
  const [bytes, { openNetwork }] = await Promise.all([file.arrayBuffer(), import("./file.ts")]);
  return openNetwork(file.name, new Uint8Array(bytes), LIMIT);
}

function verdictOf(name: string, { net, note }: Opened, fits: boolean): string {
  const { inFeatures, outFeatures } = net;
  const verdict = fits
    ? `${name} reads what you draw.`
    : `${name} cannot read digits: it takes ${inFeatures} inputs and gives ${outFeatures} outputs, not ${PIXELS} and ${CLASSES}.`;
  return note ? `${verdict} ${note}` : verdict;
}

function showSummary(name: string, { layers, head }: Opened): void {
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  const rows = layers.slice(0, MOST_ROWS).map(({ kind, size, activation, parameters }) => {
    const cells = [size, activation, grouped(parameters)].map((text) => create("td", {}, text));
    return create("tr", {}, create("th", { scope: "row" }, kind), ...cells);
  });
  if (layers.length > MOST_ROWS) {
    rows.push(create("tr", {}, create("td", { colspan: "4" }, `and ${layers.length - MOST_ROWS} more`)));
  }
  const heads = { none: "none, outputs are logits", softmax: "softmax", sigmoid: "sigmoid" };
  byId("own-caption", HTMLElement).textContent =
    `${name}: ${layers.length} layers, ${grouped(total)} parameters; head: ${heads[head]}`;
  byId("own-layers", HTMLTableSectionElement).replaceChildren(...rows);
  byId("own-summary", HTMLElement).hidden = false;
}

function grouped(count: number): string {
  return count.toLocaleString("en");
}
