/** The command line of the stress program. */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";

export const BINARIES = ["debug", "scalar", "simd", "relaxed", "wide"] as const;

export interface Options {
  readonly seconds: number;
  readonly steps: number;
  readonly seed: number;
  readonly threads: number;
  /** Whether this thread computes alone, whatever their number. */
  readonly alone?: boolean;
  readonly operations?: number;
  readonly binary?: (typeof BINARIES)[number];
}

/**
 * Parses the arguments after `node script`.
 * @throws CommanderError, after it has told the user: `exitCode` 0 for --help, 2 for a bad option
 */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command("npm run stress --")
    .description("Layers and tensors made, used and disposed in any order, with mistakes in between, against a model.")
    .option("--seconds <n>", "how long in all, shared by the binaries", above(0), 10)
    .option("--steps <n>", "at most so many steps on each binary (default: as many as there is time for)", above(0))
    .option("--seed <n>", "the same seed makes the same steps (default: another one each time)", above(-1))
    .option("--threads <n>", "on so many threads, whose bits are held against those of one", above(0), 1)
    .addOption(new Option("--alone").hideHelp())
    .option("--operations <n>", "at most so many operations of networks (default: as many as steps)", above(0))
    .addOption(
      new Option("--binary <name>", "only this one (default: all that this engine compiles)").choices(BINARIES),
    )
    .allowExcessArguments(false)
    .exitOverride();
  try {
    const defaults = { steps: Number.MAX_SAFE_INTEGER, seed: Math.floor(Math.random() * 2 ** 31) };
    return { ...defaults, ...command.parse(args, { from: "user" }).opts<Options>() };
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode !== 0) error.exitCode = 2;
    throw error;
  }
}

function above(limit: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value > limit && Number.isFinite(value))) {
      throw new InvalidArgumentError(`Expected a number above ${limit}.`);
    }
    return value;
  };
}
