/** Several threads give the bits of one. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { alone, InputReader, type Inputs } from "../lib/inputs.ts";
import { Room } from "../lib/kernels/memory.ts";
import { Matrix, NNClassifier, RandomState, ValueError } from "../lib/mod.ts";
import { Team } from "../lib/threads.ts";
import { bits, randomMatrix } from "./helpers.ts";

Deno.test("a team's products are those of one thread: listed or dense, kept or passing, of any size", () => {
  for (const threads of [2, 3, 4]) {
    const rng = new RandomState(81);
    const team = new Team(threads, 40);
    const compare = (x: Inputs, units: number) => {
      using lists = new Lists();
      const w = rng.standardNormal((x.inputs + 1) * units);
      const sigma = rng.standardNormal(x.rows * units);
      const [mine, theirs] = [alone, team].map((products) => {
        const weights = lists.of(w), squares = lists.of(new Float64Array(units));
        const net = lists.of(new Float64Array(x.rows * units)), act = lists.of(net);
        products.forward(x, units, weights, net, act);
        products.update(x, units, lists.of(sigma), weights, 0.5, 0.01, squares);
        return [net, act, weights, squares].map(bits);
      });
      assertEquals(theirs, mine, `${threads} threads, ${x.rows} x ${x.inputs}, ${units} units`);
    };
    const room = new Room();
    const kept: Inputs[] = [];
    for (let n = 0; n < 40; n++) {
      const [rows, inputs, units] = rng.randint(1, 40, 3);
      const X = randomMatrix(rng, rows, inputs, [0, 0.3, 0.8, 0.99, 1][n % 5]);
      const reader = new InputReader(X, rows);
      const x = reader.read(0, rows, room, { isKept: n % 2 === 0 });
      compare(x, units);
      compare(x, units);
      if (x.isKept) kept.push(x);
      reader.release();
    }
    for (const x of kept) compare(x, 7); // what was kept is still there
    room.release();
    team.end();
  }
});

/** Lists in the kernels' memory, for a while. */
class Lists {
  readonly #room = new Room();

  of(values: ArrayLike<number>): Float64Array {
    const copy = this.#room.float64(values.length);
    copy.set(values);
    return copy;
  }

  [Symbol.dispose](): void {
    this.#room.release();
  }
}

/** A job that is large enough for threads. */
function job(dtype: "float64" | "uint8") {
  const rng = new RandomState(82);
  const X = randomMatrix(rng, 900, 300, dtype === "uint8" ? 0.8 : 0)
    .map((x) => dtype === "uint8" ? Math.round(Math.abs(20 * x)) : x).astype(dtype);
  const y = rng.randint(0, 4, 900);
  const options = {
    ...{ nFeatures: 300, nClasses: 4, nHiddenUnits: [70, 9], epochs: 3, nBatches: 2 },
    ...{ l1: 0.2, l2: 0.5, learningRate: 0.0005 },
  };
  assert(Team.isWorthwhile(450, 300, 70));
  return { X, y, options };
}

for (const dtype of ["uint8", "float64"] as const) {
  Deno.test(`training gives the same bits with 1, 2 and 4 threads (${dtype})`, () => {
    const { X, y, options } = job(dtype);
    const [one, two, four] = [1, 2, 4].map((threads) => {
      const net = new NNClassifier(options).fit(X, y, { threads });
      return [bits(net.errors), ...net.weights.map((w) => bits(w.data))];
    });
    assertEquals(two, one);
    assertEquals(four, one);
  });
}

Deno.test("a training with threads can be looked into, broken off, and left to another model", () => {
  const { X, y, options } = job("uint8");
  const expected = new NNClassifier(options);
  const reached = expected.train(X, y);
  const net = new NNClassifier(options);
  for (const { epoch, error } of net.train(X, y, { threads: 2 })) {
    assertEquals(reached.next().value, { epoch, error });
    assertEquals(net.predict(X), expected.predict(X));
    new NNClassifier({ ...options, epochs: 1 }).fit(X, y, { threads: 2 });
    if (epoch === 2) break;
  }
  assertEquals(net.weights, expected.weights);
  reached.return();
});

Deno.test("threads must be a whole number, and small jobs are done by one", () => {
  const { X, y, options } = job("uint8");
  const net = new NNClassifier(options);
  for (const threads of [0, -1, 1.5, NaN, 65, "2" as unknown as number]) {
    assertThrows(
      () => net.fit(X, y, { threads }),
      ValueError,
      "fit: threads must be a whole number from 1 to 64, got",
    );
  }
  assertEquals(Team.isWorthwhile(20, 784, 50), false);
  const xor = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]);
  const small = { nFeatures: 2, nClasses: 2, nHiddenUnits: 3, learningRate: 1 };
  const [one, two] = [1, 2].map((threads) =>
    new NNClassifier(small).fit(xor, [0, 1, 1, 0], { threads }).errors
  );
  assertEquals(two, one);
});

Deno.test("what fails in a worker is said by this thread", () => {
  const team = new Team(2, 5);
  const x = {
    ...{ rows: 10, inputs: 3, columns: new Int32Array(3), value: new Float64Array(30) },
    isKept: true,
  };
  Object.defineProperty(x.value, "byteOffset", { value: 2 ** 40 });
  const nothing = new Float64Array(50);
  assertThrows(
    () => team.forward(x, 5, nothing, nothing, nothing),
    Error,
    "threads: a worker failed: RangeError",
  );
  team.end();
});

Deno.test("a program that trained with threads ends by itself", async () => {
  const script = `
    import { NNClassifier, RandomState } from "${new URL("../lib/mod.ts", import.meta.url)}";
    const rng = new RandomState(1), X = rng.uniform(0, 1, [400, 400]), y = rng.randint(0, 2, 400);
    const net = new NNClassifier({ nFeatures: 400, nClasses: 2, nHiddenUnits: 100, epochs: 2 });
    console.log(net.fit(X, y, { threads: 2 }).errors.length);
  `;
  const folder = await Deno.makeTempDir({ prefix: "nn-threads-" });
  await Deno.writeTextFile(`${folder}/main.ts`, script);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--allow-read", `${folder}/main.ts`],
    signal: AbortSignal.timeout(20_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([code, text(stdout)], [0, "2\n"], text(stderr));
  await Deno.remove(folder, { recursive: true });
});
