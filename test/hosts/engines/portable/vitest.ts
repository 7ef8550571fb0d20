/**
 * Stands in for "vitest" where vitest cannot go, in a page or in workerd: its own parts, the collector of
 * `@vitest/runner`, the assertions of `@vitest/expect` and the spies of `@vitest/spy`, without its server.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  customMatchers,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import { fn, restoreAllMocks, spyOn } from "@vitest/spy";
import * as chai from "chai";

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from "@vitest/runner";
export { expectTypeOf } from "expect-type";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = Object.assign((value: unknown, message?: string) => chai.expect(value, message), chai.expect);
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, writable: true, configurable: true });
const matchers = (globalThis as Record<symbol, Record<string, unknown>>)[ASYMMETRIC_MATCHERS_OBJECT];
Object.assign(expect, matchers, { getState: () => getState(expect as never) });
setState({ assertionCalls: 0 } as never, expect as never);
(chai.expect as unknown as { extend(on: object, matchers: object): void }).extend(expect, customMatchers);

export const vi = { fn, restoreAllMocks, spyOn };
