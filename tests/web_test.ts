/** The site of `web/`: what is built and what is served. `page_test.ts` has what it does in a browser. */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { joined, readNotebook } from "../cli/notebook/notebook.ts";
import unread from "../data/unread.json" with { type: "json" };
import { loadMnist } from "../lib/mnist.ts";
import { buildSite, filesOf } from "../web/build.ts";
import { readDigits, writeDigits } from "../web/models.ts";
import { serve } from "../web/serve.ts";
import { Matrix, Pipeline, writeNpy } from "../lib/mod.ts";
import { dataFolder } from "./helpers.ts";
import { runTask } from "./train_command.ts";

const site = await Deno.makeTempDir({ prefix: "nn-site-" });
await buildSite(site);
globalThis.addEventListener("unload", () => Deno.removeSync(site, { recursive: true }));

/** All files of the site, by their names. */
const read = () =>
  new Map(filesOf(site).map((name) => [name, Deno.readFileSync(join(site, name))]));

Deno.test("the page is small, is kept for when there is no network, and asks no other host", () => {
  const files = read(), text = (name: string) => new TextDecoder().decode(files.get(name));
  const ofPage = [...files.keys()].filter((name) => !/^(course|reference)\//.test(name));
  const size = ofPage.reduce((sum, name) => sum + files.get(name)!.length, 0);
  assert(size < 1.5e6, `${size} bytes`);
  const kept = JSON.parse(text("sw.js").match(/FILES = (\[.*?\]);/)![1]);
  assertEquals(kept.toSorted(), ofPage.filter((name) => name !== "sw.js").sort());
  const policy =
    text("index.html").match(/http-equiv="Content-Security-Policy"\s+content="([^"]*)"/)![1];
  assertEquals(
    policy,
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; object-src 'none'; " +
      "base-uri 'none'; form-action 'none'",
  );
  assertStringIncludes(
    text("course/02_xor.html"),
    `content="default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; ` +
      `object-src 'none'; base-uri 'none'; form-action 'none'"`,
  );
  for (const name of ["index.html", "style.css"]) {
    assertEquals(text(name).match(/\b(https?:)?\/\/[\w.]+/g), null, name);
  }
});

Deno.test("a site that is built again over an old one keeps no file of the old one for offline", async () => {
  const before = await Deno.readTextFile(join(site, "sw.js"));
  await Deno.writeTextFile(join(site, "chunk-OLD.js"), "");
  await buildSite(site);
  await Deno.remove(join(site, "chunk-OLD.js"));
  const files = (text: string) => text.match(/FILES = (\[.*?\]);/)![1];
  assertEquals(files(await Deno.readTextFile(join(site, "sw.js"))), files(before));
});

Deno.test("each chapter has a page with all of its cells and their outputs, and the reference is there", async () => {
  const files = read();
  for (const { name } of Deno.readDirSync(new URL("../notebooks", import.meta.url))) {
    if (!name.endsWith(".ipynb")) continue;
    const { cells } = await readNotebook(
      fromFileUrl(new URL(`../notebooks/${name}`, import.meta.url)),
    );
    const page = new TextDecoder().decode(files.get(`course/${name.replace(".ipynb", ".html")}`));
    const main = page.slice(page.indexOf("<main>"), page.indexOf("</main>"));
    const count = (part: string) => main.split(part).length - 1;
    const code = cells.filter((cell) => cell.cell_type === "code");
    const outputs = code.flatMap(({ outputs = [] }) => outputs);
    const ofType = (type: string) => outputs.filter((o) => "data" in o && type in o.data).length;
    assert(count('<pre class="code"') >= code.length, name); // in the text there may be more
    assertEquals(
      count('class="output"'),
      code.filter((cell) => cell.outputs!.length > 0).length,
      name,
    );
    assertEquals(count("data:image/png;base64"), ofType("image/png"), name);
    assertEquals(count('class="chart"'), ofType("application/vnd.vegalite.v5+json"), name);
    const formulas = cells.filter((cell) => cell.cell_type === "markdown")
      .flatMap((cell) => joined(cell.source).match(/\$\$[^]+?\$\$|(?<![\w$])\$[^$\n]+\$/g) ?? []);
    assertEquals(count("<math "), formulas.length, name);
  }
  assert(files.has("course/index.html"));
  assert(files.has("reference/index.html"));
  assert(files.has("reference/~/NNClassifier.html"));
});

Deno.test("the digits that no network of six reads are those of chapter 7", async () => {
  const notebook = await readNotebook(
    fromFileUrl(new URL("../notebooks/07_road_to_99.ipynb", import.meta.url)),
  );
  const said = JSON.stringify(notebook).match(/30 pictures of 28 x 28 pixels: ([^"]*?)\\?"/)![1];
  const model = await Deno.readTextFile(new URL("../data/models/digits.json", import.meta.url));
  const { images, labels } = await loadMnist({ split: "test" });
  const read = Pipeline.fromJSON(JSON.parse(model)).predict(images.take(unread.testDigits));
  assertEquals(unread.testDigits.map((i, k) => `${labels[i]} as ${read[k]}`).join(", "), said);
});

Deno.test("what is served is the site alone", async () => {
  const server = serve(site, 0), { port } = server.addr as Deno.NetAddr;
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    await response.body?.cancel();
    return [response.status, response.headers.get("content-type")];
  };
  assertEquals(await get("/"), [200, "text/html; charset=utf-8"]);
  assertEquals(await get("/main.js"), [200, "text/javascript; charset=utf-8"]);
  for (
    const path of [
      "/none.js",
      "/data",
      "/..%2f..%2fetc%2fpasswd",
      "/%2e%2e/deno.json",
      "//etc/passwd.js",
    ]
  ) {
    assertEquals((await get(path))[0], 404, path);
  }
  await server.shutdown();
});

/** The status of the answer to what is written to the port as it is, and the rest of the answer. */
async function answerTo(port: number, request: string): Promise<[status: number, text: string]> {
  using connection = await Deno.connect({ port, hostname: "127.0.0.1" });
  const bytes = Uint8Array.from(request, (char) => char.charCodeAt(0));
  const write = async () => {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  };
  const written = write().catch(() => {}); // it may have its answer before it has said all
  let text = "";
  const buffer = new Uint8Array(2 ** 16), decoder = new TextDecoder();
  try {
    for (let n; (n = await connection.read(buffer)) !== null;) {
      text += decoder.decode(buffer.subarray(0, n));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error; // after the answer
  }
  await written;
  return [Number(text.slice(9, 12)), text];
}

Deno.test("requests that lead out of the site, are too long or none at all have the right status, and the next one is served", async () => {
  const folder = await Deno.makeTempDir(), inside = join(folder, "site");
  await Deno.mkdir(join(inside, "folder.js"), { recursive: true });
  await Deno.writeTextFile(join(folder, "secret.js"), "SECRET");
  await Deno.writeTextFile(join(inside, "main.js"), "MAIN");
  await Deno.writeTextFile(join(inside, "secret.key"), "SECRET");
  if (Deno.build.os !== "windows") {
    await Deno.symlink(join(folder, "secret.js"), join(inside, "link.js"));
  }
  const server = serve(inside, 0), { port } = server.addr as Deno.NetAddr;
  const end = "Host: localhost\r\nConnection: close\r\n\r\n";
  const get = (path: string) => `GET ${path} HTTP/1.1\r\n${end}`;
  const outside = [
    ...[
      "/../secret.js",
      "/%2e%2e/secret.js",
      "/..%2fsecret.js",
      "/..\\secret.js",
      "/..%5csecret.js",
    ],
    ...["/folder.js/../../secret.js", "//../secret.js", `//${folder}/secret.js`, "/link.js"],
    ...["http://localhost/../secret.js", "/folder.js", "/secret.key", "/main.js%00.js", "/%zz.js"],
    ...["/main.js/", "/__proto__", "/constructor", `/${"a".repeat(60_000)}.js`],
  ];
  const cases: [request: string, status: number][] = [
    ...outside.map((path): [string, number] => [get(path), 404]),
    ...["POST /main.js", "DELETE /main.js", "OPTIONS *", "CONNECT localhost:1"]
      .map((start): [string, number] => [`${start} HTTP/1.1\r\n${end}`, 405]),
    [`POST / HTTP/1.1\r\nContent-Length: 5\r\n${end}hello`, 405],
    ["GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", 400],
    [get("/main\0.js"), 400],
    [get("/\xff.js"), 400],
    ["hello\r\n\r\n", 400],
    ["\x16\x03\x01\x02\0\r\n\r\n", 400],
    [`GET / HTTP/9.9\r\n${end}`, 400],
    [get(`/${"a".repeat(1e6)}`), 400],
    [`GET / HTTP/1.1\r\nX: ${"a".repeat(1e6)}\r\n${end}`, 400],
    [`GET / HTTP/1.1\r\n${"X: a\r\n".repeat(20_000)}${end}`, 400],
    [`POST / HTTP/1.1\r\nContent-Length: -1\r\n${end}`, 400],
    [`POST / HTTP/1.1\r\nContent-Length: ${"9".repeat(30)}\r\n${end}`, 400],
  ];
  using half = await Deno.connect({ port, hostname: "127.0.0.1" });
  await half.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: ")); // and no more
  for (const [request, status] of cases) {
    const [got, text] = await answerTo(port, request);
    assertEquals(got, status, request.slice(0, 80));
    assert(!text.includes("SECRET"));
  }
  assertMatch((await answerTo(port, get("/main.js?x#y")))[1], /\r\n\r\nMAIN$/);
  const [, head] = await answerTo(port, `HEAD /main.js HTTP/1.1\r\n${end}`);
  assertMatch(head, /content-length: 4\r\n[^]*\r\n\r\n$/i);
  await server.shutdown();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("digits of one's own are a .npy file, and others are refused", () => {
  const X = Matrix.fromArray(Uint8Array.from({ length: 1568 }, (_, i) => i % 251), [2, 784]);
  const own = readDigits(writeDigits({ X, y: [3, 9] }), "own.npy");
  assertEquals([own.X.equals(X), own.X.dtype, own.y], [true, "uint8", [3, 9]]);
  const refuses = (matrix: Matrix, message: string) =>
    assertThrows(() => readDigits(writeNpy(matrix), "own.npy"), Error, message);
  refuses(X, "own.npy should hold bytes, 785 a row: a label and 28 x 28 pixels");
  refuses(Matrix.zeros([1, 785]), "own.npy should hold bytes");
  refuses(
    Matrix.ones([1, 785]).multiply(10).astype("uint8"),
    "own.npy has labels that are no digits",
  );
  refuses(
    Matrix.zeros([501, 785]).astype("uint8"),
    "own.npy has 501 digits; this page learns 500 at most",
  );
});

Deno.test("a folder with other files, a file, and a port in use are refused before the building", async () => {
  using folder = dataFolder({ "notes.txt": new Uint8Array(1) });
  const refuses = async (args: string[], message: string) => {
    const { code, stderr } = await runTask("web", args, folder.path);
    assertEquals([code, stderr], [2, `web: ${message}\n`]);
  };
  await refuses(
    ["--build", "."],
    `--build: ${folder.path} has other files in it: choose an empty folder, or a new one`,
  );
  await refuses(["--build", "notes.txt"], `--build: ${folder.path}/notes.txt is no folder`);
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  await refuses(["--port", String(port)], `--port: ${port} is in use: choose another one`);
});

Deno.test("web --help names its options", async () => {
  const { code, stdout } = await runTask("web", ["--help"]);
  assertEquals(code, 0);
  for (const option of ["--build DIR", "--port N", "[8000]"]) assertStringIncludes(stdout, option);
});
