/** What a page or worker hands to the test: a value, or the error that came instead. */
export type Outcome = { value: unknown } | { error: { name: string; message: string } };

declare global {
  interface Window {
    outcome?: Outcome;
  }
}

export async function outcomeOf(task: () => unknown): Promise<Outcome> {
  try {
    return { value: await task() };
  } catch (thrown) {
    const { name, message } = thrown as Error;
    return { error: { name, message } };
  }
}
