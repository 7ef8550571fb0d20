/** A training run in a file: the network, the state of its optimizer, and where the run stood. */
import { checkFields, checkSeed, checkWhole } from "../../common/check.js";
import { ARRAYS, type FloatArray } from "../../common/dtype.js";
import { quoted, shown } from "../../common/quoted.js";
import { type ReadOptions, readMaxBytes } from "../../formats/limits.js";
import { parseSafetensors, type SafeTensor, writeSafetensors } from "../../formats/safetensors/index.js";
import { shapeText } from "../../formats/shape.js";
import { internalsOf } from "../networks.js";
import { Optimizer } from "../optimizer.js";
import type { MaskState } from "../passes/dropout.js";
import { arraysOf, checkNetwork, type NamedArray, type Network } from "./network.js";
import { checkMetadata, tensorOf } from "./written.js";

/** The field of the metadata, and what is in front of the names of the optimizer's tensors. */
const FIELD = "checkpoint";
const STATE = "optimizer.";
const VERSION = 1;

export interface CheckpointOptions {
  /** Epochs done: the run goes on with the next, `startEpoch: epoch + 1`. */
  epoch: number;
  /** The `seed` of `fit`, on which the order of the examples depends. */
  seed?: number | undefined;
  /** Anything else to be kept, in strings. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

export interface Checkpoint {
  /** Epochs done. */
  readonly epoch: number;
  /** Null if none was saved. */
  readonly seed: number | null;
  /** Updates that the optimizer has done. */
  readonly step: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Writes a network and its optimizer into a safetensors file: the tensors of `saveWeights`, the optimizer's under names such
 * as "optimizer.momentum.0.weight", and kind, step, epoch and seed in the metadata. A run that goes on from it ends with the
 * same bits as one that never stopped.
 *
 * @throws TypeError, RangeError for bad options, Error for the optimizer of another network, ReferenceError for a disposed
 *   network or optimizer
 */
export function saveCheckpoint(
  net: Network,
  optimizer: Optimizer,
  options: CheckpointOptions,
): Uint8Array<ArrayBuffer> {
  const caller = "saveCheckpoint";
  checkBoth(caller, net, optimizer);
  checkFields(caller, "options", options, ["epoch", "seed", "metadata"]);
  const { epoch, seed = null, metadata } = options;
  checkWhole(caller, "options.epoch", epoch);
  if (seed !== null) checkSeed(caller, "options.seed", seed);
  const strings = checkMetadata(caller, metadata, [FIELD]);
  const { dtype, layers } = net;
  optimizer.checkLayers(caller, layers);
  const parameters = arraysOf({ layers });
  const tensors = new Map<string, SafeTensor>();
  for (const { name, shape, data } of parameters) tensors.set(name, tensorOf(dtype, shape, data));
  const state = optimizer.peekState(caller);
  for (const { name, shape, data } of stateOf(parameters, optimizer)) {
    // An optimizer that was not used yet has no arrays, which stands for zeros.
    const values = state.size === 0 ? new ARRAYS[dtype](data.length) : state.get(name);
    if (values?.length !== data.length || !(values instanceof ARRAYS[dtype])) {
      throw new RangeError(`${caller}: the optimizer's "${name}" is not that of this network`);
    }
    tensors.set(STATE + name, tensorOf(dtype, shape, values));
  }
  // What the masks of dropout depend on.
  const masks = internalsOf(net)?.masks;
  const dropout = masks && { seed: masks.seed, rows: masks.rows };
  const about = { version: VERSION, optimizer: optimizer.name, step: optimizer.stepCount, epoch, seed, dropout };
  return writeSafetensors(tensors, { ...strings, [FIELD]: JSON.stringify(about) });
}

/**
 * Reads such a file into a network of the same layers and dtype and a new optimizer of the same kind; its options, such as
 * the learning rate, are the caller's. Everything is checked first: after an error both are as they were.
 *
 * @param options `maxBytes`: default 2³⁰, the limit of the file's data
 * @returns where the run stood: go on with `fit(examples, { startEpoch: epoch + 1, seed, … })`
 * @throws TypeError, RangeError for a malformed file or one of another network or optimizer; Error for an optimizer that
 *   belongs to another network; ReferenceError for a disposed network or optimizer
 */
export function loadCheckpoint(
  net: Network,
  optimizer: Optimizer,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Checkpoint {
  const caller = "loadCheckpoint";
  const maxBytes = readMaxBytes(caller, options);
  checkBoth(caller, net, optimizer);
  const { tensors, metadata } = parseSafetensors(bytes, { maxBytes });
  const { [FIELD]: text, ...rest } = metadata;
  const { kind, step, epoch, seed, dropout } = readAbout(caller, text);
  if (kind !== optimizer.name) {
    throw new RangeError(`${caller}: the checkpoint is of the optimizer ${shown(kind)}, got ${optimizer.name}`);
  }
  // The network is read once, and after it no code but the library's runs.
  const { dtype, layers } = net;
  optimizer.checkLayers(caller, layers);
  const parameters = arraysOf({ layers });
  const state = stateOf(parameters, optimizer);
  const wanted = [...parameters, ...state.map((each) => ({ ...each, name: STATE + each.name }))];
  for (const { name, shape, data } of wanted) {
    const tensor = tensors.get(name);
    if (!tensor) throw new RangeError(`${caller}: the checkpoint has no "${name}"`);
    const expected = tensorOf(dtype, shape, data).dtype;
    if (tensor.dtype !== expected || tensor.shape.join() !== shape.join()) {
      throw new RangeError(
        `${caller}: tensor "${name}" is ${tensor.dtype} ${shapeText(tensor.shape)}, expected ${expected} [${shape}]`,
      );
    }
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const name of tensors.keys()) {
    if (!names.has(name)) {
      throw new RangeError(`${caller}: the checkpoint has ${quoted(name)}, which this network and optimizer have not`);
    }
  }
  const dataOf = (name: string) => tensors.get(name)?.data as FloatArray;
  optimizer.restore(caller, new Map(state.map(({ name }) => [name, dataOf(STATE + name)])), step);
  for (const { name, data } of parameters) data.set(dataOf(name));
  const masks = internalsOf(net)?.masks;
  if (masks && dropout) Object.assign(masks, dropout);
  return { epoch, seed, step, metadata: rest };
}

function checkBoth(caller: string, net: Network, optimizer: Optimizer): void {
  checkNetwork(caller, net);
  Optimizer.check(caller, "optimizer", optimizer);
}

/** The arrays of the optimizer's state, each shaped as a parameter. */
function stateOf(parameters: readonly NamedArray[], optimizer: Optimizer): NamedArray[] {
  return optimizer.slotNames.flatMap((slot) => parameters.map((each) => ({ ...each, name: `${slot}.${each.name}` })));
}

function readAbout(caller: string, text: string | undefined) {
  if (text === undefined) throw new RangeError(`${caller}: the file is no checkpoint: its metadata has no "${FIELD}"`);
  let about: Record<string, unknown> | null = null;
  try {
    about = JSON.parse(text);
  } catch {}
  const { version, optimizer: kind, step, epoch, seed, dropout } = Object(about) as Record<string, unknown>;
  if (version !== VERSION || typeof kind !== "string") {
    throw new RangeError(`${caller}: the file's metadata "${FIELD}" is ${shown(text)}, expected version ${VERSION}`);
  }
  checkWhole(caller, "the checkpoint's step", step, Number.MAX_SAFE_INTEGER);
  checkWhole(caller, "the checkpoint's epoch", epoch);
  if (seed !== null) checkSeed(caller, "the checkpoint's seed", seed);
  return { kind, step, epoch, seed, dropout: dropout === undefined ? null : readMasks(caller, dropout) };
}

/** What the masks of dropout go on from; files of before there was any have none. */
function readMasks(caller: string, dropout: unknown): MaskState {
  const { seed, rows } = Object(dropout) as Record<string, unknown>;
  checkSeed(caller, "the checkpoint's dropout.seed", seed);
  checkWhole(caller, "the checkpoint's dropout.rows", rows, Number.MAX_SAFE_INTEGER);
  return { seed, rows };
}
