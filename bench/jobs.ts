/** What the benchmark measures, against whom, and how it sees that both did the same. */

/** One job of the article's, done by us and by others, each time in a process of its own. */
export interface Job {
  readonly id: string;
  /** As the table has it. */
  readonly title: string;
  /** The time of the whole process, not of the job inside of it. */
  readonly isWholeProcess?: boolean;
  /** The job's name and its numbers, for `ours.ts` and for `numpy_jobs.py`. */
  readonly ours: readonly string[];
  readonly numpy: readonly string[];
  /** Threads on both sides. */
  readonly threads?: number;
  /** How often each side runs where that is not said on the command line: less often for what takes long. */
  readonly rounds?: number;
  /** Whether results agree: as closely as can be expected. */
  readonly agree: (ours: Result, theirs: Result) => boolean;
  /** Other libraries that do it too. */
  readonly peers?: readonly Peer[];
}

/** What a process says of its job. */
// deno-lint-ignore no-explicit-any
export type Result = any;

/** Another JavaScript library, in `peers/`: it trains for fewer epochs, and its time is multiplied. */
export interface Peer {
  readonly name: string;
  readonly file: string;
  readonly epochs: number;
  /** How far the error of the first epoch may be off: float32 is further. */
  readonly tolerance: number;
}

const isClose = (a: number, b: number, tolerance: number) => Math.abs(a / b - 1) <= tolerance;

/** Raw pixels are chaotic: the first epoch is compared, and NumPy differs from NumPy as much after the next two. */
const isSameFirstEpoch = (ours: Result, theirs: Result) => isClose(ours.first, theirs.first, 1e-8);

export const JOBS: readonly Job[] = [
  {
    id: "main",
    title: "the main job: 500 digits, raw, 50 units, 300 epochs",
    ours: ["main"],
    numpy: ["main"],
    agree: isSameFirstEpoch,
    peers: [
      { name: "numpy-ts", file: "numpy_ts.ts", epochs: 15, tolerance: 1e-8 },
      { name: "ml-matrix", file: "ml_matrix.ts", epochs: 15, tolerance: 1e-8 },
      { name: "TensorFlow.js, wasm (float32)", file: "tfjs_wasm.ts", epochs: 15, tolerance: 0.01 },
      { name: "TensorFlow.js, cpu (float32)", file: "tfjs_cpu.ts", epochs: 5, tolerance: 0.01 },
      { name: "mathjs", file: "mathjs.ts", epochs: 2, tolerance: 1e-8 },
    ],
  },
  {
    id: "whole",
    title: "the same, the whole process: load, shuffle, fit, score all 59,500",
    isWholeProcess: true,
    ours: ["whole"],
    numpy: ["whole"],
    // 80.00 to 83.54 % right, NumPy's own range
    agree: (ours, theirs) => [ours, theirs].every(({ right }) => right >= 47_600 && right < 49_707),
  },
  {
    id: "standardised",
    title: "standardised pixels",
    ours: ["standardised"],
    numpy: ["standardised"],
    agree: (ours, theirs) => isClose(ours.last, theirs.last, 1e-9),
  },
  {
    id: "wide",
    title: "250 hidden units, 500 epochs, raw",
    ours: ["wide"],
    numpy: ["wide"],
    rounds: 3,
    agree: isSameFirstEpoch,
  },
  {
    id: "large",
    title: "an epoch of 59,500 rows in 25 minibatches, two threads",
    ours: ["epochs", "59500", "50", "25", "6", "2"],
    numpy: ["epochs", "59500", "50", "25", "6"],
    threads: 2,
    // the rows of a minibatch are added up in another order, and there are 119 times as many
    agree: (ours, theirs) => isClose(ours.first, theirs.first, 1e-3),
  },
  {
    id: "large-1",
    title: "the same, one thread",
    ours: ["epochs", "59500", "50", "25", "6", "1"],
    numpy: ["epochs", "59500", "50", "25", "6"],
    agree: (ours, theirs) => isClose(ours.first, theirs.first, 1e-3),
  },
  {
    id: "predict",
    title: "predicting 59,500 digits, 50 units",
    ours: ["predict"],
    numpy: ["predict"],
    agree: (ours, theirs) => String(ours.counts) === String(theirs.counts),
  },
  {
    id: "xor",
    title: "50,000 epochs of XOR in matrix notation",
    ours: ["xor"],
    numpy: ["xor"],
    agree: (ours, theirs) =>
      ours.sums.every((sum: number, i: number) => isClose(sum, theirs.sums[i], 1e-8)),
  },
  {
    id: "dot",
    title: "dot, 1024 x 1024",
    ours: ["dot", "1024"],
    numpy: ["dot", "1024"],
    agree: (ours, theirs) => isClose(ours.sum, theirs.sum, 1e-9),
  },
];

/** How time and memory grow: what is varied, and what stays. */
export interface Growth {
  readonly name: string;
  readonly label: string;
  readonly values: readonly number[];
  /** Rows, hidden units, minibatches and epochs. */
  readonly sizes: (value: number) => readonly [number, number, number, number];
  /** The whole time, or that of an epoch. */
  readonly isTotal: boolean;
}

export const GROWTHS: readonly Growth[] = [
  {
    name: "rows",
    label: "rows (50 units, 25 minibatches)",
    values: [500, 2000, 8000, 20000, 40000, 59500],
    sizes: (rows) => [rows, 50, 25, 4],
    isTotal: false,
  },
  {
    name: "units",
    label: "hidden units (8,000 rows, 25 minibatches)",
    values: [10, 50, 100, 250, 500],
    sizes: (units) => [8000, units, 25, 4],
    isTotal: false,
  },
  {
    name: "epochs",
    label: "epochs (8,000 rows, 50 units, 25 minibatches)",
    values: [5, 20, 50, 100],
    sizes: (epochs) => [8000, 50, 25, epochs],
    isTotal: true,
  },
];
