/**
 * `deno task engines --arm64`: on ARM64, which QEMU emulates, the two standard runs of 50 units, with the bits of
 * `data/runs.json`, and the short forms of two presets, with those of `data/records.json`.
 */

import { fromFileUrl, join } from "@std/path";
import records from "../../data/records.json" with { type: "json" };
import { seconds } from "../../cli/shared/progress.ts";
import { SHORT } from "../../cli/training/presets.ts";
import { STANDARD_RUNS } from "../../cli/training/standard_runs.ts";
import { install, run, versionOf } from "./tools.ts";

const RESULT = new URL("../../bench/results/arm64.json", import.meta.url);
const TRAIN = fromFileUrl(new URL("../../cli/train.ts", import.meta.url));
const QEMU = "qemu-aarch64-static";
/** What Deno is linked to. */
const LIBRARIES = ["libc6", "libgcc-s1", "libstdc++6"];
/** A run takes minutes. In milliseconds. */
const TIME = 3_600_000;

/** Runs both, writes the result with its date and versions, and gives the exit code. */
export async function runArm64(cache: string): Promise<number> {
  const qemu = await versionOf(QEMU).catch(({ message }) => {
    throw new Error(`${message}: install it (Debian, Ubuntu: apt-get install qemu-user-static)`);
  });
  const deno = await install(cache, "denoArm64");
  const libraries = await unpackLibraries(join(cache, "arm64-libraries"));
  const emulated = (args: readonly string[]) =>
    run(QEMU, ["-L", libraries, deno, ...args], {
      env: { DENO_DIR: join(cache, "arm64-deno") }, // the compiled code that is kept there is for one processor
      time: TIME,
    });

  const jobs = [
    ...STANDARD_RUNS.slice(0, 2).map(({ name, settings, weightsSha256, predictionsSha256 }) => ({
      ...{ name, weightsSha256, predictionsSha256, args: settings.scale ? ["--scale"] : [] },
    })),
    ...(["nielsen", "distorted"] as const).map((preset) => ({
      name: `${preset}, ${SHORT.trainSize} digits, ${SHORT.epochs} epochs`,
      weightsSha256: records.presets[preset].short.weightsSha256,
      predictionsSha256: undefined, // the records have those of the long runs alone
      args: [
        "--preset",
        preset,
        "--train-size",
        `${SHORT.trainSize}`,
        "--epochs",
        `${SHORT.epochs}`,
      ],
    })),
  ];
  const runs = [];
  for (const { name, weightsSha256, predictionsSha256, args } of jobs) {
    const start = performance.now();
    const result = JSON.parse(
      await emulated([
        ...["run", "--quiet", "--allow-read", "--allow-write", "--allow-env"],
        ...[TRAIN, "--json", "--quiet", ...args],
      ]),
    );
    const time = (performance.now() - start) / 1000;
    const isSame = result.weightsSha256 === weightsSha256 &&
      (predictionsSha256 ?? result.predictionsSha256) === result.predictionsSha256;
    console.error(`${name}: ${isSame ? "same bits" : "OTHER BITS"} (${seconds(time)})`);
    runs.push({ name, weightsSha256: result.weightsSha256, isSame, seconds: Math.round(time) });
  }

  const versions = { deno: (await emulated(["--version"])).match(/\d+(\.\d+)+/)![0], qemu };
  const date = new Date().toISOString().slice(0, 10);
  await Deno.writeTextFile(RESULT, `${JSON.stringify({ date, versions, runs }, null, 1)}\n`);
  console.log("Written to bench/results/arm64.json.");
  return runs.every(({ isSame }) => isSame) ? 0 : 1;
}

/** A folder with the libraries of an ARM64 system, downloaded by an apt of its own: this system stays as it is. */
async function unpackLibraries(folder: string): Promise<string> {
  const root = join(folder, "root");
  if (await Deno.stat(root).then(() => true, () => false)) return root;
  for (const part of ["lists/partial", "archives/partial"]) {
    await Deno.mkdir(join(folder, part), { recursive: true });
  }
  const options = [
    ...["APT::Architecture=arm64", "APT::Architectures::=arm64", "APT::Sandbox::User="],
    ...[`Dir::State=${folder}`, "Dir::State::status=/dev/null", `Dir::Cache=${folder}`],
  ].flatMap((option) => ["-o", option]);
  await run("apt-get", [...options, "update"], { cwd: folder, time: TIME });
  await run("apt-get", [...options, "download", ...LIBRARIES], { cwd: folder, time: TIME });
  const packages = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  for (const name of packages.filter((name) => name.endsWith(".deb"))) {
    await run("dpkg", ["-x", join(folder, name), `${root}.part`]);
  }
  await Deno.rename(`${root}.part`, root);
  return root;
}
