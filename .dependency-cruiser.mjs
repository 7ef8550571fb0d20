/**
 * `npm run lint`: who may import whom. In `src` and `assembly`, imports go downwards only: each folder is listed with the
 * folders that it may import besides itself. `src/entries` may import all. A new folder gets a line here.
 */
const SRC = {
  common: [],
  formats: ["common"],
  kernels: ["common"],
  memory: ["common", "kernels"],
  engine: ["common", "kernels", "memory"],
  layer: ["common", "kernels", "memory", "engine"],
  nn: ["common", "kernels", "memory", "engine", "layer"],
  "nn/io": ["common", "kernels", "memory", "engine", "layer", "nn", "formats"],
  quantized: ["common", "kernels", "memory", "engine", "layer", "nn", "nn/io", "formats"],
  cluster: ["common", "kernels", "memory", "engine", "layer", "nn", "nn/io", "formats"],
  tfjs: ["common", "kernels", "memory", "engine", "layer"],
  node: ["common", "kernels", "memory", "engine"],
};
const ASSEMBLY = {
  lanes: [],
  gemm: ["lanes"],
  nn: ["lanes"],
  quantized: ["gemm", "lanes"],
  packed: [],
  exports: ["gemm", "nn", "quantized", "packed", "lanes"],
};

/** The files of a folder, without those of a folder inside that has a line of its own. */
function files(root, folder, folders) {
  const inner = Object.keys(folders).filter((other) => other.startsWith(`${folder}/`));
  const others = inner.map((other) => `${other.slice(folder.length + 1)}/`).join("|");
  return `^${root}/${folder}/${others && `(?!${others})`}`;
}

function downwards(root, folders) {
  return Object.entries(folders).map(([folder, below]) => ({
    name: `${root}/${folder} imports ${["itself", ...below].join(", ")} alone`,
    severity: "error",
    from: { path: files(root, folder, folders) },
    to: { path: `^${root}/`, pathNot: [folder, ...below].map((each) => files(root, each, folders)) },
  }));
}

const only = (from, to) => ({
  name: `${from} imports of this repository only ${to.join(", ")}`,
  severity: "error",
  from: { path: `^${from}/` },
  to: { dependencyTypes: ["local", "aliased"], pathNot: to.map((each) => `^${each}/`) },
});

/** Where a folder has no line, nothing says what it may import. */
const known = Object.keys(SRC).map((folder) => `^src/${folder}/`);
const unknown = {
  name: "a folder of src has a line in .dependency-cruiser.mjs",
  severity: "error",
  from: { path: "^src/", pathNot: [...known, "^src/entries/"] },
  to: {},
};

export default {
  forbidden: [
    { name: "no circles", severity: "error", from: {}, to: { circular: true } },
    unknown,
    ...downwards("src", SRC),
    ...downwards("assembly", ASSEMBLY),
    only("src", ["src"]),
    only("assembly", ["assembly"]),
    // By its name: the entries are what an example shows.
    only("examples", ["examples", "tools", "src/entries"]),
    only("tools", ["tools", "src/entries"]),
    only("demo", ["demo", "tools", "bench/common", "dist", "src/entries"]),
    only("bench", ["bench", "tools", "src", "dist"]),
    only("scripts", ["scripts", "src"]),
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    // Types count: they say as much about who knows whom.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/|node_modules" },
  },
};
