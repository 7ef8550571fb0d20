/** Before the tests that go through the binaries themselves: the library starts by itself, on as many threads as asked for. */
import { enableAsked } from "./allShared.js";

await enableAsked();
