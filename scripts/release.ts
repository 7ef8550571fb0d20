/**
 * `npm run release`: every check, then a publication that is only tried: `npm publish --provenance --dry-run`. What it prints
 * last is the command that publishes, which a hosted workflow runs, since provenance needs its identity.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** Stands in package.json until there is a repository; nothing else knows an address. */
const PLACEHOLDER = "example.invalid";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly repository?: { readonly url?: string };
}

function problems({ version, repository }: Manifest, changelog: string, status: string): string[] {
  const found: string[] = [];
  const url = repository?.url ?? "";
  if (url === "" || url.includes(PLACEHOLDER)) {
    found.push(`package.json: repository.url is ${url || "missing"}, expected the address of the real repository`);
  }
  const heading = changelog.split("\n").find((line) => line.startsWith("## ")) ?? "";
  if (heading !== `## ${version}`) {
    found.push(
      `CHANGELOG.md begins with "${heading}", expected "## ${version}": name the release, without "not yet released"`,
    );
  }
  if (status !== "") found.push(`the work tree has changes that are not committed:\n${status}`);
  return found;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const status = execFileSync("git", ["status", "--porcelain"], { encoding: "utf8" }).trimEnd();
const found = problems(manifest, readFileSync("CHANGELOG.md", "utf8"), status);
if (found.length > 0) {
  for (const problem of found) console.error(`release: ${problem}`);
  process.exitCode = 1;
} else {
  const run = (command: string, ...words: string[]) => execFileSync(command, words, { stdio: "inherit" });
  if (!process.argv.includes("--skip-ci")) run("bash", ".ci/run");
  run("npm", "run", "--silent", "build");
  run("npm", "run", "--silent", "verify:wasm");
  run("npm", "publish", "--provenance", "--dry-run");
  console.log(`release: ${manifest.name} ${manifest.version} is ready; publish it with npm publish --provenance`);
}
