/** Where `deno task lab` installs the kernel; the kernel itself is tested in `notebooks_test.ts`. */

import { assertEquals } from "@std/assert";
import { ROOT } from "./train_command.ts";

/** What it says with these variables alone, and the files that it wrote into an empty folder that it was called in. */
async function install(env: Record<string, string>): Promise<[number, string, string[]]> {
  const cwd = await Deno.makeTempDir();
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--cached-only", `${ROOT}/cli/lab.ts`, "--no-open"],
      cwd,
      clearEnv: true,
      env: { DENO_DIR: cacheFolder, NO_COLOR: "1", ...env },
    }).output();
    const files = [...Deno.readDirSync(cwd)].map(({ name }) => name);
    return [code, new TextDecoder().decode(stderr), files];
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
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
