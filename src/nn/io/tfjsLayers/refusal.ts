/** Messages of `importTfjsLayers`. */
export const CALLER = "importTfjsLayers";

/** A file that is broken, or says what no network here can be. */
export function refusal(what: string): RangeError {
  return new RangeError(`${CALLER}: ${what}`);
}
