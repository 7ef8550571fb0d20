import { dense, Sequential, saveModel, saveWeights, softmax, writeSafetensors } from "affine-wasm/nn";
import { exportOnnx } from "affine-wasm/onnx";
import { quantize, saveQuantized } from "affine-wasm/quantized";
import protobuf from "onnx-proto";
import { expect, test } from "vitest";
import { eachPage, type Page } from "./page.ts";

/** A network that reads a 3 in whatever is drawn, told by its last bias, and does not fit if it has other sizes. */
function always3(inputs = 784, outputs = 10): Sequential {
  const net = new Sequential(inputs, [dense(20, { activation: "elu" }), dense(outputs)], { seed: 1 });
  net.layers[1]?.weight?.fill(0);
  net.layers[1]?.bias?.set(Array.from({ length: outputs }, (_, i) => (i === 3 ? 9 : 0)));
  return net;
}

const bytesOf = (of: (net: Sequential) => Uint8Array, ...sizes: number[]): Buffer => {
  using net = always3(...sizes);
  return Buffer.from(of(net));
};

const onnx = (...sizes: number[]) => bytesOf((net) => exportOnnx(net), ...sizes);

/** An ONNX model with another operator behind its last one. */
function withHead(bytes: Buffer, opType: string): Buffer {
  const { ModelProto, NodeProto } = protobuf.onnx;
  const model = ModelProto.decode(bytes);
  model.graph?.node?.push(NodeProto.create({ opType, input: ["y"], output: ["p"] }));
  const [output] = model.graph?.output ?? [];
  if (!output) throw new Error("no output");
  output.name = "p";
  return Buffer.from(ModelProto.encode(model).finish());
}

async function choose(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page.locator("#own-file").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
}

async function drawSomething(page: Page): Promise<void> {
  await page.locator("#pad").focus();
  for (const key of [" ", "ArrowDown", "ArrowDown", " "]) await page.keyboard.press(key);
}

const status = (page: Page) => page.textContent("#own-status");
const caption = (page: Page) => page.textContent("#own-caption");
const rows = (page: Page) =>
  page.$$eval("#own-layers tr", (all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));

/** Drops files on the page as a hand would. */
async function drop(page: Page, files: Record<string, Buffer>): Promise<void> {
  const given = Object.entries(files).map(([name, bytes]) => [name, [...bytes]] as const);
  await page.evaluate((all) => {
    const data = new DataTransfer();
    for (const [name, bytes] of all) data.items.add(new File([Uint8Array.from(bytes)], name));
    const over = new DragEvent("dragover", { bubbles: true, cancelable: true, dataTransfer: data });
    if (document.body.dispatchEvent(over)) throw new Error("the browser would leave the page");
    document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
  }, given);
}

eachPage((open) => {
  test.each([
    ["model.safetensors", () => bytesOf((net) => saveModel(net)), "elu", /^model.safetensors reads what you draw\.$/],
    ["policy.ONNX", () => onnx(), "elu 1", /^policy.ONNX reads what you draw\.$/],
    ["small.safetensors", () => bytesOf((net) => saveQuantized(quantize(net))), "elu", /Weights of eight bits\.$/],
    ["weights.safetensors", () => bytesOf((net) => saveWeights(net)), "relu", /ReLU is taken between the layers\.$/],
    ["pt.safetensors", () => bytesOf((net) => saveWeights(net, { layout: "pytorch" })), "relu", /ReLU is taken/],
  ])("%s is shown by its layers, and reads what is drawn", async (name, make, activation, said) => {
    const { page, requests } = await open();
    await page.getByText("it works without a network").waitFor();
    const before = requests.length;
    await drawSomething(page);
    await choose(page, name, make());
    await page.getByText("It reads 3.").waitFor();
    expect(await status(page)).toMatch(said);
    expect(await caption(page)).toBe(`${name}: 2 layers, 15,910 parameters; head: none, outputs are logits`);
    expect(await rows(page)).toEqual([
      ["dense", "784 × 20", activation, "15,700"],
      ["dense", "20 × 10", "none", "210"],
    ]);
    const nine = Math.exp(9) / (Math.exp(9) + 9);
    expect(await page.textContent("#bars li.best .figure")).toBe(`${(100 * nine).toFixed(1)} %`);
    // What reads files was not loaded before.
    expect(requests.length).toBeGreaterThan(before);
    await page.getByRole("button", { name: "Read with the network above" }).click();
    expect(await page.textContent("#verdict")).toMatch(/has learnt nothing yet/);
    expect(await page.locator("#own-summary").isVisible()).toBe(false);
  });

  test.each([
    ["Softmax", "softmax", Math.exp(9) / (Math.exp(9) + 9)],
    ["Sigmoid", "sigmoid", 1 / (1 + Math.exp(-9))],
  ])("what a file does to its outputs is named, and done: %s", async (operator, head, most) => {
    const { page } = await open();
    await drawSomething(page);
    await choose(page, "head.onnx", withHead(onnx(), operator));
    await page.getByText("It reads 3.").waitFor();
    expect(await caption(page)).toMatch(new RegExp(`head: ${head}$`));
    const shown = await page.$$eval("#bars .figure", (all) => all.map(({ textContent }) => textContent));
    expect(shown[3]).toBe(`${(100 * most).toFixed(1)} %`);
    // The others' outputs are 0.
    expect(shown[4]).toBe(head === "sigmoid" ? "50.0 %" : "0.0 %");
  });

  test("a file that is dropped is taken, and the page stays; several are not", async () => {
    const { page } = await open();
    await drawSomething(page);
    const bytes = bytesOf((net) => saveModel(net));
    await drop(page, { "dropped.safetensors": bytes });
    await page.getByText("It reads 3.").waitFor();
    await drop(page, { "a.safetensors": bytes, "b.safetensors": bytes });
    expect(await status(page)).toBe("One file at a time, please.");
    expect(await page.textContent("#verdict")).toMatch(/has learnt nothing yet/);
  });

  test("of two files in a row, the last is what reads", async () => {
    const { page } = await open();
    await drawSomething(page);
    await drop(page, { "first.onnx": onnx() });
    await drop(page, { "second.safetensors": bytesOf((net) => saveModel(net)) });
    await page.getByText("second.safetensors reads what you draw.").waitFor();
    await page.waitForTimeout(500);
    expect(await caption(page)).toMatch(/^second/);
  });

  test("a network of other sizes is shown, and said not to fit", async () => {
    const { page } = await open();
    await drawSomething(page);
    await choose(page, "fits.onnx", onnx());
    await page.getByText("It reads 3.").waitFor();
    await choose(page, "agent.onnx", onnx(8, 4));
    await page.getByText(/^agent.onnx cannot/).waitFor();
    expect(await status(page)).toBe(
      "agent.onnx cannot read digits: it takes 8 inputs and gives 4 outputs, not 784 and 10.",
    );
    expect((await rows(page)).map(([, size]) => size)).toEqual(["8 × 20", "20 × 4"]);
    // The one before does not go on unnamed.
    expect(await page.textContent("#verdict")).toMatch(/has learnt nothing yet/);
  });

  test("what the library refuses is told in its own words, and nothing of it stays", async () => {
    const { page } = await open();
    const convolution = writeSafetensors(
      new Map([["conv.weight", { dtype: "F32", shape: [1, 1, 3, 3], data: new Float32Array(9) }]]),
    );
    for (const [name, bytes, message] of [
      ["cut.safetensors", bytesOf((net) => saveModel(net)).subarray(0, 9000), /refused\. parseSafetensors: .*beyond/],
      ["empty.onnx", Buffer.alloc(0), /refused\. importOnnx: /],
      ["noise.onnx", Buffer.from("no protobuf at all"), /refused\. importOnnx: /],
      ["convolution.safetensors", Buffer.from(convolution), /refused\. loadModel: the file holds no model/],
      ["text.txt", Buffer.from("text"), /refused\. Its name must end with \.safetensors or \.onnx\./],
    ] as const) {
      await choose(page, name, bytes as Buffer);
      await page.getByText(`${name} is refused.`).waitFor();
      expect(await status(page)).toMatch(message);
      expect(await page.locator("#own-summary").isVisible()).toBe(false);
      expect(await page.locator("#own-forget").isVisible()).toBe(false);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  test("a huge file is refused by its size before it is read", async () => {
    const { page } = await open();
    await page.evaluate(() => {
      const data = new DataTransfer();
      const file = new File(["x"], "huge.safetensors");
      // As large as a disk, without the disk.
      Object.defineProperty(file, "size", { value: 5e9 });
      Object.defineProperty(file, "arrayBuffer", { value: () => Promise.reject(new Error("was read")) });
      Object.defineProperty(data, "files", { value: [file] });
      data.items.add(file);
      document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
    });
    await page.getByText(/^huge\.safetensors is refused/).waitFor();
    expect(await status(page)).toBe(
      "huge.safetensors is refused. It has 5,000,000,000 bytes, and this page takes 67,108,864 at most.",
    );
  });

  test("outputs that are no numbers are said to be none", async () => {
    const { page } = await open();
    await drawSomething(page);
    await choose(
      page,
      "nan.safetensors",
      bytesOf((net) => {
        net.layers[1]?.bias?.fill(Number.NaN);
        return saveModel(net);
      }),
    );
    await page.getByText("Its outputs are no numbers.").waitFor();
    expect(await page.textContent("#bars li:nth-child(4) .figure")).toBe("–");
  });

  test("a file is chosen and left with the keyboard alone", async () => {
    const { page } = await open();
    // In place of the browser's own window.
    await page.locator("#own-file").evaluate((field: HTMLInputElement) =>
      field.addEventListener("click", (event) => {
        event.preventDefault();
        field.title = "asked for a file";
      }),
    );
    await page.locator("#pad-clear").focus();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("own-choose");
    await page.keyboard.press("Enter");
    expect(await page.getAttribute("#own-file", "title")).toBe("asked for a file");
    await choose(page, "k.onnx", onnx());
    await page.getByText("k.onnx reads what you draw.").waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("own-forget");
    await page.keyboard.press("Enter");
    expect(await status(page)).toBe("The network above reads again.");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("own-choose");
  });
});

test("softmax is what turns these outputs into the probabilities above", () => {
  using net = always3();
  const [p] = [softmax(net.predict(new Float32Array(784)), 10)];
  expect(p[3]).toBeCloseTo(Math.exp(9) / (Math.exp(9) + 9), 5);
});
