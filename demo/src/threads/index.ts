/** "Threads": how many the page computes with, and why not with more. */
import { byId, create } from "../dom.ts";
import type { Pad } from "../draw/pad.ts";
import { CORES, type Isolation, isolationAtStart, sentenceOf } from "./isolation.ts";
import { keepTyped } from "./typed.ts";

/** As the library's own default. */
const DEFAULT_MOST = 4;
/** Milliseconds in which a page that nobody has touched yet may load itself again without startling anybody. */
const PROMPT = 10_000;
/** Kept for as long as the tab is: set once the page has loaded itself again. */
const ONCE = "affine-wasm: loaded again";

export class Threads {
  readonly #select = byId("threads", HTMLSelectElement);
  readonly #note = byId("threads-note", HTMLElement);
  readonly #reload = byId("threads-reload", HTMLButtonElement);
  readonly #pad: Pad;
  #isolation: Isolation;
  #touched = false;

  /**
   * @param keeps whether the page asks for its service worker here
   * @param pad what is drawn on it stays when the page is loaded again
   */
  constructor(keeps: boolean, pad: Pad) {
    this.#pad = pad;
    this.#isolation = isolationAtStart(keeps);
    const counts = this.#isolation === "isolated" ? choices(CORES) : [1];
    const chosen = Math.min(DEFAULT_MOST, CORES);
    for (const count of counts) {
      const option = create("option", {}, String(count));
      if (count === chosen) option.selected = true;
      this.#select.append(option);
    }
    this.#select.disabled = counts.length === 1;
    this.#show();
    this.#reload.addEventListener("click", () => this.#loadAgain());
    for (const type of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "input", "focusin"]) {
      const touch = () => {
        this.#touched = true;
      };
      addEventListener(type, touch, { once: true, passive: true, capture: true });
    }
  }

  /** How many the visitor wants. */
  get count(): number {
    return Number(this.#select.value);
  }

  onChange(listener: () => void): void {
    this.#select.addEventListener("change", listener);
  }

  /**
   * The service worker is there, or will not be. Then a page without threads needs to be loaded again: by itself, once, if
   * nobody has touched it; else when the visitor wants.
   *
   * @returns whether the page is being loaded again
   */
  settle(kept: boolean): boolean {
    if (this.#isolation !== "coming") return false;
    this.#isolation = kept ? "reload" : "host";
    this.#show();
    if (!kept || this.#touched || performance.now() > PROMPT || CORES === 1 || !once()) return false;
    location.reload();
    return true;
  }

  #show(): void {
    // One core gains nothing, whatever else there is.
    const isolation = CORES === 1 ? "isolated" : this.#isolation;
    this.#note.textContent = sentenceOf(isolation);
    // Its room is kept before it is of use: nothing below may jump when it comes.
    this.#reload.hidden = isolation !== "reload" && isolation !== "coming";
    this.#reload.classList.toggle("later", isolation === "coming");
  }

  #loadAgain(): void {
    if (keepTyped(this.#pad)) location.reload();
    else
      this.#note.textContent =
        "This browser keeps nothing for the page: it would forget what you typed. Load it again.";
  }
}

/** 1, 2, 3, 4, 6, 8, 12 … up to the number of cores. */
function choices(cores: number): number[] {
  const usual = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64].filter((count) => count < cores);
  return [...usual, cores];
}

/** True the first time in this tab, if the tab can tell. */
function once(): boolean {
  try {
    if (sessionStorage.getItem(ONCE) !== null) return false;
    sessionStorage.setItem(ONCE, "");
    return true;
  } catch {
    return false;
  }
}
