/** Targets that are probabilities. */

/** @throws RangeError for a value that is none */
export function checkProbabilities(caller: string, name: string, targets: ArrayLike<number>): void {
  for (let i = 0; i < targets.length; i++) {
    const value = targets[i] as number;
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(`${caller}: ${name}[${i}] must be a probability from 0 to 1, got ${value}`);
    }
  }
}
