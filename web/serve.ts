/** `deno task web`: builds the site and serves it on localhost, or writes it into a folder for any host. */

import { join } from "@std/path";
import { fromWhereCalled, runCommand } from "../cli/shared/command.ts";
import { type Parsed, text, UsageError, wholeNumber } from "../cli/shared/options.ts";
import { buildSite, filesOf } from "./build.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".bin": "application/octet-stream",
};

/** A file of the site. */
interface File {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** Answers with the files that the folder has now, kept in memory: so no request leads out of it. */
export function serve(dir: string, port: number): Deno.HttpServer {
  const files = new Map(
    filesOf(dir).flatMap((name): [string, File][] => {
      const type = TYPES[name.slice(name.lastIndexOf("."))];
      return type ? [[`/${name}`, { bytes: Deno.readFileSync(join(dir, name)), type }]] : [];
    }),
  );
  return Deno.serve({ port, hostname: "127.0.0.1", onListen: () => {} }, ({ method, url }) => {
    if (method !== "GET" && method !== "HEAD") {
      return new Response("only GET and HEAD", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    if (!URL.canParse(url)) return new Response("no such host", { status: 400 });
    const { pathname } = new URL(url);
    const file = files.get(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    if (!file && files.has(`${pathname}/index.html`)) {
      return new Response(null, { status: 308, headers: { location: `${pathname}/` } });
    }
    return file
      ? new Response(file.bytes, { headers: { "content-type": file.type } })
      : new Response("not found", { status: 404 });
  });
}

const OPTIONS = {
  build: text("DIR", undefined, "write a static site into this folder, for any host, and end"),
  port: wholeNumber(8000, "where it is served: http://localhost:N", { max: 65535 }),
};

async function main({ build, port }: Parsed<typeof OPTIONS>): Promise<number> {
  const say =
    "Building the site: some seconds, more the first time, when its libraries are fetched …";
  if (build !== undefined) {
    const dir = fromWhereCalled(build);
    checkFolder(dir);
    console.error(say);
    await buildSite(dir);
    console.error(`Written to ${dir}.`);
    return 0;
  }
  checkPort(port);
  console.error(say);
  const dir = await Deno.makeTempDir({ prefix: "nn-web-" });
  let server;
  try {
    await buildSite(dir, { isKeptOffline: false }); // else it would answer on this port for other sites too
    server = serve(dir, port);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  console.error(`http://localhost:${port} shows it; Ctrl-C ends it.`);
  await server.finished;
  return 0;
}

/** Throws where a folder has other things than a site that was written before. */
function checkFolder(dir: string): void {
  try {
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name);
    if (names.length === 0 || ["sw.js", "course", "data"].every((name) => names.includes(name))) {
      return;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new UsageError(`--build: ${dir} is no folder`);
  }
  throw new UsageError(
    `--build: ${dir} has other files in it: choose an empty folder, or a new one`,
  );
}

/** Throws where the port is taken: before the building, not after it. */
function checkPort(port: number): void {
  try {
    Deno.listen({ port, hostname: "127.0.0.1" }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new UsageError(`--port: ${port} is in use: choose another one`);
  }
}

if (import.meta.main) {
  await runCommand({
    name: "web",
    summary:
      `Serves a page on which one writes digits, and watches networks read them and learn; and the course and
the reference as pages.`,
    options: OPTIONS,
    main,
  });
}
