/** Draws a chart, described in Vega-Lite, as an SVG. */
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

export async function draw(title: string, spec: TopLevelSpec): Promise<string> {
  const svg = await new View(parse(compile({ ...spec, title }).spec), { renderer: "none" }).toSVG();
  // Vega gives the image no title of its own for who cannot see it, and marks up each of its groups instead.
  const bare = svg.replaceAll(/ (role|aria-[a-z]+)="[^"]*"/g, "");
  return bare.replace(/(<svg[^>]*>)/, `$1<title>${title}</title>`);
}
