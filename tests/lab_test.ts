/** `deno task lab`: where it installs the kernel, what it needs, and what it says; the kernel itself is tested in `notebooks_test.ts`. */

import { assertEquals, assertMatch } from "@std/assert";
import { ROOT, runTask } from "./train_command.ts";

/** What it says with these variables alone, and the files that it wrote into an empty folder that it was called in. */
async function install(env: Record<string, string>): Promise<[number, string, string[]]> {
  const cwd = await Deno.makeTempDir();
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--cached-only", `${ROOT}/cli/lab.ts`, "--no-open"],
      cwd,
      clearEnv: true,
      env: { DENO_DIR: cacheFolder, NO_COLOR: "1", ...coverage, ...env },
    }).output();
    const files = [...Deno.readDirSync(cwd)].map(({ name }) => name);
    return [code, new TextDecoder().decode(stderr), files];
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
/** Where `deno task coverage` collects, if it runs. */
const DIR = Deno.env.get("DENO_COVERAGE_DIR");
const coverage: Record<string, string> = DIR ? { DENO_COVERAGE_DIR: DIR } : {};
const cacheFolder: string = JSON.parse(new TextDecoder().decode(info.stdout)).denoDir;

Deno.test({
  name: "lab installs the kernel into the user's folders, and nowhere without one",
  ignore: Deno.build.os === "windows" || Deno.build.os === "darwin", // which have others
  fn: async () => {
    const message = "lab: no HOME says where the kernel is to be installed: " +
      "set it, or JUPYTER_DATA_DIR\n";
    assertEquals(await install({}), [2, message, []]);
    assertEquals(await install({ HOME: "" }), [2, message, []]);
    const home = await Deno.makeTempDir();
    const folders: Record<string, Record<string, string>> = {
      [`${home}/.local/share/jupyter`]: { HOME: home },
      [`${home}/profile/.local/share/jupyter`]: {
        ...{ HOME: "", USERPROFILE: `${home}/profile`, XDG_DATA_HOME: "", JUPYTER_DATA_DIR: "" },
      },
      [`${home}/xdg/jupyter`]: { HOME: home, XDG_DATA_HOME: `${home}/xdg` },
      [`${home}/own`]: {
        HOME: home,
        XDG_DATA_HOME: `${home}/xdg`,
        JUPYTER_DATA_DIR: `${home}/own`,
      },
    };
    for (const [folder, env] of Object.entries(folders)) {
      const said = `The Deno kernel is installed in ${folder}/kernels/deno.\n`;
      assertEquals(await install(env), [0, said, []]);
      await Deno.stat(`${folder}/kernels/deno/kernel.json`);
    }
    await Deno.remove(home, { recursive: true });
  },
});

Deno.test("lab --help says what it does, and what it does not bring", async () => {
  const { code, stdout } = await runTask("lab", ["--help"]);
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^Installs the Deno kernel for Jupyter and opens JupyterLab on the notebooks\.\n\nUsage: deno task lab \[options\]\n/,
  );
  assertMatch(stdout, /--no-open +install the kernel, and open nothing\n/);
  assertMatch(stdout, /--allow-root +let JupyterLab run as root, as in a container\n/);
  assertMatch(stdout, /\n\nJupyterLab is not part of this project: pip install jupyterlab\n$/);
});

/** What `lab` says, with programs of a folder alone to be started. */
async function open(programs: string, ...args: string[]): Promise<[number, string, string]> {
  const home = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--cached-only", `${ROOT}/cli/lab.ts`, ...args],
      env: { JUPYTER_DATA_DIR: home, PATH: programs, NO_COLOR: "1" },
    }).output();
    const [said, printed] = [stderr, stdout].map((bytes) => new TextDecoder().decode(bytes));
    return [code, said.split("\n").slice(1).join("\n"), printed];
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test({
  name:
    "lab opens JupyterLab in the project's folder, ends with its code, and says where to get it",
  ignore: Deno.build.os === "windows", // where a script is no program
  fn: async () => {
    const programs = await Deno.makeTempDir();
    const none = "lab: JupyterLab is not there; to get it: pip install jupyterlab\n";
    assertEquals(await open(programs, "--allow-root"), [1, none, ""]);
    // Ctrl-C is for JupyterLab alone
    const script = '#!/bin/sh\nkill -INT $PPID\necho "$@"\nexit 7\n';
    await Deno.writeTextFile(`${programs}/jupyter`, script, { mode: 0o755 });
    const called = `lab --ServerApp.root_dir=${ROOT} ` +
      "--LabApp.default_url=/lab/tree/notebooks/01_background.ipynb";
    assertEquals(await open(programs, "--allow-root"), [7, "", `${called} --allow-root\n`]);
    assertEquals(
      await open(programs),
      Deno.uid() === 0
        ? [
          2,
          "lab: JupyterLab does not run as root unless it is told to: deno task lab --allow-root, or another user\n",
          "",
        ]
        : [7, "", `${called}\n`],
    );
    // that it may not be started is another matter
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-write", "--allow-env", "--allow-sys"]
        .concat(`${ROOT}/cli/lab.ts`, "--allow-root"),
      env: { JUPYTER_DATA_DIR: programs, PATH: programs, NO_COLOR: "1" },
    }).output();
    assertEquals(code, 1);
    assertMatch(new TextDecoder().decode(stderr), /\nlab: Requires run access to "jupyter"/);
    await Deno.remove(programs, { recursive: true });
  },
});
