/** The .npz archives whose counts, sizes and places are not what their bytes say. */
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../../../src/formats/npy/npy.js";
import { readNpz, writeNpz } from "../../../src/formats/npy/npz.js";
import { arrayOf, eachCase, expectError, randomFrom, wrong } from "../../support/cases.js";
import { checksum, type ZipMember, zipOf } from "../../support/zip.js";

const rawOf = (data: { buffer: ArrayBufferLike } | undefined) => Buffer.from(data?.buffer ?? new ArrayBuffer(0));

const one = writeNpy(Float32Array.of(1));
const a: ZipMember = { name: "a.npy", content: one };

describe("readNpz", () => {
  it("refuse counts, sizes and places that the bytes belie, before anything is unpacked", () => {
    const packed = deflateRawSync(one);
    const two = [a, { ...a, name: "b.npy" }];
    const length = zipOf([a]).length;
    const dataEnd = 30 + 5 + packed.length;
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(30), "no zip archive that can be read: it has no directory at its end"],
      [
        Buffer.concat([zipOf([a]), Buffer.from("x")]),
        "no zip archive that can be read: it has no directory at its end",
      ],
      [zipOf([], { zip64: true, count: 2 ** 32 - 1 }), "it declares 4294967295 members, which 0 bytes cannot hold"],
      [
        zipOf([a], { zip64: true, count: 2 ** 60 }),
        `it declares ${2 ** 60} members, which ${dataEnd + 51} bytes cannot hold`,
      ],
      [zipOf([a], { count: 0 }), "its directory has 51 bytes behind the last of 0 entries"],
      [
        zipOf([a], { length: 50 }),
        `its directory of 50 bytes is said to be at ${dataEnd}, but ends at ${dataEnd + 51}`,
      ],
      [zipOf([a], { at: 0, length: 10 }), `its directory of 10 bytes is said to be at 0, but ends at ${dataEnd + 51}`],
      [zipOf([a], { disk: 1 }), "it is one part of several"],
      [
        zipOf([a], { zip64: true, gap: Buffer.from("xx"), at: 3 }),
        `its directory of 51 bytes is said to be at 3, but ends at ${dataEnd + 53}`,
      ],
      [
        zipOf([{ ...a, size: 2 ** 32 - 2 }]),
        `"a.npy" is said to have 4294967294 bytes, more than ${packed.length} can hold`,
      ],
      [
        zipOf([{ ...a, size: 2 ** 50, zip64: true }]),
        `"a.npy" is said to have ${2 ** 50} bytes, more than ${packed.length} can hold`,
      ],
      [
        zipOf([{ ...a, size: one.length - 1 }]),
        `"a.npy" has more than ${one.length - 1} bytes, expected ${one.length - 1}`,
      ],
      [zipOf([{ ...a, size: one.length + 1 }]), `"a.npy" has ${one.length} bytes, expected ${one.length + 1}`],
      [zipOf([{ ...a, method: 0, size: 1 }]), `"a.npy" is stored in ${one.length} bytes, but has 1`],
      [
        zipOf([{ ...a, packedSize: packed.length + 1 }]),
        `"a.npy" ends at ${dataEnd + 1}, beyond the ${dataEnd} bytes of members`,
      ],
      [zipOf([{ ...a, at: 1 }]), '"a.npy" is said to be at 1, but is not'],
      [zipOf([{ ...a, at: length + 100 }]), `"a.npy" is said to be at ${length + 100}, but is not`],
      [zipOf([{ ...a, localName: "b.npy" }]), '"a.npy" has another name where it lies'],
      [zipOf([a, a]), 'it has "a.npy" twice'],
      [zipOf([a, { ...a, name: "b.npy", localName: "b.npy", at: 0 }]), '"b.npy" has another name where it lies'],
      [zipOf([{ ...a, crc: 1 }]), `"a.npy" has the checksum ${checksum(one)}, expected 1`],
      [zipOf([{ ...a, flags: 1 }]), '"a.npy" is encrypted'],
      [zipOf([{ ...a, packed, method: 12 }]), '"a.npy" is packed by method 12, expected 0 or 8'],
      [zipOf([{ ...a, packed: Uint8Array.of(7) }]), '"a.npy" cannot be unpacked: invalid block type'],
      [zipOf([{ ...a, name: Uint8Array.of(0xff), flags: 0x800 }]), "the name of entry 0 is not UTF-8"],
      [zipOf([{ ...a, name: "a\nb.npy", crc: 1 }]), `"a\\u{a}b.npy" has the checksum ${checksum(one)}, expected 1`],
    ];
    eachCase(cases, ([bytes, message]) => {
      let thrown: unknown;
      try {
        readNpz(bytes);
      } catch (error) {
        thrown = error;
      }
      expect(String(thrown)).toContain(`RangeError: readNpz: ${message}`);
    });
    expect(readNpz(zipOf(two)).size).toBe(2);
  });

  it("stop soon where more comes out than was declared, and unpack whatever is large in slices", () => {
    const zeros = deflateRawSync(new Uint8Array(40_000_000));
    const bomb = zipOf([{ name: "a.npy", content: one, packed: zeros }]);
    const message = `readNpz: "a.npy" has more than ${one.length} bytes, expected ${one.length}`;
    expectError(() => readNpz(bomb), RangeError, message);
    const short = 'readNpz: "a.npy" has 40000000 bytes, expected 40000001';
    expectError(
      () => readNpz(zipOf([{ name: "a.npy", content: one, packed: zeros, size: 40_000_001 }])),
      RangeError,
      short,
    );
    const cut = zipOf([{ name: "a.npy", content: new Uint8Array(3e7), packed: zeros.subarray(0, 30_000) }]);
    expect(() => readNpz(cut)).toThrow(/^readNpz: "a.npy" (cannot be unpacked: unexpected EOF|has more than)/);
    const random = randomFrom(1);
    const values = [2e5, 1e6].map((length) => arrayOf("float32", length, (i) => (i % 7 === 0 ? random() : i % 5)));
    eachCase(values, (data) => {
      expect(
        Buffer.compare(
          rawOf(readNpz(writeNpz({ a: { data: wrong(data) } }, { compress: true })).get("a")?.data),
          rawOf(data),
        ),
      ).toBe(0);
    });
  });

  it("refuse members that overlap: 66 kB cannot be 2.7 GB", () => {
    const content = new Uint8Array(10_000);
    const packed = deflateRawSync(content);
    const name = "x".repeat(20);
    const same = Array.from({ length: 300 }, (_, i) => ({
      name: `${name}${`${i}`.padStart(4)}`,
      content,
      packed,
      at: 0,
    }));
    expect(() => readNpz(zipOf(same))).toThrow(/^readNpz: .* has another name where it lies/);
    // Each begins within the one before: the header of the inner one is the data of the outer.
    const inner = zipOf([a]);
    const local = inner.subarray(0, 30 + 5 + deflateRawSync(one).length);
    const outer: ZipMember = { name: "b.npy", content: local, method: 0 };
    const overlapping = zipOf([outer, { ...a, at: 35, packed: new Uint8Array(0), packedSize: local.length - 35 }]);
    expectError(() => readNpz(overlapping), RangeError, 'readNpz: "a.npy" begins at 35, within "b.npy"');
  });
});
