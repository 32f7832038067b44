/** The page of `web/`: the site that is built, what is served, and that it loads in a browser. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { buildSite } from "../web/build.ts";
import { readDigits, writeDigits } from "../web/models.ts";
import { serve } from "../web/serve.ts";
import { Matrix } from "../lib/mod.ts";
import { CHROMIUM_ARGS, findChromium, UnavailableError } from "./engines/tools.ts";
import { runTask } from "./train_command.ts";

const site = await Deno.makeTempDir({ prefix: "nn-site-" });
await buildSite(site);
globalThis.addEventListener("unload", () => Deno.removeSync(site, { recursive: true }));

/** All files of the site, by their names. */
function filesOf(folder: string, prefix = ""): Map<string, Uint8Array> {
  const entries = [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? [...filesOf(join(folder, name), `${prefix}${name}/`)]
      : [[`${prefix}${name}`, Deno.readFileSync(join(folder, name))] as [string, Uint8Array]]
  );
  return new Map(entries);
}

Deno.test("the site is small, keeps all of its files for when there is no network, and asks no other host", () => {
  const files = filesOf(site), text = (name: string) => new TextDecoder().decode(files.get(name));
  const size = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  assert(size < 1.5e6, `${size} bytes`);
  const kept = JSON.parse(text("sw.js").match(/FILES = (\[.*?\]);/)![1]);
  assertEquals(kept, [...files.keys()].filter((name) => name !== "sw.js").sort());
  const policy =
    text("index.html").match(/http-equiv="Content-Security-Policy"\s+content="([^"]*)"/)![1];
  assertStringIncludes(policy, "default-src 'self'");
  for (const name of ["index.html", "style.css"]) {
    assertEquals(text(name).match(/\b(https?:)?\/\/[\w.]+/g), null, name);
  }
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

Deno.test("the page loads in Chromium: the networks answer, and the digits to choose are there", async () => {
  const browser = await findChromium().catch((error) => {
    if (error instanceof UnavailableError) return undefined;
    throw error;
  });
  if (!browser) return console.log("skipped: there is no Chromium");
  const server = serve(site, 0), { port } = server.addr as Deno.NetAddr;
  const profile = await Deno.makeTempDir({ prefix: "nn-profile-" });
  const { stdout } = await new Deno.Command(browser.command, {
    args: [
      ...CHROMIUM_ARGS,
      `--user-data-dir=${profile}`,
      ...["--virtual-time-budget=20000", "--dump-dom", `http://127.0.0.1:${port}/`],
    ],
    stdin: "null",
    stderr: "null",
  }).output();
  await server.shutdown();
  await Deno.remove(profile, { recursive: true }).catch(() => {}); // a browser may still write
  const dom = new TextDecoder().decode(stdout);
  assertMatch(dom, /Write a digit from 0 to 9\./);
  assertEquals(dom.match(/aria-label="a \d"/g)?.length, 30);
});

Deno.test("digits of one's own are a .npy file, and others are refused", () => {
  const X = Matrix.fromArray(Uint8Array.from({ length: 1568 }, (_, i) => i % 251), [2, 784]);
  const own = readDigits(writeDigits({ X, y: [3, 9] }), "own.npy");
  assertEquals([own.X.equals(X), own.X.dtype, own.y], [true, "uint8", [3, 9]]);
});

Deno.test("web --help names its options", async () => {
  const { code, stdout } = await runTask("web", ["--help"]);
  assertEquals(code, 0);
  for (const option of ["--build DIR", "--port N", "[8000]"]) assertStringIncludes(stdout, option);
});
