/** The form with the settings. */
import { byId } from "../dom.ts";
import { OPTIMIZERS, type OptimizerName, RATES, type Settings } from "./settings.ts";

export class Controls {
  readonly #hidden = byId("hidden", HTMLSelectElement);
  readonly #optimizer = byId("optimizer", HTMLSelectElement);
  readonly #rate = byId("rate", HTMLInputElement);
  readonly #batch = byId("batch", HTMLSelectElement);

  /**
   * @param onTune for what a network in training can take up
   * @param onRenew for what needs another network
   */
  constructor(onTune: () => void, onRenew: () => void) {
    this.#optimizer.addEventListener("change", () => {
      this.#rate.value = String(RATES[this.#name]);
      onRenew();
    });
    this.#hidden.addEventListener("change", onRenew);
    this.#batch.addEventListener("change", onTune);
    this.#rate.addEventListener("input", () => {
      this.#rate.setAttribute("aria-invalid", String(!this.#validRate));
      if (this.#validRate) onTune();
    });
  }

  get settings(): Settings {
    return {
      hidden: Number(this.#hidden.value),
      optimizer: this.#name,
      learningRate: this.#validRate ? this.#rate.valueAsNumber : RATES[this.#name],
      batchSize: Number(this.#batch.value),
    };
  }

  get #name(): OptimizerName {
    return OPTIMIZERS.find((name) => name === this.#optimizer.value) ?? "sgd";
  }

  get #validRate(): boolean {
    return this.#rate.valueAsNumber > 0 && this.#rate.valueAsNumber <= 10;
  }
}
