/** A failure, and the number of steps that lead to it. */
export class StressFailure extends Error {
  readonly steps: number;
  constructor(steps: number, what: string, cause: unknown) {
    super(`step ${steps}, ${what}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    this.steps = steps;
  }
}
