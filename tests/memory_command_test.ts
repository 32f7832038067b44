/** A training that needs more memory than there is, is refused before it begins. */

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ARTICLE } from "../cli/training/experiment.ts";
import { checkMemory } from "../cli/training/memory.ts";
import { UsageError } from "../cli/shared/options.ts";
import { ROOT, smallData, train } from "./train_command.ts";

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

Deno.test("a model, or a checkpoint, that is too large for JSON is refused before the training", () => {
  const refused = (
    changed: Partial<typeof ARTICLE>,
    files: { save?: string; checkpoint?: string },
  ) =>
    assertThrows(
      () =>
        checkMemory({ ...ARTICLE, batchSize: 10, ...changed }, { ...MNIST, ...files }, Infinity),
      UsageError,
    ).message;
  assertEquals(
    refused({ hidden: [35_000] }, { save: "m.json" }),
    "--save: 27.8 million weights are too many for JSON: choose a name that ends in .safetensors",
  );
  assertEquals(
    refused({ hidden: [12_000], momentum: 0.9, patience: 3 }, { checkpoint: "c" }),
    "--checkpoint: 28.6 million weights, of momentum and of the best epoch too, are too many for one",
  );
  const fine = { ...ARTICLE, batchSize: 10, hidden: [35_000] };
  checkMemory(fine, { ...MNIST, save: "m.safetensors" }, Infinity);
  checkMemory(
    { ...fine, hidden: [12_000] },
    { ...MNIST, save: "m.json", checkpoint: "c" },
    Infinity,
  );
});

Deno.test("a checkpoint and a model in JSON need memory while they are written", () => {
  const needed = (momentum: number, files: { save?: string; checkpoint?: string }) => {
    const settings = { ...ARTICLE, hidden: [10_000], batchSize: 100, momentum };
    const job = { ...MNIST, ...files };
    const { message } = assertThrows(() => checkMemory(settings, job, 1e8), UsageError);
    return message.match(/needs (\d+\.\d) GB/)![1];
  };
  assertEquals(needed(0, {}), "0.3"); // 8 million weights
  assertEquals(needed(0, { save: "m.safetensors" }), "0.3");
  assertEquals(needed(0, { save: "m.json" }), "1.2"); // 110 bytes for each
  assertEquals(needed(0, { save: "m.json", checkpoint: "c" }), "1.2"); // one after the other
  assertEquals(needed(0.5, { checkpoint: "c" }), "2.3"); // with as many numbers of momentum
});

Deno.test("train ends with 2 and the figure, for pictures and for tables", async () => {
  using data = await smallData();
  const pictures = ["--data", data.path, "--train-size", "60", "--hidden", "2600000"];
  const table = ["--csv", `${ROOT}data/iris.csv`, "--target", "species", "--hidden", "3300000"];
  for (const args of [pictures, table]) {
    const large = [...args, "--batches", "1", "--quiet"];
    const { code, stdout, stderr } = await train([...large, "--save", "none"], data.path);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(
      stderr,
      /^train: minibatches of \d+ need \d+\.\d GB, and the kernels have 4\.3 GB: .*\n$/,
    );
    const files = [["--save", "m.json"], ["--save", "none", "--checkpoint", "c"]];
    for (const file of files) {
      const { code, stderr } = await train([...large, ...file], data.path);
      assertEquals(code, 2);
      assertMatch(stderr, new RegExp(`^train: ${file.at(-2)}: \\d\\d\\.\\d million weights.*\n$`));
    }
  }
});
