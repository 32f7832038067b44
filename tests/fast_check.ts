/** fast-check for all tests, with one seed: a property that fails fails again. */

// deno-lint-ignore no-import-prefix -- in deno.json it would be a package of the notebooks too
import * as fc from "npm:fast-check@4.10.2";

fc.configureGlobal({ seed: 42, numRuns: 200 });

export { fc };
