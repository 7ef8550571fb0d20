/** Starting the library: by itself, from every kind of source, twice, and after a failure. */

import type * as Library from "affine-wasm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { bytes, compiled, freshLibrary, runnable, variant } from "../support/environment.js";

let fresh: typeof Library;
beforeEach(async () => {
  fresh = await freshLibrary();
});

const expectWorks = () => {
  const layer = new fresh.Affine(1, 1);
  layer.weight.set([3]);
  expect([...layer.forward(Float32Array.of(2))]).toEqual([6]);
};

describe("the library", () => {
  it("starts by itself at the first use, with the fastest variant that validates", () => {
    expectWorks();
    const fastest = (["relaxed", "simd", "scalar"] as const).find((name) => runnable.includes(name));
    expect(fresh.backend()).toBe(fastest);
  });

  const moduleSources = [() => compiled, () => Promise.resolve(compiled)];
  const byteSources = (given: Uint8Array<ArrayBuffer>) => {
    const url = `data:application/wasm;base64,${btoa(String.fromCharCode(...given))}`;
    return [
      () => given,
      () => given.buffer.slice(0),
      () => Promise.resolve(given),
      () => new Response(given, { headers: { "content-type": "text/plain" } }),
      () => url,
      () => new URL(url),
    ];
  };

  it("starts from a module, from bytes, from a promise, a Response or a data: URL of them", async () => {
    const sources: (() => Parameters<typeof Library.init>[0])[] = [
      ...moduleSources,
      ...(bytes ? byteSources(bytes) : []),
    ];
    for (const source of sources) {
      fresh = await freshLibrary();
      await fresh.init(source());
      expect(fresh.backend()).toBe(variant);
      expectWorks();
    }
    expect(sources.length).toBe(bytes ? 8 : 2);
  });

  it("starts the variant asked for, and says which ones it cannot run", async () => {
    await fresh.init(undefined, { variant: "scalar" });
    expect(fresh.backend()).toBe("scalar");
    expectWorks();
  });

  it("is idempotent, also when started twice at once", async () => {
    await Promise.all([fresh.init(), fresh.init(compiled), fresh.init()]);
    fresh.initSync();
    await fresh.init();
    expectWorks();
  });

  it("can be started again after a failure", async () => {
    await expect(fresh.init(Promise.reject(new Error("no network")))).rejects.toThrow("no network");
    await fresh.init(compiled);
    expectWorks();
  });

  it("reports a source that fails also once it runs", async () => {
    await fresh.init();
    await expect(fresh.init(Promise.reject(new Error("no network")))).rejects.toThrow("no network");
    await expect(fresh.init(5 as never)).rejects.toThrow(TypeError);
    expectWorks();
  });

  it("says what is wrong with a source", async () => {
    const html = () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    await expect(fresh.init(html())).rejects.toThrow(
      "init: the response is not a WebAssembly binary (15 bytes, content type text/html)",
    );
    await expect(fresh.init(new Response("", { status: 404, statusText: "Not Found" }))).rejects.toThrow(
      "init: the response answered 404 Not Found",
    );
    await expect(fresh.init(5 as never)).rejects.toThrow(
      new TypeError("init: source must be bytes, a WebAssembly.Module, a Response, a URL, or a promise of one"),
    );
    expect(() => fresh.initSync(new Response("") as never)).toThrow(TypeError);
    expect(() => fresh.initSync(Uint8Array.of(1, 2, 3))).toThrow(/^initSync: the module cannot be instantiated: /);
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    if (bytes) expect(() => fresh.initSync(empty)).toThrow("initSync: the module is not a build of affine-wasm");
    const other = variant === "scalar" ? "simd" : "scalar";
    expect(() => fresh.initSync(compiled, { variant: other })).toThrow(
      new RangeError(`initSync: the module is "${variant}", not "${other}"`),
    );
    expectWorks();
    expect(() => fresh.initSync("simd.wasm" as never), "also once it runs").toThrow(TypeError);
  });

  describe("given a URL, names init and the URL, keeps the cause, and can be tried again,", () => {
    const url = "https://example.test/simd.wasm";
    const answer = (give: () => Promise<Response>) => vi.spyOn(globalThis, "fetch").mockImplementation(give);
    const served = (body: Uint8Array<ArrayBuffer> | ReadableStream) =>
      Promise.resolve(Object.defineProperty(new Response(body), "url", { value: url }));

    it.each([
      ["a string", url],
      ["a URL", new URL(url)],
    ])("when a server cannot be reached: %s", async (_, source) => {
      const cause = new TypeError("Failed to fetch");
      const network = answer(() => Promise.reject(cause));
      const failure = await fresh.init(source).catch((error) => error);
      network.mockRestore();
      expect(failure).toEqual(new Error(`init: ${url} cannot be read: Failed to fetch`, { cause }));
      expect(failure.cause).toBe(cause);
      await fresh.init(compiled);
      expectWorks();
    });

    it("when a connection breaks in the middle", async () => {
      const cause = new TypeError("terminated");
      const network = answer(() => served(new ReadableStream({ pull: (controller) => controller.error(cause) })));
      const failure = await fresh.init(url).catch((error) => error);
      network.mockRestore();
      expect(failure.message).toMatch(new RegExp(`^init: ${url} cannot be read: .+`));
      expect(failure.cause).toBeInstanceOf(Error);
      await fresh.init(compiled);
      expectWorks();
    });

    it.runIf(bytes)("when the binary is cut short, of another program or of another variant", async () => {
      const whole = bytes as Uint8Array<ArrayBuffer>;
      const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
      const other = variant === "scalar" ? "simd" : "scalar";
      const cases = [
        { body: whole.slice(0, whole.length / 2), message: `init: ${url} cannot be instantiated: ` },
        { body: empty, message: `init: ${url} is not a build of affine-wasm` },
        { body: whole, message: `init: ${url} is "${variant}", not "${other}"` },
      ];
      for (const { body, message } of cases) {
        const network = answer(() => served(body));
        await expect(fresh.init(url, { variant: other })).rejects.toThrow(message);
        network.mockRestore();
      }
      expectWorks();
    });

    it("but not the whole of a data: URL", async () => {
      const long = `data:text/plain,${"x".repeat(10_000)}`;
      const failure = await fresh.init(long).catch((error) => error);
      expect(failure.message).toMatch(/^init: data:text\/plain,x+… is not a WebAssembly binary \(10000 bytes, /);
      expect(failure.message.length).toBeLessThan(200);
    });
  });

  it.runIf(bytes).each([
    ["Chromium", "WebAssembly.Module(): … violates … because 'unsafe-eval' is not an allowed source of script"],
    ["Firefox", "call to WebAssembly.Module() blocked by CSP"],
    [
      "Safari",
      "Refused to create a WebAssembly object because 'unsafe-eval' or 'wasm-unsafe-eval' is not an allowed …",
    ],
  ])("names the directive when a page's policy forbids WebAssembly, in the words of %s", (_, words) => {
    const blocked = vi.spyOn(WebAssembly, "Module").mockImplementation(function refuse() {
      throw new WebAssembly.CompileError(words);
    });
    expect(() => fresh.initSync()).toThrow(
      "initSync: WebAssembly is blocked: the page's Content-Security-Policy must allow 'wasm-unsafe-eval' in script-src",
    );
    blocked.mockRestore();
    expectWorks();
  });

  describe.runIf(bytes)("on an engine that cannot run all variants", () => {
    /** Lets the engine compile what is no larger: the binary that unpacks the others, and `scalar`, if that is small enough. */
    function refuseBeyond(size: number): () => void {
      const { Module } = WebAssembly;
      const tooLarge = (binary: BufferSource) => binary.byteLength > size;
      const validate = vi.spyOn(WebAssembly, "validate").mockImplementation((binary) => !tooLarge(binary));
      const compile = vi.spyOn(WebAssembly, "Module").mockImplementation(function refuse(binary) {
        if (tooLarge(binary)) throw new WebAssembly.CompileError("invalid opcode");
        return new Module(binary);
      });
      return () => {
        validate.mockRestore();
        compile.mockRestore();
      };
    }

    it("runs none that it refuses", () => {
      const restore = refuseBeyond(2000);
      expect(() => fresh.initSync(undefined, { variant: "relaxed" })).toThrow(
        new RangeError('initSync: this engine cannot run variant "relaxed"'),
      );
      expect(() => fresh.backend()).toThrow(new RangeError("initSync: this engine cannot run any variant"));
      restore();
      expectWorks();
    });

    it("runs the best that it takes", () => {
      const restore = refuseBeyond(15_000);
      expect(fresh.backend()).toBe("scalar");
      restore();
      expectWorks();
    });

    it("says why something that it can run does not compile", () => {
      const { Module } = WebAssembly;
      const compile = vi.spyOn(WebAssembly, "Module").mockImplementation(function refuse(binary) {
        if (binary.byteLength > 2000) throw new RangeError("too many modules");
        return new Module(binary);
      });
      expect(() => fresh.backend()).toThrow("initSync: the module cannot be instantiated: too many modules");
      compile.mockRestore();
      expectWorks();
    });
  });
});
