/** The form with the settings. */
import { byId } from "../dom.ts";
import type { Threads } from "../threads/index.ts";
import { OPTIMIZERS, type OptimizerName, RATES, type Settings } from "./settings.ts";

/** The largest learning rate that the form takes. */
const MOST = 10;

export class Controls {
  readonly #hidden = byId("hidden", HTMLSelectElement);
  readonly #optimizer = byId("optimizer", HTMLSelectElement);
  readonly #rate = byId("rate", HTMLInputElement);
  readonly #why = byId("rate-why", HTMLElement);
  readonly #batch = byId("batch", HTMLSelectElement);
  readonly #threads: Threads;
  /** The last one that could be used. */
  #learningRate = this.#rate.valueAsNumber;

  /**
   * @param onTune for what a network in training can take up
   * @param onRenew for what needs another network
   */
  constructor(threads: Threads, onTune: () => void, onRenew: () => void) {
    this.#threads = threads;
    this.#optimizer.addEventListener("change", () => {
      this.#rate.value = String(RATES[this.#name]);
      this.#checkRate();
      onRenew();
    });
    this.#hidden.addEventListener("change", onRenew);
    this.#batch.addEventListener("change", onTune);
    this.#rate.addEventListener("input", () => {
      if (this.#checkRate()) onTune();
    });
  }

  get settings(): Settings {
    return {
      hidden: Number(this.#hidden.value),
      optimizer: this.#name,
      learningRate: this.#learningRate,
      batchSize: Number(this.#batch.value),
      threads: this.#threads.count,
    };
  }

  /** Whether the rate in the field can be used; if not, the page says why, and with what it goes on. */
  #checkRate(): boolean {
    const valid = this.#rate.valueAsNumber > 0 && this.#rate.valueAsNumber <= MOST;
    if (valid) this.#learningRate = this.#rate.valueAsNumber;
    this.#rate.setAttribute("aria-invalid", String(!valid));
    this.#why.textContent = valid ? "" : `It must be above 0 and at most ${MOST}; ${this.#learningRate} stays in use.`;
    return valid;
  }

  get #name(): OptimizerName {
    return OPTIMIZERS.find((name) => name === this.#optimizer.value) ?? "sgd";
  }
}
