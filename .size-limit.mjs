/** `npm run size`: each entry with all that it imports, gzipped, against the `sizeLimits` of package.json. */
import { ENTRIES, withImports } from "./scripts/entries.js";

const main = withImports(["dist/index.js"]);
export default ENTRIES.map(({ specifier, name, limit, onTop }) => ({
  name: onTop ? `${specifier}, on top of the main entry` : specifier,
  path: withImports([`dist/${name}.js`]).filter((file) => !(onTop && main.includes(file))),
  gzip: true,
  limit,
}));
