import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** What a project elsewhere would write: no import map, no file of ours but by URL. */
const script = (base: string) => `
import { Matrix, NNClassifier, RandomState, scale, shuffleData } from "${base}/lib/mod.ts";
import { loadMnist } from "${base}/lib/mnist.ts";

const { images, labels } = await loadMnist({ split: "test" });
const [X, y] = shuffleData(images, labels, { randomSeed: 42 });
const net = new NNClassifier({
  nFeatures: 784, nClasses: 10, nHiddenUnits: 20, l2: 0.5, epochs: 5, learningRate: 0.001, nBatches: 25,
});
net.fit(scale(X.slice(0, 200)), y.subarray(0, 200));
const m: Matrix = new RandomState(42).uniform(-1, 1, [2, 2]);
console.log(JSON.stringify({ shape: X.shape, errors: net.errors.length, first: m.at(0, 0) }));
`;

Deno.test("another project imports lib by URL, with an empty cache, and trains on MNIST", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      try {
        const file = await Deno.readFile(new URL(`.${new URL(request.url).pathname}`, ROOT));
        return new Response(file, { headers: { "content-type": "text/plain" } }); // as hosts of raw sources do
      } catch {
        return new Response("not found", { status: 404 });
      }
    },
  );
  const folder = await Deno.makeTempDir({ prefix: "nn-url-" });
  try {
    const path = `${folder}/project/main.ts`;
    await Deno.mkdir(`${folder}/project`);
    await Deno.writeTextFile(path, script(`http://127.0.0.1:${server.addr.port}`));
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--check",
        "--allow-read",
        "--allow-env",
        "--allow-import=127.0.0.1",
        path,
      ],
      cwd: `${folder}/project`,
      env: { DENO_DIR: `${folder}/cache`, NO_COLOR: "1" },
    }).output();
    assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
      shape: [10000, 784],
      errors: 5,
      first: -0.250919762305275,
    });
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

/** What a module imports, as it is written there. */
async function importsOf(file: URL): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--lock=dev.lock", "--json", file.href],
    cwd: ROOT,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const own = modules.find((m: { specifier: string }) => m.specifier === file.href);
  return (own.dependencies ?? []).map((d: { specifier: string }) => d.specifier);
}

Deno.test("the sources under lib/ import by relative paths, node: and pinned npm: alone", async () => {
  let count = 0;
  const check = async (dir: URL) => {
    for await (const { name, isDirectory } of Deno.readDir(dir)) {
      if (isDirectory) await check(new URL(`${name}/`, dir));
      if (!name.endsWith(".ts")) continue;
      count++;
      for (const specifier of await importsOf(new URL(name, dir))) {
        assertMatch(
          specifier,
          /^(\.{1,2}\/|node:|npm:(@[^@]+\/)?[^@]+@\d+\.\d+\.\d+(\/.+)?$)/,
          name,
        );
      }
    }
  };
  await check(new URL("lib/", ROOT));
  assert(count > 10);
});

Deno.test("the folders of cli/ import one way: shared none of the others, the others shared, and article training too", async () => {
  const rooms = { shared: [], notebook: ["shared"], predicting: ["shared"], training: ["shared"] };
  const allowed = Object.entries<string[]>({ ...rooms, article: ["shared", "training"] });
  for (const [room, others] of allowed) {
    const dir = new URL(`cli/${room}/`, ROOT);
    for await (const { name } of Deno.readDir(dir)) {
      for (const specifier of await importsOf(new URL(name, dir))) {
        const other = specifier.match(/^\.\.\/(?!\.\.\/)(.*)\/|^\.\.\/[^/.]/);
        assert(!other || others.includes(other[1]), `${room}/${name} imports ${specifier}`);
      }
    }
  }
});

Deno.test("mod.ts stands on files under lib/ alone: no package, and nothing that touches files, network or clock", async () => {
  const seen = new Set<string>();
  const visit = async (file: URL) => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    assertStringIncludes(file.href, new URL("lib/", ROOT).href);
    assert(
      !/\bDeno\.|\bfetch\(|performance\.|\bDate\b/.test(code(await Deno.readTextFile(file))),
      file.href,
    );
    for (const specifier of await importsOf(file)) {
      assertMatch(specifier, /^\.{1,2}\//);
      await visit(new URL(specifier, file));
    }
  };
  await visit(new URL("lib/mod.ts", ROOT));
  assert(seen.size > 10);
});

/** A source without its comments and strings. */
function code(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"/g, "");
}
