/**
 * For tests that need helpers. `enableThreads` waits for them for 0.95 s and then computes alone: on a machine that is busy with
 * other programs that may happen, and is right. Such a test begins anew, with other helpers, and says so; for no other reason.
 */

/** How often, before it fails. */
const ATTEMPTS = 20;

/** What the library says where helpers are late. */
export const LATE = /helper threads? did not start within/;

/**
 * Attempts, until helpers were in time.
 *
 * @param attempt what throws fails at once
 * @param reasonOf why threads are fewer than wanted, in the library's words; null if they are not
 * @param end what is to be done before the next attempt
 * @param busy which reasons are the machine's
 */
export async function anewWhileBusy<T>(
  attempt: () => T | Promise<T>,
  reasonOf: (result: T) => string | null,
  end: (result: T) => unknown = () => {},
  busy = LATE,
): Promise<T> {
  for (let count = 1; ; count++) {
    const result = await attempt();
    const reason = reasonOf(result);
    if (reason === null || !busy.test(reason)) return result;
    await end(result);
    const line = `attempt ${count} of ${ATTEMPTS} on a busy machine: ${reason}`;
    if (count === ATTEMPTS) throw new Error(line);
    console.log(`${line}; begun anew`);
  }
}

interface Entry {
  enableThreads(options: { threads: number; workerUrl?: string | URL | undefined }): Promise<Status>;
  stopThreads(): void;
}
interface Status {
  readonly wanted: number;
  readonly online: number;
  readonly reason: string | null;
}

/**
 * Enables threads, all of them, in a library that has not started yet.
 *
 * @param given up is called where they were late, before the next attempt
 * @throws Error where they cannot be had, or the machine stays too busy
 */
export async function enableAll(
  { enableThreads, stopThreads }: Entry,
  threads: number,
  workerUrl?: string | URL,
  givenUp: () => void = () => {},
): Promise<Status> {
  const status = await anewWhileBusy(
    () => enableThreads({ threads, workerUrl }),
    ({ reason }) => reason,
    () => {
      stopThreads();
      givenUp();
    },
  );
  if (status.online < threads) throw new Error(`${threads} threads asked for: ${JSON.stringify(status)}`);
  return status;
}
