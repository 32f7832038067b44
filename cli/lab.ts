/**
 * `deno task lab`: installs the Deno kernel's specification for Jupyter, and opens JupyterLab in the project's folder.
 *
 * The kernel is Deno's own (`deno jupyter`). Its specification is written here since Deno's lacks one line: with
 * `interrupt_mode: message` the Stop button stops a cell; without it, it kills the kernel and all that was computed.
 */

import { fromFileUrl, join } from "@std/path";
import { rethrowUnless } from "../lib/errors.ts";
import { runCommand } from "./shared/command.ts";
import { flag, type Parsed, UsageError } from "./shared/options.ts";

/** What Jupyter is told about the kernel. */
const SPECIFICATION = {
  argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
  display_name: "Deno",
  language: "typescript",
  interrupt_mode: "message",
};

/** The notebook that is opened first. */
const FIRST = "notebooks/01_background.ipynb";

const OPTIONS = {
  noOpen: flag("install the kernel, and open nothing"),
  allowRoot: flag("let JupyterLab run as root, as in a container"),
};

async function main({ noOpen, allowRoot }: Parsed<typeof OPTIONS>): Promise<number> {
  const folder = join(dataFolder(), "kernels", "deno");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    join(folder, "kernel.json"),
    JSON.stringify(SPECIFICATION, null, 2) + "\n",
  );
  console.error(`The Deno kernel is installed in ${folder}.`);
  if (noOpen) return 0;
  if (!allowRoot && Deno.build.os !== "windows" && Deno.uid() === 0) {
    throw new UsageError(
      "JupyterLab does not run as root unless it is told to: deno task lab --allow-root, or another user",
    );
  }
  // from the project's folder, so that lib/ can be browsed; the kernel still runs in the notebook's
  const root = fromFileUrl(new URL("../", import.meta.url));
  const args = ["lab", `--ServerApp.root_dir=${root}`, `--LabApp.default_url=/lab/tree/${FIRST}`];
  if (allowRoot) args.push("--allow-root");
  const wait = () => {}; // Ctrl-C is for JupyterLab, which asks whether it is meant
  Deno.addSignalListener("SIGINT", wait);
  try {
    const { code } = await new Deno.Command("jupyter", { args }).spawn().status;
    return code;
  } catch (error) {
    rethrowUnless(error, Deno.errors.NotFound);
    throw new Error("JupyterLab is not there; to get it: pip install jupyterlab");
  } finally {
    Deno.removeSignalListener("SIGINT", wait);
  }
}

/** Where Jupyter looks for what a user installed. */
function dataFolder(): string {
  const set = Deno.env.get("JUPYTER_DATA_DIR");
  if (set) return set;
  // deno-coverage-ignore-start -- of three systems the tests run on one
  const { os } = Deno.build;
  const home = Deno.env.get("HOME") || Deno.env.get("USERPROFILE");
  const data = os === "windows"
    ? Deno.env.get("APPDATA") || home
    : os === "darwin"
    ? home && join(home, "Library")
    : Deno.env.get("XDG_DATA_HOME") || (home && join(home, ".local", "share"));
  if (!data) {
    throw new UsageError(
      "no HOME says where the kernel is to be installed: set it, or JUPYTER_DATA_DIR",
    );
  }
  return join(data, os === "darwin" ? "Jupyter" : "jupyter");
  // deno-coverage-ignore-stop
}

await runCommand({
  name: "lab",
  summary: "Installs the Deno kernel for Jupyter and opens JupyterLab on the notebooks.",
  options: OPTIONS,
  notes: ["JupyterLab is not part of this project: pip install jupyterlab"],
  main,
});
