/** The TypeScript of the documentation, block by block. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Block {
  /** File and line, for messages. */
  readonly place: string;
  readonly code: string;
  /** Blocks marked `no-run` need a browser, a peer or a file: they are compiled only. */
  readonly runs: boolean;
}

/** Pages that are made of the docstrings. */
const GENERATED = /^docs\/(api|\.vitepress)\//;

export function pages(): string[] {
  const docs = readdirSync("docs", { recursive: true, encoding: "utf8" }).map((name) => join("docs", name));
  return ["README.md", ...docs.filter((name) => name.endsWith(".md") && !GENERATED.test(name)).sort()];
}

/** The blocks of a page that begin with "```ts". */
export function blocksOf(page: string): Block[] {
  const lines = readFileSync(page, "utf8").split("\n");
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, words] = /^```ts\b(.*)$/.exec(lines[i] as string) ?? [];
    if (words === undefined) continue;
    const end = lines.indexOf("```", i);
    if (end < 0) throw new Error(`${page}:${i + 1}: a block without an end`);
    blocks.push({ place: `${page}:${i + 1}`, code: lines.slice(i + 1, end).join("\n"), runs: !/no-run/.test(words) });
    i = end;
  }
  return blocks;
}
