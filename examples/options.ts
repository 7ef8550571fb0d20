/** The command line of the main job. */

import type { Variant } from "affine-wasm";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";

export interface Options {
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly momentum: number;
  readonly hidden: number;
  readonly variant?: Variant;
  readonly seed: number;
  /** Where the trained network goes; left out: into mnist.safetensors, unless a better one is there. */
  readonly save?: string;
  /** A saved network to test in place of training one. */
  readonly load?: string;
}

/** To train on. */
const DIGITS = 60_000;
/** What has no effect on a network that is only tested. */
const OF_TRAINING = ["epochs", "batch", "rate", "momentum", "hidden", "seed", "save"];

/**
 * Parses the arguments after `node script`.
 * @throws CommanderError, after it has told the user: `exitCode` 0 for --help, 2 for a bad option
 */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command("npm start --")
    .description(
      "Trains 784-hidden-10 on the 60,000 MNIST digits with affine-wasm, saves it, tests it on 10,000 others, and " +
        "measures it against plain JavaScript.",
    )
    .option("--epochs <n>", "how often to go through the digits", wholeFrom(1), 5)
    .option("--batch <n>", "digits in a step", wholeFrom(1, DIGITS), 64)
    .option("--rate <x>", "learning rate at first; it falls to 0 as a half cosine", positive, 0.1)
    .option("--momentum <x>", "how much of the last step goes into the next", fraction, 0.9)
    .option("--hidden <n>", "size of the hidden layer", wholeFrom(1), 100)
    .option("--variant <name>", "scalar, simd or relaxed (default: the fastest that this engine runs)", variant)
    .option("--seed <n>", "seed of the weights and of the order of the digits", wholeFrom(0), 1)
    .option(
      "--save <file>",
      "where the trained network goes, as safetensors (default: mnist.safetensors, beside a better one that is there)",
    )
    .addOption(new Option("--load <file>", "test this saved network in place of training one").conflicts(OF_TRAINING))
    .allowExcessArguments(false)
    .exitOverride();
  try {
    return command.parse(args, { from: "user" }).opts<Options>();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode !== 0) error.exitCode = 2;
    throw error;
  }
}

function wholeFrom(least: number, most = Number.POSITIVE_INFINITY): (text: string) => number {
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a whole number ${range}.`);
    }
    return value;
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError("Expected a number from 0 to below 1.");
  }
  return value;
}

function variant(text: string): Variant {
  if (text === "scalar" || text === "simd" || text === "relaxed") return text;
  throw new InvalidArgumentError("Expected scalar, simd or relaxed.");
}
