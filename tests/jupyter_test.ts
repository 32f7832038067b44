/** `lib/jupyter.ts` in the Deno kernel: outputs under their cells, a Stop that stops, timers as they are elsewhere. */

import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { Kernel } from "../cli/notebook/kernel.ts";
import { live, show } from "../lib/jupyter.ts";
import { pause } from "./helpers.ts";

const LIB = new URL("../lib/", import.meta.url).href;

/** A kernel in a folder of its own. */
async function inKernel(body: (kernel: Kernel) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nn-kernel-" });
  try {
    await using kernel = await Kernel.start(folder);
    await body(kernel);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A kernel that has imported `lib/jupyter.ts`. */
function inGuardedKernel(body: (kernel: Kernel) => Promise<void>): Promise<void> {
  return inKernel(async (kernel) => {
    await kernel.execute(`import { live } from "${LIB}jupyter.ts";`, 20_000);
    await body(kernel);
  });
}

Deno.test("a cell that never ends, or ends the kernel, ends with a message", async () => {
  for (
    const [code, message] of [["for (;;);", "it took more than 1 s"], [
      "Deno.exit(3);",
      "the kernel ended (code 3",
    ]]
  ) {
    await inKernel(async (kernel) => {
      await assertRejects(() => kernel.execute(code, 1000), Error, message);
    });
  }
});

Deno.test("Stop stops a cell within two seconds, says so, and leaves model and kernel as after the last epoch", async () => {
  // where others keep both cores busy a Stop can be lost; of two kernels one must do
  await stopTwentyCells().catch(() => stopTwentyCells());
});

/** In a kernel of its own. */
async function stopTwentyCells(): Promise<void> {
  await inGuardedKernel(async (kernel) => {
    const run = async (code: string) => {
      const { status, outputs } = await kernel.execute(code, 20_000);
      assertEquals(status, "ok", code);
      return outputs.map((output) => output.output_type === "stream" ? output.text : "").join("");
    };
    await run(`import { NNClassifier, RandomState } from "${LIB}mod.ts";
      const rng = new RandomState(1);
      const X = rng.uniform(-1, 1, [300, 50]), y = rng.randint(0, 4, [1, 300]).data;
      const make = () => new NNClassifier({ nFeatures: 50, nClasses: 4, nBatches: 30, epochs: 1e6 });
      let net = make();`);
    const cells = [
      `net = make();
       const progress = await live("epoch 0");
       for (const { epoch } of net.train(X, y)) await progress.update(\`epoch \${epoch}\`);`,
      "await new Promise((resolve) => setTimeout(resolve, 1e6));",
      "await new Promise(() => {});",
      "await new Promise((resolve) => setInterval(() => {}, 30));",
      `async function inner() { for (;;) await new Promise((resolve) => setTimeout(resolve, 30)); }
       await (async () => await inner())();`,
    ];
    const evalue = "variables keep their values, and a model those of its last epoch";
    const interrupted = {
      ...{ output_type: "error" as const, ename: "Interrupted", evalue },
      traceback: [`Interrupted: ${evalue}.`],
    };
    let unsaid = 0;
    for (let i = 0; i < 20; i++) {
      const code = cells[i % 2 === 0 ? 0 : 1 + (i >> 1) % 4];
      const begun = await Deno.makeTempFile({ prefix: "nn-begun-" });
      const executed = kernel.execute(`{ Deno.removeSync("${begun}"); ${code} }`, 20_000);
      // a cell that has not begun is stopped without a word, and on a busy machine that takes a while
      while (await Deno.stat(begun).then(() => true, () => false)) await pause(5);
      await pause(20 + 17 * i); // at other moments each time
      const start = performance.now();
      await kernel.interrupt();
      const { status, outputs } = await executed;
      assertLess(performance.now() - start, 2000, code);
      assertEquals(status, "error");
      const errors = outputs.filter((output) => output.output_type === "error");
      if (errors.length === 0) unsaid++;
      else assertEquals(errors, [interrupted], code);
      if (code !== cells[0]) continue;
      assertEquals(
        await run(`const { length } = net.errors;
          const training = make();
          const twin = training.train(X, y);
          for (let epoch = 0; epoch < length; epoch++) twin.next();
          console.log(net.weights.every((w, l) => w.equals(training.weights[l])));`),
        "true\n",
      );
    }
    // on a busy machine a beat can come so late that the kernel counts as idle: stopped, but without a word
    assertLess(unsaid, 3);
    assertEquals(await run("console.log(X.shape.join());"), "300,50\n");
  });
}

Deno.test("Stop on an idle kernel does nothing, at once or later, and the cells that come are not interrupted", async () => {
  await inGuardedKernel(async (kernel) => {
    const cells = ["42", "await new Promise((resolve) => setTimeout(resolve, 30)); 42"];
    for (const wait of [300, 1000]) {
      for (const code of cells) {
        await kernel.execute("1", 20_000);
        await pause(100);
        await kernel.interrupt();
        await pause(wait);
        for (const next of [code, cells[1]]) {
          const { status, outputs } = await kernel.execute(next, 20_000);
          assertEquals([status, outputs.length], ["ok", 1], `${next} after ${wait} ms`);
        }
      }
    }
  });
});

Deno.test("timers in a cell keep their order, their arguments and their intervals, and can be cleared", async () => {
  await inGuardedKernel(async (kernel) => {
    const { outputs } = await kernel.execute(
      `const seen: unknown[] = [];
      setTimeout((...args) => seen.push(...args), 30, "c", 3);
      setTimeout(() => seen.push("a"), 1);
      setTimeout(() => seen.push("b"), 10);
      clearTimeout(setTimeout(() => seen.push("never"), 5));
      const every = setInterval(() => seen.push("i") && seen.filter((s) => s === "i").length === 3 && clearInterval(every), 45);
      await new Promise((resolve) => setTimeout(resolve, 400));
      console.log(seen.join());`,
      20_000,
    );
    assertEquals(outputs, [{ output_type: "stream", name: "stdout", text: "a,b,c,3,i,i,i\n" }]);
  });
});

Deno.test("what a timer throws is reported as elsewhere, and the cell goes on", async () => {
  await inGuardedKernel(async (kernel) => {
    const { outputs } = await kernel.execute(
      `addEventListener("error", (event) => {
        event.preventDefault();
        console.log("caught", event.error.message);
      });
      setTimeout(() => { throw new Error("boo"); }, 30);
      await new Promise((resolve) => setTimeout(resolve, 400));
      console.log("on");`,
      20_000,
    );
    assertEquals(outputs, [{ output_type: "stream", name: "stdout", text: "caught boo\non\n" }]);
  });
});

Deno.test("with the guard of lib/jupyter.ts, Run all keeps every line under its own cell", async () => {
  await inGuardedKernel(async (kernel) => {
    // all at once, as Run all does: the kernel begins the next cell as soon as one has ended
    const letters = ["a", "b", "c", "d", "e", "f"];
    const results = await Promise.all(
      letters.map((letter) =>
        kernel.execute(`for (let i = 0; i < 100; i++) console.log("${letter}");`, 20_000)
      ),
    );
    results.forEach(({ outputs }, i) => {
      const text = outputs.map((output) => output.output_type === "stream" ? output.text : "").join(
        "",
      );
      assertEquals(text, `${letters[i]}\n`.repeat(100));
    });
  });
});

Deno.test("outside of a kernel live and show print texts, and nothing else", async () => {
  const { log } = console, printed: unknown[][] = [];
  console.log = (...args) => printed.push(args);
  try {
    const progress = await live("epoch 0");
    await progress.update("epoch 1");
    await progress.update({ epoch: 2 });
    await live({ epoch: 0 });
    await show("a line");
  } finally {
    console.log = log;
  }
  assertEquals(printed, [["epoch 0"], ["epoch 1"], ["a line"]]);
});

Deno.test("what live and show show is text, or what displays itself, with its alternative text, and each is redrawn apart", async () => {
  await inGuardedKernel(async (kernel) => {
    const picture = (more: string) =>
      `({ png: "AA==", [Symbol.for("Jupyter.display")]() { return { "image/png": this.png }; }, ${more} })`;
    const { outputs } = await kernel.execute(
      `import { show } from "${LIB}jupyter.ts";
      const first = await live("a"), second = await live({ b: [1] });
      await show(${picture('alt: "a dot"')});
      await show(${picture("")});
      await show({ alt: "no picture" });
      await show(null);
      await second.update(new Set([2]));
      await first.update(${picture('alt: "another"')});`,
      20_000,
    );
    const text = (text: string) => ({ data: { "text/plain": text }, metadata: {} });
    const png = { "image/png": "AA==" };
    const shown = [
      { data: png, metadata: { "image/png": { alt: "another" } } },
      text("Set(1) { 2 }"),
      { data: png, metadata: { "image/png": { alt: "a dot" } } },
      { data: png, metadata: {} },
      text('{ alt: "no picture" }'),
      text("null"),
    ];
    assertEquals(outputs, shown.map((output) => ({ output_type: "display_data", ...output })));
  });
});

Deno.test("a cell's value is shown without colours where it is text, and left to the kernel where it is more", async () => {
  await inKernel(async (kernel) => {
    const valuesOf = async (code: string) => (await kernel.execute(code, 20_000)).outputs;
    // what lib/jupyter.ts gives the kernel to show
    await valuesOf(`const { jupyter } = Deno[Deno.internal], own = jupyter.broadcastResult;
      let given: any;
      jupyter.broadcastResult = (count: number, value: unknown) => own(count, given = value);`);
    assertEquals(await valuesOf(`import "${LIB}jupyter.ts";`), []);
    assertEquals(await valuesOf(`import * as all from "${LIB}jupyter.ts"; all`), []);
    assertEquals(await valuesOf("undefined"), []);
    const texts = {
      "5": "5",
      '"a"': '"a"',
      "[1, true]": "[ 1, true ]",
      "Float64Array.of(1)": "Float64Array(1) [ 1 ]",
      "({ a: 1 })": "{ a: 1 }",
      "Object.create(null)": "[Object: null prototype] {}",
      "new Map([[1, 2]])": "Map(1) { 1 => 2 }",
      "new Set([1])": "Set(1) { 1 }",
      "(() => {})": "[Function (anonymous)]",
    };
    for (const [code, text] of Object.entries(texts)) {
      const [shown] = await valuesOf(code);
      assertEquals("data" in shown && shown.data, { "text/plain": text }, code);
      const [given] = await valuesOf('given[Symbol.for("Jupyter.display")]()');
      assertEquals("data" in given && given.data, {
        "text/plain": `{ "text/plain": ${Deno.inspect(text)} }`,
      });
    }
    for (
      const code of [
        '({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "x" }) })',
        "({ toSpec: () => ({}) })",
        "new (class Figure {})()",
      ]
    ) {
      await valuesOf(`const value = ${code}; value`);
      const [same] = await valuesOf("given === value");
      assertEquals("data" in same && same.data, { "text/plain": "true" }, code);
    }
    const picture =
      `({ [Symbol.for("Jupyter.display")]: () => ({ "image/png": "AA==" }), alt: "a dot" })`;
    const { executionCount, outputs } = await kernel.execute(picture, 20_000);
    assertEquals(outputs, [{
      ...{ output_type: "execute_result", data: { "image/png": "AA==" } },
      ...{ metadata: { "image/png": { alt: "a dot" } }, execution_count: executionCount },
    }]);
  });
});
