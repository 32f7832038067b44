/** A training that needs more memory than there is, is refused before it begins. */

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ARTICLE } from "../cli/training/experiment.ts";
import { checkMemory } from "../cli/training/memory.ts";
import { UsageError } from "../cli/shared/options.ts";
import { ACTIVATIONS } from "../lib/nn/activations.ts";
import { workspaceBytes } from "../lib/nn/workspace.ts";
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

Deno.test("a training that just has the memory is not refused: of its weights, their copies, and numbers in texts", () => {
  const settings = { ...ARTICLE, hidden: [1000], batchSize: 100 }, weights = 785 * 1000 + 1001 * 10;
  const kernels = (velocity?: []) =>
    workspaceBytes(
      { sizes: [784, 1000, 10], activations: [ACTIVATIONS.sigmoid, ACTIVATIONS.sigmoid] },
      { rows: 100, updateThreads: 1, velocity },
    ) + 8 * 100 * 784; // and a minibatch
  const needs = (
    changed: Partial<typeof ARTICLE>,
    files: { save?: string; checkpoint?: string },
    bytes: number,
  ) => {
    const job = { ...MNIST, ...files }, all = { ...settings, ...changed };
    checkMemory(all, job, bytes);
    assertThrows(() => checkMemory(all, job, bytes - 1), UsageError, "this machine has ");
  };
  needs({}, {}, kernels() + 4 * 8 * weights);
  needs({ patience: 3 }, {}, kernels() + 4 * 8 * weights);
  needs({ momentum: 0.9 }, {}, kernels([]) + 6 * 8 * weights);
  needs({}, { save: "m.json" }, kernels() + (4 * 8 + 110) * weights);
  needs({ patience: 3 }, { checkpoint: "c" }, kernels() + (4 * 8 + 2 * 110) * weights);
  const both = { patience: 3, momentum: 0.9 };
  needs(both, { checkpoint: "c", save: "m.json" }, kernels([]) + (6 * 8 + 3 * 110) * weights);
});

Deno.test("a text of JSON has room for 24,403,223 weights", () => {
  const job = { rows: 9, inputs: 1, classes: 1, threads: 1 }; // 3 weights a unit, and one
  const settings = { ...ARTICLE, batchSize: 1, hidden: [8_134_407] };
  const more = { ...settings, hidden: [8_134_408] };
  const message = "24.4 million weights";
  for (const files of [{ save: "m" }, { checkpoint: "c" }]) {
    checkMemory(settings, { ...job, ...files }, Infinity);
    assertThrows(() => checkMemory(more, { ...job, ...files }, Infinity), UsageError, message);
  }
});

Deno.test("the machine says how much memory it has, where that may be asked without asking anybody", () => {
  const { systemMemoryInfo } = Deno, { querySync } = Deno.permissions;
  Deno.systemMemoryInfo = () => ({ ...systemMemoryInfo(), total: 1e6 });
  try {
    assertThrows(() => checkMemory(ARTICLE, MNIST), UsageError, "this machine has 0.0 GB");
    Deno.permissions.querySync = (asked) => {
      assertEquals(asked, { name: "sys", kind: "systemMemoryInfo" });
      return { state: "prompt" } as Deno.PermissionStatus;
    };
    checkMemory(ARTICLE, MNIST);
  } finally {
    Deno.permissions.querySync = querySync;
    Deno.systemMemoryInfo = systemMemoryInfo;
  }
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
