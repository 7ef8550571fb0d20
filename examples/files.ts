/** The files of the main job: the networks that it saves. */
import { access, constants, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { loadWeights, parseSafetensors, saveWeights } from "affine-wasm/nn";
import { writeFileAtomic } from "affine-wasm/node";
import { print } from "./terminal.js";
import { createNetwork, type DenseNetwork, type Samples } from "./train.js";

/** Where a network goes if nobody says. */
const DEFAULT = "mnist.safetensors";

/** @throws Error that names the option, for a file that is none or cannot be written: better before the training than after */
export async function checkPlace(file = DEFAULT): Promise<void> {
  const option = `--save ${file}`;
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw new Error(`${option}: is a folder; name a file in it`);
  // A file is replaced, so its folder must be writable; a device or a pipe is written to.
  const written = found && !found.isFile() ? file : dirname(file);
  await access(written, constants.W_OK).catch(because(option));
}

/** Saves a network in the file that the user named. By default, no better network makes room for it. */
export async function save(network: DenseNetwork, test: Samples, named: string | undefined): Promise<Uint8Array> {
  const bytes = saveWeights(network);
  const file = named ?? (await freePlace(network, test));
  await writeFileAtomic(file, bytes);
  print(`saved in ${file} (${bytes.length} bytes); npm start -- --load ${file} tests it again`);
  return bytes;
}

async function freePlace(network: DenseNetwork, test: Samples): Promise<string> {
  const there = await readFile(DEFAULT).catch(() => undefined);
  if (!there) return DEFAULT;
  const old = readingRate(there, test);
  const own = accuracyOf(network, test);
  if (old === undefined) print(`${DEFAULT} holds no network of digits: it stays`);
  else {
    const replaced = old <= own;
    const rates = `reads ${percent(old)} % of the test digits, this network ${percent(own)} %`;
    print(`${DEFAULT} ${rates}: it ${replaced ? "is replaced" : `stays (--save ${DEFAULT} replaces it)`}`);
    if (replaced) return DEFAULT;
  }
  for (let i = 2; ; i++) {
    const name = DEFAULT.replace(".", `-${i}.`);
    if (!(await stat(name).catch(() => undefined))) return name;
  }
}

/** The accuracy of the network in a file; undefined if there is none. */
function readingRate(bytes: Uint8Array, test: Samples): number | undefined {
  try {
    using network = networkOf(bytes);
    return accuracyOf(network, test);
  } catch {
    return undefined;
  }
}

function accuracyOf(network: DenseNetwork, test: Samples): number {
  return network.evaluate(test).accuracy as number;
}

function percent(part: number): string {
  return (100 * part).toFixed(2);
}

/** @throws Error that names the option */
export function load(file: string): Promise<DenseNetwork> {
  return readFile(file)
    .then(networkOf)
    .catch(because(`--load ${file}`));
}

/** A network of the sizes that the file has. */
export function networkOf(bytes: Uint8Array): DenseNetwork {
  const [pixels, hidden] = parseSafetensors(bytes).tensors.get("0.weight")?.shape ?? [];
  if (pixels === undefined || hidden === undefined) throw new Error("holds no matrix 0.weight");
  const network = createNetwork(pixels, hidden);
  loadWeights(network, bytes);
  return network;
}

/** Throws what was thrown once more, with the option that led to it. */
function because(option: string): (cause: Error) => never {
  return (cause) => {
    throw new Error(`${option}: ${cause.message}`, { cause });
  };
}
