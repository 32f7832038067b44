/** A saved model is the one that was saved, or is refused: whatever byte of it is another one. */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  FileFormatError,
  fromSafetensors,
  type Label,
  Matrix,
  MinMaxScaler,
  NNClassifier,
  Pipeline,
  RandomState,
  StandardScaler,
  TableVectorizer,
  toSafetensors,
  withChecksums,
} from "../lib/mod.ts";
import { sha256 } from "./helpers.ts";

/** A pipeline for tables, an article's network that goes on training, a scaled one: all parts that a file can have. */
function models(): (NNClassifier<Label> | Pipeline<Label>)[] {
  const table = [
    { size: 1.5, colour: "red", y: "no" },
    { size: -0.25, colour: "blue", y: "yes" },
    { size: 3, colour: "red", y: "yes" },
  ];
  const y = table.map((row) => row.y);
  const X = Matrix.from([[0, 1], [1, 0], [1, 1]]);
  const plain = new NNClassifier<Label>({ nHiddenUnits: 2, epochs: 4, momentum: 0.9 });
  for (const { epoch } of plain.train(X, [0, 1, 1], { validation: [X, [0, 1, 1]] })) {
    if (epoch === 2) break;
  }
  const small = () => new NNClassifier<Label>({ nHiddenUnits: [2, 2], epochs: 2 });
  return [
    plain,
    new Pipeline<Label>([new MinMaxScaler(), small()]).fit(X, [0, 1, 1]),
    new Pipeline<Label>([new TableVectorizer({ target: "y" }), new StandardScaler(), small()])
      .fit(table, y),
  ];
}

function read(text: string): NNClassifier<Label> | Pipeline<Label> {
  const json = JSON.parse(text);
  return json.steps ? Pipeline.fromJSON<Label>(json) : NNClassifier.fromJSON<Label>(json);
}

/** Every way of damage that a JSON file meets: bytes that change, are lost, are doubled, numbers, values and parts. */
function damaged(text: string, rng: RandomState): string {
  const at = rng.randint(0, text.length), other = rng.randint(0, text.length);
  switch (rng.randint(0, 7)) {
    case 0: // a byte that is another one
      return text.slice(0, at) + String.fromCharCode(rng.randint(32, 127)) + text.slice(at + 1);
    case 1: // a bit
      return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1 << rng.randint(0, 7)) +
        text.slice(at + 1);
    case 2: // bytes that are gone
      return text.slice(0, at) + text.slice(at + 1 + rng.randint(0, 20));
    case 3: // bytes that are there twice
      return text.slice(0, at) + text.slice(other, other + 1 + rng.randint(0, 20)) + text.slice(at);
    default: { // a value, or a part of an object or a list
      const json = JSON.parse(text);
      let node = json, path = Object.keys(json);
      for (;;) {
        const key = path[rng.randint(0, path.length)], value = node[key];
        if (
          typeof value === "object" && value !== null && Object.keys(value).length > 0 &&
          rng.random() < 0.8
        ) {
          node = value;
          path = Object.keys(value);
          continue;
        }
        const to = [
          null,
          true,
          "",
          -1,
          0,
          1e300,
          [],
          {},
          "-0",
          typeof value === "number" ? value * (1 + 2 ** -52) : 7,
        ];
        if (rng.random() < 0.3) {
          Array.isArray(node) ? node.splice(Number(key), 1) : delete node[key];
        } else node[key] = to[rng.randint(0, to.length)];
        return JSON.stringify(json);
      }
    }
  }
}

Deno.test("of 6,000 damaged models none is read as another model", () => {
  const rng = new RandomState(5);
  let refused = 0;
  for (const model of models()) {
    const text = JSON.stringify(model);
    assertEquals(JSON.stringify(read(text)), text);
    for (let i = 0; i < 2000; i++) {
      const mutant = damaged(text, rng);
      let copy;
      try {
        copy = read(mutant);
      } catch {
        refused++;
        continue;
      }
      // spaces, a longer way to write the same number, a part that is there twice: the same model
      assertEquals(JSON.stringify(copy), text, mutant);
    }
  }
  assert(refused > 5000, `${refused} refused`);
});

Deno.test("of 3,000 damaged safetensors files of models none is read as another model", () => {
  const rng = new RandomState(6);
  for (const model of models()) {
    const file = toSafetensors(model), said = JSON.stringify(fromSafetensors<Label>(file));
    for (let i = 0; i < 1000; i++) {
      const mutant = file.slice(), at = rng.randint(0, file.length);
      mutant[at] ^= 1 << rng.randint(0, 8);
      let copy;
      try {
        copy = fromSafetensors<Label>(mutant);
      } catch {
        continue;
      }
      assertEquals(JSON.stringify(copy), said, `byte ${at}`);
    }
  }
});

Deno.test("a safetensors file of ours is not taken for another program's, however its metadata are damaged", () => {
  const rng = new RandomState(7);
  const model = models().find((model) => model instanceof Pipeline)!;
  const file = toSafetensors(model), said = JSON.stringify(fromSafetensors<Label>(file));
  const text = new TextDecoder("latin1").decode(file);
  const keys = [text.indexOf("@scratch/nn"), text.indexOf("@scratch/nn sha256")];
  for (let i = 0; i < 3000; i++) {
    const mutant = file.slice();
    for (const key of keys) { // a letter of both names
      mutant[key + rng.randint(0, 11)] ^= 1 << rng.randint(0, 7);
    }
    let copy;
    try {
      copy = fromSafetensors<Label>(mutant);
    } catch (error) {
      assert(error instanceof FileFormatError, String(error));
      continue;
    }
    assertEquals(JSON.stringify(copy), said);
  }
});

Deno.test("the message names the part that is damaged, gone, or came later", () => {
  const json = JSON.parse(JSON.stringify(models()[0]));
  const refuses = (change: (json: Record<string, unknown>) => void, message: RegExp) => {
    const copy = structuredClone(json);
    change(copy);
    const { message: said } = assertThrows(() => NNClassifier.fromJSON(copy), TypeError);
    assert(message.test(said), said);
  };
  refuses(
    ({ weights }) => (weights as { data: number[] }[])[1].data[0] += 2 ** -50,
    /^NNClassifier\.fromJSON: the part "weights" is damaged: its SHA-256 is [\da-f]{64}, not [\da-f]{64}$/,
  );
  refuses(({ params }) => (params as { l2: number }).l2 = 1, /the part "params" is damaged/);
  refuses((json) => delete json.velocity, /the part "velocity" is missing$/);
  refuses((json) => json.bestEpoch = 1, /the part "bestEpoch" was not saved with the others$/);
  refuses((json) => json.version = 3, /the part "version" is damaged/);
  refuses((json) => delete json.sha256, /the file lacks the SHA-256 of its parts, got undefined$/);
  refuses(
    (json) => Object.assign(json, { constructor: 1 }),
    /the part "constructor" was not saved with the others$/,
  );
  refuses(
    (json) => json.sha256 = { ...json.sha256 as object, toString: "00" },
    /the part "toString" is missing$/,
  );
  refuses(
    (json) => json.sha256 = { ...json.sha256 as object, version: { toString: 1 } },
    /the part "version" is damaged: its SHA-256 is [\da-f]{64}, not an object \(Object\)$/,
  );
  refuses(
    ({ weights }) => (weights as { data: unknown[] }[])[1].data[0] = { toString: 1 },
    /the part "weights" is damaged/,
  );
  const pipeline = JSON.parse(JSON.stringify(models().find((model) => model instanceof Pipeline)));
  const [vectorizer, scaler] = JSON.parse(JSON.stringify(models()[2])).steps;
  const Scaler = [MinMaxScaler, StandardScaler].find(({ name }) => scaler.format.endsWith(name))!;
  for (const [Class, json] of [[TableVectorizer, vectorizer], [Scaler, scaler]] as const) {
    delete json.sha256;
    const message = `${Class.name}.fromJSON: the file lacks the SHA-256 of its parts`;
    assertThrows(() => Class.fromJSON(json), TypeError, message);
  }
  delete pipeline.sha256; // of the first version that has them
  assertThrows(
    () => Pipeline.fromJSON(pipeline),
    TypeError,
    "Pipeline.fromJSON: the file lacks the SHA-256 of its parts, got undefined",
  );
  refuses((json) => json.sha256 = null, /the file lacks the SHA-256 of its parts, got null$/);
});

Deno.test("a part without a value has no checksum, and only matrices are hashed by their numbers", () => {
  const json = { a: 1, b: undefined }, copy = JSON.parse(JSON.stringify(withChecksums(json)));
  assertEquals(Object.keys(copy.sha256), ["a"]);
  assertEquals(withChecksums(copy), copy);
  const sums = [{ data: [1], shape: [1], k: 1 }, { data: [1], shape: [1], k: 2 }].map((part) =>
    withChecksums({ part }).sha256.part
  );
  assertNotEquals(sums[0], sums[1]);
});

Deno.test("a part is hashed as its JSON, with their hashes in place of a matrix's elements and of a step", () => {
  const numbers = sha256(Float64Array.of(1, -0, NaN)), encoder = new TextEncoder();
  const json = {
    text: "é",
    weights: [{ shape: [1, 3], dtype: "float64", data: [1, "-0", "NaN"] }],
    steps: [{ format: "any", sha256: { format: "00" } }],
  };
  const texts = {
    text: '"é"',
    weights: `[{"shape":[1,3],"dtype":"float64","sha256":"${numbers}"}]`,
    steps: '[{"format":"00"}]',
  };
  assertEquals(
    Object.entries(withChecksums(json).sha256),
    Object.entries(texts).map(([part, text]) => [part, sha256(encoder.encode(text))]),
  );
});

Deno.test("a file that is nested more deeply than any model is refused by name", () => {
  const json = JSON.parse(JSON.stringify(models()[0]));
  let deep: unknown = [];
  for (let i = 0; i < 20_000; i++) deep = [deep];
  assertThrows(
    () => NNClassifier.fromJSON({ ...json, weights: deep }),
    TypeError,
    "NNClassifier.fromJSON: the file is nested more deeply than any model",
  );
  assertThrows(() => NNClassifier.fromJSON({ ...json, weights: 1n }), TypeError, "BigInt");
});

Deno.test("models of older versions, which have no checksums, are read", () => {
  const strip = (json: unknown): unknown =>
    JSON.parse(JSON.stringify(json), (key, value) => key === "sha256" ? undefined : value);
  const [net, , pipeline] = models();
  const old = { ...strip(net) as object, version: 3 };
  assertEquals(JSON.stringify(NNClassifier.fromJSON(old as never)), JSON.stringify(net));
  const { steps, ...rest } = strip(pipeline) as { steps: { version: number }[] };
  const versions = [1, 1, 3];
  const oldSteps = steps.map((step, i) => ({ ...step, version: versions[i] }));
  const read = Pipeline.fromJSON({ ...rest, version: 2, steps: oldSteps } as never);
  assertEquals(JSON.stringify(read), JSON.stringify(pipeline));
});

Deno.test("a file that claims more weights than it has takes no memory for them", () => {
  const text = JSON.stringify(new NNClassifier({ nFeatures: 2, nClasses: 2, nHiddenUnits: 1 }));
  const { sha256: _, ...json } = JSON.parse(text);
  const before = Deno.memoryUsage().rss;
  for (const nHiddenUnits of [67_000_000, [8000, 8000], 2 ** 31]) {
    const liar = { ...json, version: 3, params: { ...json.params, nHiddenUnits } };
    assertThrows(() => NNClassifier.fromJSON(liar), Error);
    assertThrows(() => NNClassifier.fromJSON({ ...liar, weights: [] }), Error);
    const shapes = [{ shape: [67_000_000, 3], dtype: "float64", data: [] }, json.weights[1]];
    assertThrows(() => NNClassifier.fromJSON({ ...liar, weights: shapes as never }), Error);
  }
  assert(Deno.memoryUsage().rss - before < 2 ** 26, "64 MiB"); // the weights would take more than 1,500
});
