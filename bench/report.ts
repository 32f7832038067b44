/** What a session of the benchmark says, as a table and as two figures. */

import { COLORS, type Figure, figure, hconcat, Plot } from "../lib/plot/mod.ts";
import { GROWTHS, JOBS } from "./jobs.ts";
import type { Measured, Raced, Session } from "./session.ts";

const find = (session: Session, job: string, side: string): Measured | undefined =>
  session.jobs.find((measured) => measured.job === job && measured.side === side);

/** Three digits, with the unit that fits. */
function duration(seconds: number): string {
  if (seconds < 1) return `${Number((1000 * seconds).toPrecision(3))} ms`;
  return `${Number(seconds.toPrecision(3))} s`;
}

/** All numbers of a session: `bench/results/table.md`. */
export function table(session: Session): Promise<string> {
  return formatted(rawTable(session));
}

/** The table that the README has. */
export function shortTable(session: Session): Promise<string> {
  const rows = JOBS.flatMap(({ id, title }) => {
    const ours = find(session, id, "ours"), numpy = find(session, id, "NumPy");
    if (!IN_SHORT.includes(id) || !ours || !numpy) return [];
    const ratio = times(numpy.seconds / ours.seconds);
    return [[title, duration(ours.seconds), duration(numpy.seconds), ratio]];
  });
  const ours = find(session, "main", "ours");
  const others = session.jobs
    .filter(({ job, side }) => job === "main" && side !== "ours" && !side.startsWith("NumPy"))
    .sort((a, b) => a.seconds - b.seconds)
    .map(({ side, seconds }) =>
      `${side.replace(" (float32)", "")} ${times(seconds / ours!.seconds)}`
    );
  return formatted([
    markdown(["job", "ours", "NumPy", ""], rows),
    "",
    `Medians on ${session.machine}, one thread each where nothing else is said. The main job takes ` +
    `others longer: ${others.join("; ")}.`,
  ].join("\n"));
}

const IN_SHORT = ["main", "whole", "standardised", "large", "predict", "dot"];

/** Markdown as `deno fmt` leaves it. */
async function formatted(markdown: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--no-config", "--line-width", "100", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { stdout } = await process.output();
  return new TextDecoder().decode(stdout).trim();
}

function rawTable(session: Session): string {
  const versus = ["NumPy", "NumPy, AVX2"].filter((side) =>
    session.jobs.some((measured) => measured.side === side)
  );
  const rows = JOBS.flatMap(({ id, title }) => {
    const ours = find(session, id, "ours");
    if (!ours) return [];
    const others = versus.flatMap((side) => {
      const other = find(session, id, side);
      return other ? [duration(other.seconds), times(other.seconds / ours.seconds)] : ["", ""];
    });
    const numpy = find(session, id, "NumPy");
    const memory = `${ours.peakMiB.toFixed(0)} MiB` +
      (numpy ? ` / ${numpy.peakMiB.toFixed(0)} MiB` : "");
    return [[title, duration(ours.seconds), ...others, memory]];
  });
  const header = [
    "job",
    "ours",
    ...versus.flatMap((side) => [side, ""]),
    "peak memory, ours / NumPy",
  ];
  const mainJob = session.jobs.filter(({ job, side }) => job === "main" && side !== "ours");
  const ours = find(session, "main", "ours");
  const peers = ours
    ? mainJob.filter(({ side }) => !versus.includes(side)).sort((a, b) => a.seconds - b.seconds)
      .map(({ side, seconds, peakMiB, extrapolatedFrom }) => [
        side + (extrapolatedFrom ? ` (extrapolated from ${extrapolatedFrom} epochs)` : ""),
        duration(seconds),
        times(seconds / ours.seconds),
        `${peakMiB.toFixed(0)} MiB`,
      ])
    : [];
  const versions = Object.entries(session.versions).map(([name, version]) => `${name} ${version}`);
  return [
    markdown(header, rows),
    ...(peers.length > 0
      ? ["", markdown(["the main job, others", "time", "ours is", "peak memory"], peers)]
      : []),
    ...raceTable(session),
    "",
    `Medians on ${session.machine}; ${
      versions.join(", ")
    }. One thread each where nothing else is said. ` +
    `dot reaches ${dotSpeed(session)} of the ${session.peak.toFixed(1)} GF/s that a core can ` +
    "multiply and add in 128-bit vectors.",
  ].join("\n");
}

/** Who comes to 98.0 %, and when. */
function raceTable({ race }: Session): string[] {
  if (race.length === 0) return [];
  const rows = race.map((raced) => [
    `${raced.side}, ${raced.threads === 1 ? "one thread" : `${raced.threads} threads`}`,
    raced.reached === raced.seeds ? duration(raced.seconds) : `${raced.reached} of ${raced.seeds}`,
    `${duration(raced.fastest)} to ${duration(raced.slowest)}`,
    String(raced.epochs),
    times(raced.seconds / opponent(race, raced).seconds),
    duration(raced.sameEpoch),
    `${raced.peakMiB.toFixed(0)} MiB`,
  ]);
  const header = [
    "98.0 % of MNIST's test digits, the whole process",
    ...["time", "of the seeds", "epochs", "time / ours", "an epoch of 784-256-10", "peak memory"],
  ];
  return ["", markdown(header, rows)];
}

/** Ours with as many threads. */
function opponent(race: readonly Raced[], { threads }: Raced): Raced {
  return race.find((raced) => raced.side === "ours" && raced.threads === threads)!;
}

function dotSpeed(session: Session): string {
  const dot = find(session, "dot", "ours");
  if (!dot) return "?";
  const speed = 2 * 1024 ** 3 / dot.seconds / 1e9;
  return `${speed.toFixed(1)}, ${(100 * speed / session.peak).toFixed(0)} %,`;
}

function times(ratio: number): string {
  return ratio >= 100 ? `${Math.round(ratio)} x` : `${ratio.toPrecision(2)} x`;
}

function markdown(header: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

const SIDES = { ours: COLORS.orange, "NumPy": COLORS.blue, "NumPy, AVX2": COLORS.cyan } as const;

/** The main job by everyone who does it; and every job, ours and NumPy's. */
export function speedFigure(session: Session): Figure {
  const main = session.jobs.filter(({ job }) => job === "main").sort((a, b) =>
    a.seconds - b.seconds
  );
  const everyone = figure({
    title: "The main job, seconds (logarithmic)",
    width: 620,
    height: 330,
    marginLeft: 200,
    marginRight: 60,
    x: {
      type: "log",
      label: "seconds",
      grid: true,
      ticks: [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500],
      tickFormat: String,
    },
    y: { label: null, domain: main.map(({ side }) => side), padding: 0.25 },
    marks: [
      Plot.ruleY(main, {
        y: "side",
        x1: Math.min(...main.map(({ seconds }) => seconds)) / 1.5,
        x2: "seconds",
        stroke: "#ddd",
        strokeWidth: 1,
      }),
      Plot.dot(main, {
        y: "side",
        x: "seconds",
        r: 6,
        fill: ({ side }: Measured) => side === "ours" ? COLORS.orange : COLORS.blue,
      }),
      Plot.text(main, {
        y: "side",
        x: "seconds",
        text: ({ seconds }: Measured) => duration(seconds),
        dx: 12,
        textAnchor: "start",
      }),
    ],
  });
  const jobs = JOBS.filter(({ id }) => find(session, id, "NumPy") && find(session, id, "ours"));
  const ratios = jobs.flatMap(({ id }) =>
    ["NumPy", "NumPy, AVX2"].flatMap((side) => {
      const other = find(session, id, side);
      return other ? [{ id, side, ratio: other.seconds / find(session, id, "ours")!.seconds }] : [];
    })
  );
  const names: Record<string, string> = {
    "large": "large, two threads",
    "large-1": "large, one thread",
    "whole": "whole process",
    "wide": "250 units",
  };
  const named = ratios.map((ratio) => ({ ...ratio, name: names[ratio.id] ?? ratio.id }));
  const against = figure({
    title: "How many times as fast as NumPy",
    width: 560,
    height: 330,
    marginLeft: 140,
    marginRight: 50,
    key: {
      "NumPy": SIDES["NumPy"],
      ...(named.some(({ side }) => side === "NumPy, AVX2")
        ? { "NumPy, AVX2": SIDES["NumPy, AVX2"] }
        : {}),
    },
    x: {
      label: "times as fast",
      grid: true,
      domain: [0, Math.max(...named.map(({ ratio }) => ratio)) * 1.5],
    },
    y: { label: null, domain: [...new Set(named.map(({ name }) => name))], padding: 0.25 },
    marks: [
      Plot.ruleX([1], { stroke: "#888", strokeDasharray: "4 3" }),
      Plot.dot(named, {
        y: "name",
        x: "ratio",
        r: 6,
        fill: ({ side }: { side: keyof typeof SIDES }) => SIDES[side],
      }),
      Plot.text(named.filter(({ side }) => side === "NumPy"), {
        y: "name",
        x: "ratio",
        text: ({ ratio }: { ratio: number }) => ratio.toPrecision(2),
        dy: -12,
      }),
    ],
  });
  return hconcat([everyone, against], { title: "Speed, ours and others'" });
}

/** How long each side takes to 98.0 %, with one thread and with two. */
export function raceFigure({ race }: Session): Figure {
  const sides = race.toSorted((a, b) => a.seconds - b.seconds).map((raced) => ({
    ...raced,
    name: `${raced.side}, ${raced.threads}`,
    fill: raced.side === "ours" ? COLORS.orange : COLORS.blue,
  }));
  const domain = [
    Math.min(...race.map(({ fastest }) => fastest)) / 1.2,
    Math.max(...race.map(({ slowest }) => slowest)) * 1.2,
  ];
  return figure({
    title: "Seconds to 98.0 % of MNIST's test digits, by threads (logarithmic)",
    width: 760,
    height: 60 + 30 * sides.length,
    marginLeft: 210,
    marginRight: 60,
    x: {
      type: "log",
      domain,
      label: "seconds, the whole process: the median of the seeds, and all of them",
      grid: true,
      ticks: [1, 2, 5, 10, 20, 50, 100].filter((x) => x > domain[0] && x < domain[1]),
      tickFormat: String,
    },
    y: { label: null, domain: sides.map(({ name }) => name), padding: 0.25 },
    marks: [
      Plot.ruleY(sides, {
        y: "name",
        x1: "fastest",
        x2: "slowest",
        stroke: "fill",
        strokeWidth: 2,
      }),
      Plot.dot(sides, { y: "name", x: "seconds", r: 6, fill: "fill" }),
      Plot.text(sides, {
        y: "name",
        x: "slowest",
        text: ({ seconds }: Raced) => duration(seconds),
        dx: 10,
        textAnchor: "start",
      }),
    ],
  });
}

/** How time, above, and peak memory, below, grow with rows, hidden units and epochs. */
export function growthFigure(session: Session): Figure {
  const colors = {
    "ours, one thread": COLORS.orange,
    "ours, two threads": COLORS.red,
    "NumPy, one thread": COLORS.blue,
  };
  const panel = (growth: typeof GROWTHS[number], what: "seconds" | "peakMiB") => {
    const points = session.growth.filter(({ varied }) => varied === growth.name);
    const unit = what === "peakMiB"
      ? "peak memory, MiB"
      : growth.isTotal
      ? "seconds in all"
      : "seconds an epoch";
    return figure({
      title: what === "seconds"
        ? `Time and ${growth.name === "units" ? "hidden units" : growth.name}`
        : `Memory and ${growth.name === "units" ? "hidden units" : growth.name}`,
      width: 430,
      height: 270,
      key: colors,
      x: { label: growth.label, inset: 4, ticks: 6 },
      y: {
        label: unit,
        grid: true,
        domain: [0, Math.max(...points.map((point) => point[what])) * 1.1],
      },
      marks: Object.entries(colors).flatMap(([side, stroke]) => {
        const own = points.filter((point) => point.side === side);
        return [
          Plot.line(own, { x: "value", y: what, stroke, strokeWidth: 2 }),
          Plot.dot(own, { x: "value", y: what, fill: stroke, r: 3 }),
        ];
      }),
    });
  };
  const panels = (["seconds", "peakMiB"] as const).flatMap((what) =>
    GROWTHS.map((growth) => panel(growth, what))
  );
  return hconcat(panels, { title: "How time and memory grow", columns: 3 });
}
