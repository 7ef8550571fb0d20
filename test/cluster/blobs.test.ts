/** Files on their way through Redis. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blobExists, deleteBlob, getBlob, putBlob } from "../../src/cluster/blobs.js";
import { hasRedis, RedisServer } from "./redis.js";

describe.skipIf(!hasRedis)("a blob", () => {
  let server: RedisServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.connection);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  const MiB = 2 ** 20;

  it.each([0, 1, 8 * MiB, 8 * MiB + 1, 20 * MiB])(
    "of %i bytes comes back as it was, in pieces of 8 MiB",
    async (length) => {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
      const ref = await putBlob(redis, "a", bytes, 60_000);
      expect(Buffer.from(await getBlob(redis, ref, 2 ** 30)).equals(Buffer.from(bytes))).toBe(true);
      const keys = await redis.keys("a:*");
      expect(keys.length).toBe(Math.max(1, Math.ceil(length / (8 * MiB))));
      for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
      expect(await blobExists(redis, ref)).toBe(true);
      await deleteBlob(redis, ref);
      expect(await redis.keys("a:*")).toEqual([]);
      expect(await blobExists(redis, ref)).toBe(false);
    },
  );

  it("that is cut, changed, gone or larger than allowed is refused by name", async () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const ref = await putBlob(redis, "b", bytes, 60_000);
    await expect(getBlob(redis, ref, 3)).rejects.toThrow("b has 4 bytes, more than maxBytes 3 allows");
    await redis.set("b:0", Buffer.from([1, 2, 3]));
    await expect(getBlob(redis, ref, 100)).rejects.toThrow("b was cut: 3 of its 4 bytes are there");
    await redis.set("b:0", Buffer.from([1, 2, 3, 4, 5]));
    await expect(getBlob(redis, ref, 100)).rejects.toThrow("b is longer than its 4 bytes");
    await redis.set("b:0", Buffer.from([1, 2, 3, 5]));
    await expect(getBlob(redis, ref, 100)).rejects.toThrow("b has other bits than were sent: SHA-256");
    await redis.del("b:0");
    await expect(getBlob(redis, ref, 100)).rejects.toThrow(
      "b is not there: it was deleted, it expired, or Redis lost it",
    );
  });
});
