/** Models in files: the old one or the new one, whole, whatever happens while it is written. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { readModel, writeModel } from "../cli/model_file.ts";
import { Matrix, NNClassifier } from "../lib/mod.ts";
import { dataFolder } from "./helpers.ts";

const X = Matrix.from([[0], [1]]);
const [old, anew] = [1, 2].map((randomSeed) =>
  new NNClassifier({ nHiddenUnits: 20, epochs: 2, randomSeed }).fit(X, [0, 1])
);

const namesIn = (path: string) => Array.from(Deno.readDirSync(path), ({ name }) => name);

Deno.test({
  name: "whoever reads a model's file while another model is saved there reads the old one, whole",
  ignore: Deno.build.os === "windows", // where a file that is open cannot be replaced
  async fn() {
    for (const name of ["model.json", "model.safetensors"]) {
      using folder = dataFolder({});
      const path = `${folder.path}/${name}`;
      await writeModel(path, old);
      const before = await Deno.readFile(path);
      using reader = await Deno.open(path);
      await writeModel(path, anew);
      assertEquals(await new Response(reader.readable).bytes(), before);
      assertEquals((await readModel(path, undefined)).predictProba(X), anew.predictProba(X));
      assertEquals(namesIn(folder.path), [name]);
    }
  },
});

Deno.test("a model that cannot be put in its place leaves the old one, and nothing else", async () => {
  using folder = dataFolder({});
  const path = `${folder.path}/model.json`;
  await writeModel(path, old);
  const before = await Deno.readFile(path), { rename } = Deno;
  let written: string[] = [];
  Deno.rename = () => {
    written = namesIn(folder.path);
    return Promise.reject(new Error("no room"));
  };
  try {
    await assertRejects(() => writeModel(path, anew), Error, "no room");
  } finally {
    Deno.rename = rename;
  }
  assert(written.length === 2, "it is written beside its place first");
  assertEquals(await Deno.readFile(path), before);
  assertEquals(namesIn(folder.path), ["model.json"]);
});
