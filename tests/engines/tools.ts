/** The engines and bundlers of `deno task engines`: where they come from, and how each runs the program. */

import { basename, dirname, fromFileUrl, join, toFileUrl } from "@std/path";
import type { Report } from "./program.ts";

/** The platform, as npm packages of binaries name it: "linux-x64". */
const PLATFORM = `${Deno.build.os}-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;

/** Everything that comes from npm, in exactly these versions, and the file of it that is run. */
const PACKAGES = {
  "node20": { name: `node-${PLATFORM}`, version: "20.20.2", file: "bin/node" },
  "node26": { name: `node-${PLATFORM}`, version: "26.10.0", file: "bin/node" },
  "bun": {
    name: `@oven/bun-${PLATFORM.replace("arm64", "aarch64")}`,
    version: "1.4.5",
    file: "bin/bun",
  },
  "esbuild": { name: "esbuild", version: "0.28.2", file: "bin/esbuild" },
  // of the newest ones not all optional packages could be had, without which Deno does not install
  "rollup": { name: "rollup", version: "4.67.4", file: "dist/bin/rollup" },
  "vite7": { name: "vite", version: "7.3.8", file: "bin/vite.js" },
  "vite8": { name: "vite", version: "8.3.8", file: "bin/vite.js" },
  "denoArm64": { name: "@deno/linux-arm64-glibc", version: "2.9.5", file: "deno" },
} as const;

type Package = keyof typeof PACKAGES;

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const PROGRAM = fromFileUrl(new URL("program.ts", import.meta.url));

/** A bundler, and how it makes `out/program.mjs`, all else being as it comes. */
export interface Bundler {
  readonly name: string;
  /** Where it comes from; Deno's own comes with Deno. */
  readonly key?: Package;
  readonly args: readonly string[];
  /** The text of its `config.mjs`. */
  readonly config?: string;
}

/** Deno's own bundler. */
export const DENO_BUNDLE: Bundler = {
  name: "deno bundle",
  args: ["bundle", "--no-config", "--platform=browser", "--output=out/program.mjs", PROGRAM],
};

const VITE = {
  args: ["build", "--config=config.mjs", "--outDir=out"],
  config: `const output = { entryFileNames: "program.mjs" };
    export default { build: { rollupOptions: { input: ${JSON.stringify(PROGRAM)}, output } } };`,
};

/** All bundlers. */
export const BUNDLERS: readonly Bundler[] = [
  DENO_BUNDLE,
  packaged("esbuild", { args: ["--bundle", "--format=esm", "--outfile=out/program.mjs", PROGRAM] }),
  packaged("rollup", { // it reads JavaScript alone
    args: ["--config=config.mjs", "--file=out/program.mjs", PROGRAM],
    config: `import { stripTypeScriptTypes } from "node:module";
      export default { plugins: [{ name: "strip", transform: (code) => stripTypeScriptTypes(code) }] };`,
  }),
  packaged("vite7", VITE),
  packaged("vite8", VITE),
];

function packaged(key: Package, bundler: Omit<Bundler, "name">): Bundler {
  return { name: `${PACKAGES[key].name} ${PACKAGES[key].version}`, key, ...bundler };
}

const CHROMIUMS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** For a browser without a window. */
export const CHROMIUM_ARGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  ...["--no-first-run", "--disable-extensions"],
];

/** A page reports whatever goes wrong before the program can. */
const REPORT_ERRORS = `<!DOCTYPE html><meta charset="utf-8"><script>
  const fail = (error) => fetch("/report", { method: "POST", body: JSON.stringify({ error }) });
  onerror = fail;
</script>`;
const PAGE = `${REPORT_ERRORS}
<script type="module" src="out/program.mjs" onerror="fail('out/program.mjs does not load')"></script>`;
const WORKER_PAGE = `${REPORT_ERRORS}
<script>new Worker("out/program.mjs", { type: "module" }).onerror = ({ message }) =>
  fail(message ?? "out/program.mjs does not load");</script>`;

/** With these headers a page is cross-origin isolated, and its workers can share memory. */
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Enough for a slow machine, in milliseconds: a download, a run. */
const DOWNLOAD_TIME = 300_000, RUN_TIME = 120_000;

/** Something cannot be had on this machine: no failure of ours. */
export class UnavailableError extends Error {
  override name = "UnavailableError";
}

/** The engine's own version, and what the program reports from there. */
export interface Answer {
  readonly version: string;
  readonly report: Report | { readonly error: string };
}

/** Runs a command and gives its stdout. Throws {@linkcode UnavailableError} where there is no such command. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env, time = RUN_TIME }: { cwd?: string; env?: Record<string, string>; time?: number } = {},
): Promise<string> {
  const signal = AbortSignal.timeout(time);
  const options = { args: [...args], cwd, env: { ...env, NO_COLOR: "1" }, signal };
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(command, options).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UnavailableError(`${command} is not on the PATH`);
  }
  const decoder = new TextDecoder();
  if (output.success) return decoder.decode(output.stdout);
  if (signal.aborted) throw new Error(`${command} did not end within ${time / 1000} s`);
  const lines = decoder.decode(output.stderr).trim().split(/\s*\n\s*/);
  const first = lines.findIndex((line) => /error/i.test(line)); // progress comes before it, a stack trace after it
  throw new Error(lines.slice(first).slice(0, 2).join(" "));
}

/** The version that a command prints. Throws {@linkcode UnavailableError} where it does not even do that. */
export async function versionOf(command: string): Promise<string> {
  const text = await run(command, ["--version"]).catch((error) => {
    if (error instanceof UnavailableError) throw error;
    throw new UnavailableError(`${command} does not run here: ${error.message}`);
  });
  return text.match(/\d+(\.\d+)+/)?.[0] ?? "";
}

/** The value of a key, made when it is first asked for. */
function once<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  if (!known.has(key)) known.set(key, make());
  return known.get(key)!;
}

const installed = new Map<Package, Promise<string>>();

/** The file of a package, which is installed into the cache unless it is there. It is tried once. */
export function install(cache: string, key: Package): Promise<string> {
  return once(installed, key, () => installAnew(cache, key));
}

async function installAnew(cache: string, key: Package): Promise<string> {
  const { name, version, file } = PACKAGES[key];
  const folder = join(cache, `${name.replace("/", "+")}-${version}`);
  const path = join(folder, "node_modules", name, file);
  if (await Deno.stat(path).then(() => true, () => false)) return path;
  await Deno.mkdir(folder, { recursive: true });
  const dependencies = { [name]: version };
  const overrides = { rollup: PACKAGES.rollup.version }; // Vite 7 asks for any 4.x
  await Deno.writeTextFile(
    join(folder, "package.json"),
    JSON.stringify({ dependencies, overrides }),
  );
  await run(Deno.execPath(), ["install"], { cwd: folder, time: DOWNLOAD_TIME })
    .then(() => Deno.stat(path))
    .catch((error) => {
      throw new UnavailableError(`npm:${name}@${version} cannot be had: ${error.message}`);
    });
  return path;
}

/** The engines and bundlers, with a folder for what they make and a server for what they load. */
export class Tools {
  /** Where packages stay from run to run. */
  readonly #cache: string;
  readonly #folder = Deno.makeTempDirSync({ prefix: "nn-engines-" });
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#respond(request),
  );
  readonly #bundles = new Map<Bundler, Promise<string>>();
  /** Takes the report of the page that is open. */
  #receive: (text: string) => void = () => {};

  /** @param cache The folder where packages stay from run to run. */
  constructor(cache: string) {
    this.#cache = cache;
  }

  /** Ends the server and removes what was made. */
  async close(): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.#folder, { recursive: true }).catch(() => {}); // a browser may still write
  }

  /** A file beside this one, or a URL, in Deno with an empty cache and no permission but those of `flags`. */
  inDeno(source: string, ...flags: readonly string[]): Promise<Answer> {
    const { href } = new URL(source, import.meta.url);
    const args = ["run", "--quiet", "--no-config", "--no-prompt", ...flags, href];
    return this.#run(Deno.execPath(), args, { DENO_DIR: join(this.#folder, "deno") });
  }

  /** A file in Deno that imports the program by URL, with the permission for it. */
  async inDenoByUrl(): Promise<Answer> {
    const file = join(this.#folder, "by_url.ts");
    await Deno.writeTextFile(file, `import "${this.#url}/tests/engines/program.ts";`);
    return this.inDeno(toFileUrl(file).href, "--allow-import=127.0.0.1");
  }

  /** The program, or a bundle of it, in an engine; "node" is the one on the PATH. */
  async inEngine(engine: Package | "node", bundler?: Bundler): Promise<Answer> {
    const command = engine === "node" ? engine : await install(this.#cache, engine);
    return this.#run(command, [bundler ? await this.#bundle(bundler) : PROGRAM]);
  }

  /** A bundle in a page of Chromium, or in a worker of the page, which is cross-origin isolated or not. */
  async inChromium(bundler: Bundler, { worker = false, isolated = false } = {}): Promise<Answer> {
    const { command, version } = await findChromium();
    const folder = dirname(dirname(await this.#bundle(bundler)));
    await Deno.writeTextFile(join(folder, "page.html"), worker ? WORKER_PAGE : PAGE);
    const path = `${isolated ? "/isolated" : ""}/built/${basename(folder)}/page.html`;
    const reported = new Promise<string>((resolve) => this.#receive = resolve);
    const profile = await Deno.makeTempDir({ dir: this.#folder });
    const browser = new Deno.Command(command, {
      args: [...CHROMIUM_ARGS, `--user-data-dir=${profile}`, `${this.#url}${path}`],
      env: { TMPDIR: profile },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const timer = setTimeout(() => browser.kill("SIGKILL"), RUN_TIME);
    const ended = browser.status.then(() => "");
    const text = await Promise.race([reported, ended]);
    clearTimeout(timer);
    if (text === "") {
      throw new Error(`no report came within ${RUN_TIME / 1000} s, or Chromium ended`);
    }
    browser.kill("SIGKILL");
    await ended;
    return { version, report: JSON.parse(text) };
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async #run(command: string, args: readonly string[], env = {}): Promise<Answer> {
    const version = await versionOf(command);
    return { version, report: JSON.parse(await run(command, args, { cwd: this.#folder, env })) };
  }

  /** The file that a bundler makes of the program, once. */
  #bundle(bundler: Bundler): Promise<string> {
    return once(this.#bundles, bundler, () => this.#makeBundle(bundler));
  }

  async #makeBundle({ name, key, args, config = "" }: Bundler): Promise<string> {
    const cwd = join(this.#folder, name.replace(" ", "-"));
    await Deno.mkdir(cwd);
    await Deno.writeTextFile(join(cwd, "config.mjs"), config);
    if (key) {
      const script = await install(this.#cache, key);
      await run(Deno.execPath(), ["run", "--quiet", "--allow-all", script, ...args], { cwd });
    } else {
      // the first time, Deno downloads its bundler
      await run(Deno.execPath(), ["bundle", "--output=empty.mjs", "config.mjs"], { cwd })
        .catch(({ message }) => {
          throw new UnavailableError(`${name} cannot be had: ${message}`);
        });
      await run(Deno.execPath(), args, { cwd });
    }
    return join(cwd, "out", "program.mjs");
  }

  /** Sources as hosts of raw files send them, bundles and their pages, and what a page reports. */
  async #respond(request: Request): Promise<Response> {
    if (request.method === "POST") {
      this.#receive(await request.text());
      return new Response();
    }
    const [, isolated, built, path] = new URL(request.url).pathname
      .match(/^(\/isolated)?(\/built)?\/(.*)$/)!;
    const type = { html: "text/html", mjs: "text/javascript" }[path.split(".").at(-1)!];
    const headers = { "content-type": type ?? "text/plain", ...isolated && ISOLATION };
    return await Deno.readFile(join(built ? this.#folder : ROOT, path)).then(
      (file) => new Response(file, { headers }),
      () => new Response("not found", { status: 404 }),
    );
  }
}

/** Chromium's command and version, or those of a browser of its kind. */
export async function findChromium(): Promise<{ command: string; version: string }> {
  for (const command of [Deno.env.get("CHROME") ?? [], CHROMIUMS].flat()) {
    const version = await versionOf(command).catch(() => "");
    if (version !== "") return { command: pathOf(command), version };
  }
  throw new UnavailableError("there is no Chromium on the PATH; the variable CHROME can name one");
}

/** Where a command is: not everyone looks through the PATH. */
function pathOf(command: string): string {
  const folders = (Deno.env.get("PATH") ?? "").split(Deno.build.os === "windows" ? ";" : ":");
  const isThere = (path: string) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  };
  return folders.map((folder) => join(folder, command)).find(isThere) ?? command;
}
