/** `deno task web`: builds the site and serves it on localhost, or writes it into a folder for any host. */

import { join } from "@std/path";
import { fromWhereCalled, runCommand } from "../cli/command.ts";
import { type Parsed, text, wholeNumber } from "../cli/options.ts";
import { buildSite } from "./build.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".bin": "application/octet-stream",
};

/** Answers from a folder; only with files whose names it has, so no path leads out of it. */
export function serve(dir: string, port: number): Deno.HttpServer {
  return Deno.serve({ port, hostname: "127.0.0.1" }, async ({ url }) => {
    const { pathname } = new URL(url);
    const name = pathname.slice(1) + (pathname.endsWith("/") ? "index.html" : "");
    const type = TYPES[name.slice(name.lastIndexOf("."))];
    const file = type && await Deno.open(join(dir, name)).catch(() => undefined);
    return file
      ? new Response(file.readable, { headers: { "content-type": type } })
      : new Response("not found", { status: 404 });
  });
}

const OPTIONS = {
  build: text("DIR", undefined, "write a static site into this folder, for any host, and end"),
  port: wholeNumber(8000, "where it is served: http://localhost:N", { max: 65535 }),
};

async function main({ build, port }: Parsed<typeof OPTIONS>): Promise<number> {
  const dir = build === undefined
    ? await Deno.makeTempDir({ prefix: "nn-web-" })
    : fromWhereCalled(build);
  console.error(
    "Building the site: some seconds, more the first time, when its libraries are fetched …",
  );
  await buildSite(dir);
  if (build !== undefined) {
    console.error(`Written to ${dir}.`);
    return 0;
  }
  const server = serve(dir, port);
  console.error(`http://localhost:${port} shows it; Ctrl-C ends it.`);
  Deno.addSignalListener("SIGINT", () => server.shutdown());
  await server.finished;
  await Deno.remove(dir, { recursive: true });
  return 0;
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
