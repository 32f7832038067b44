/** Damaged files of every format: each reads as what it says, or is refused by a named error, in bounded time and memory. */

import { assert, assertEquals } from "@std/assert";
import { FORMATS } from "./fuzz/formats.ts";
import { fuzz, mutant } from "./fuzz/fuzz.ts";

/** Files are written and unzipped at one to three milliseconds each. */
const FEWER: Readonly<Record<string, number>> = { gz: 4000 };

for (const [name, format] of Object.entries(FORMATS)) {
  const count = FEWER[name] ?? 20_000;
  Deno.test(`${name}: ${count} damaged files are read as what they say, or refused`, async () => {
    const { accepted, findings } = await fuzz(format, 0, count);
    assertEquals([...findings].slice(0, 3), []);
    assert(accepted > 0 && accepted < count * 0.9, `${accepted} were accepted`);
  });
}

Deno.test("a seed damages a file the same way again, and whole files are read", async () => {
  for (const [name, format] of Object.entries(FORMATS)) {
    for (const seed of [1, 2, 3]) assertEquals(mutant(format, seed), mutant(format, seed));
    const outcomes = await Promise.allSettled(
      format.files.map(async (file) => await format.read(file)),
    );
    const read = outcomes.filter(({ status }) => status === "fulfilled");
    assert(read.length > format.files.length / 2, `${name}: ${read.length} files`);
  }
});
