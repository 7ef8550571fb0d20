/**
 * Tensors on their way: files in Redis, cut into pieces that a server takes without a pause, each with a time to live, so
 * that nothing stays of a run that was killed.
 *
 *     key:0   key:1   …   key:n-1        PIECE bytes each, the last one what is left
 */
import { createHash } from "node:crypto";
import { Redis, type RedisOptions } from "ioredis";

/** A client that waits for a Redis which is gone for a while, instead of giving up. */
export function openRedis(connection: RedisOptions): Redis {
  // The types of ioredis take no options that may be undefined; the constructor does.
  const redis = new Redis(patient(connection) as { maxRetriesPerRequest: null });
  // It connects again by itself, and what got lost is sent again by whoever misses it.
  redis.on("error", () => {});
  return redis;
}

export function patient(connection: RedisOptions): RedisOptions {
  return { ...connection, maxRetriesPerRequest: null } as RedisOptions;
}

const PIECE = 8 * 2 ** 20;

/** Where a file lies, and what it must be. */
export interface BlobRef {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes a file that goes by itself after `ttl` milliseconds. */
export async function putBlob(redis: Redis, key: string, bytes: Uint8Array, ttl: number): Promise<BlobRef> {
  for (const [i, name] of piecesOf({ key, bytes: bytes.length }).entries()) {
    const piece = bytes.subarray(i * PIECE, (i + 1) * PIECE);
    await redis.set(name, Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength), "PX", ttl);
  }
  return { key, bytes: bytes.length, sha256: sha256(bytes) };
}

/** Thrown for a file that is not there, or not what it was said to be. */
export class BlobError extends Error {
  override readonly name = "BlobError";
}

/** @throws BlobError for a file that is longer than `limit`, missing, cut, or has other bits than its sender's */
export async function getBlob(redis: Redis, ref: BlobRef, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (ref.bytes > limit) throw new BlobError(`${ref.key} has ${ref.bytes} bytes, more than maxBytes ${limit} allows`);
  const bytes = new Uint8Array(ref.bytes);
  let at = 0;
  for (const name of piecesOf(ref)) {
    const piece = await redis.getBuffer(name);
    if (!piece) throw new BlobError(`${ref.key} is not there: it was deleted, it expired, or Redis lost it`);
    if (at + piece.length > bytes.length) throw new BlobError(`${ref.key} is longer than its ${ref.bytes} bytes`);
    bytes.set(piece, at);
    at += piece.length;
  }
  if (at !== bytes.length) throw new BlobError(`${ref.key} was cut: ${at} of its ${ref.bytes} bytes are there`);
  const found = sha256(bytes);
  if (found !== ref.sha256) {
    throw new BlobError(`${ref.key} has other bits than were sent: SHA-256 ${found}, expected ${ref.sha256}`);
  }
  return bytes;
}

export async function blobExists(redis: Redis, ref: BlobRef): Promise<boolean> {
  const names = piecesOf(ref);
  return (await redis.exists(...names)) === names.length;
}

export async function deleteBlob(redis: Redis, ref: { readonly key: string; readonly bytes: number }): Promise<void> {
  await redis.unlink(...piecesOf(ref));
}

/** The keys of the pieces; an empty file has one. */
function piecesOf({ key, bytes }: { readonly key: string; readonly bytes: number }): string[] {
  return Array.from({ length: Math.max(1, Math.ceil(bytes / PIECE)) }, (_, i) => `${key}:${i}`);
}
