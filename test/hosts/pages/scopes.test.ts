/** The packed library in scopes that are no page and no plain worker. */
import { join } from "node:path";
import { afterEach, expect, inject, it } from "vitest";
import { type Site, serve } from "../../../tools/server.ts";
import { worked } from "../apps/worked.ts";
import { openInEachBrowser } from "./open.ts";

const project = inject("project");
const scopes = [
  { name: "an AudioWorklet", page: "audio" },
  { name: "a service worker", page: "registering" },
];

let site: Site;
afterEach(() => site?.close());

openInEachBrowser((open) => {
  it.each(scopes)("$name computes, trains, saves and loads", async ({ page }) => {
    site = await serve(join(project, "scopes/dist"));
    const { outcome } = await open(`${site.origin}/${page}.html`);
    expect(outcome).toEqual({ value: worked });
  });
});
