/** A training that needs more memory than there is, is refused before it begins. */

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ARTICLE } from "../cli/experiment.ts";
import { checkMemory } from "../cli/memory.ts";
import { UsageError } from "../cli/options.ts";
import { smallData, train } from "./train_command.ts";

const MNIST = { rows: 60_000, inputs: 784, classes: 10, threads: 1 };

Deno.test("what a training needs is compared with the kernels' memory and the machine's", () => {
  const refused = (changed: Partial<typeof ARTICLE>, machine: number) =>
    assertThrows(() => checkMemory({ ...ARTICLE, ...changed }, MNIST, machine), UsageError).message;
  const advice = "smaller minibatches (--batch-size) or fewer units (--hidden) need less";
  assertEquals(
    refused({ hidden: [50_000], batches: 1 }, Infinity),
    `minibatches of 60000 need 72.7 GB, and the kernels have 4.3 GB: ${advice}`,
  );
  const large = { hidden: [50_000], batchSize: 100 };
  assertEquals(
    refused(large, 1e9),
    `this training needs 1.7 GB, and this machine has 1.0 GB: ${advice}`,
  );
  checkMemory({ ...ARTICLE, ...large }, MNIST, 2e9);
  checkMemory(ARTICLE, MNIST, 1e9);
});

Deno.test("train ends with 2 and the figure, for pictures and for tables", async () => {
  using data = await smallData();
  const pictures = ["--data", data.path, "--train-size", "60"];
  const table = ["--csv", "data/iris.csv", "--target", "species", "--save", "none"];
  for (const args of [pictures, table]) {
    const large = ["--hidden", "2600000", "--batches", "1", "--quiet"];
    const { code, stdout, stderr } = await train([...args, ...large]);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(
      stderr,
      /^train: minibatches of \d+ need \d\.\d GB, and the kernels have 4\.3 GB: .*\n$/,
    );
  }
});
