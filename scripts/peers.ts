/**
 * Entries that need packages beside this one, as Node loads them. A module whose import is missing never runs, so that it
 * could not say what to do; Node's own condition `node-addons` therefore leads to a copy of the entry that gets its peers by
 * way of a script, which can. Bundlers and other engines take the entry itself, with its plain imports.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { Entry } from "./entries.js";

const { peerDependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  peerDependencies: Record<string, string>;
};

/** An import of a package, as the bundler writes it: by names, or of everything under one. */
const IMPORT = /\bimport\s*(?:\{([^}]*)\}|([\w$]+))\s*from\s*["']([^."'][^"']*)["'];?/g;

/** Writes `dist/onnx.node.js` beside `dist/onnx.js`, and a script for each of its peers. */
export function writeForNode({ name, specifier }: Entry): void {
  const peers: string[] = [];
  const code = readFileSync(`dist/${name}.js`, "utf8").replace(IMPORT, (all, named, whole, peer: string) => {
    if (!(peer in peerDependencies)) return all;
    peers.push(peer);
    const [own, error] = [whole ?? `$peer${peers.length}`, `$error${peers.length}`];
    const names = named === undefined ? "" : `const{${named.replace(/\s+as\s+/g, ":")}}=${own};`;
    return `import{peer as ${own},error as ${error}}from"./${scriptOf(peer)}";if(${error})throw ${error};${names}`;
  });
  if (peers.length === 0) throw new Error(`${specifier} has a condition "node-addons", but imports no peer`);
  writeFileSync(`dist/${name}.node.js`, code);
  mkdirSync("dist/peers", { recursive: true });
  const install = `npm install ${peers.map((peer) => `${peer}@${versionOf(peer)}`).join(" ")}`;
  for (const peer of peers) {
    const message = `${specifier} needs the package ${peer} beside it, which is not installed: ${install}`;
    writeFileSync(`dist/${scriptOf(peer)}`, script(peer, message));
  }
}

function scriptOf(peer: string): string {
  return `peers/${basename(peer)}.cjs`;
}

/** What of a version npm needs: "8" of "^8.0.1", "0.8" of "^0.8.2". */
function versionOf(peer: string): string {
  return /^\^((?:0\.)?\d+)/.exec(peerDependencies[peer] as string)?.[1] as string;
}

/** The error is kept, for the module to throw: Node 20 ends when a script throws that a module imports, even if it is caught. */
function script(peer: string, message: string): string {
  return `/*! affine-wasm, MIT */
"use strict";
try {
  exports.peer = require(${JSON.stringify(peer)});
} catch (error) {
  const missing = error?.code === "MODULE_NOT_FOUND" && error.message.includes(${JSON.stringify(`'${peer}'`)});
  exports.error = missing ? Object.assign(new Error(${JSON.stringify(message)}), { code: error.code }) : error;
}
`;
}
