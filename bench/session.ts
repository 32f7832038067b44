/** A session of the benchmark, as `bench/results/results.json` keeps it. */

/** One side's runs of a job. */
export interface Measured {
  readonly job: string;
  readonly side: string;
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly runs: number;
  readonly peakMiB: number;
  /** The number of epochs that its time was extrapolated from, where it did not do them all. */
  readonly extrapolatedFrom?: number;
}

/** A point of the second figure. */
export interface GrowthPoint {
  readonly varied: string;
  readonly value: number;
  readonly side: string;
  readonly seconds: number;
  readonly peakMiB: number;
}

/** One side's race to 98.0 % of MNIST's test digits. */
export interface Raced {
  readonly side: string;
  readonly threads: number;
  /** The whole process: the median, the fastest and the slowest of the seeds. */
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly seeds: number;
  /** How many of the seeds came to 98.0 %. */
  readonly reached: number;
  readonly epochs: number;
  readonly peakMiB: number;
  /** Seconds of an epoch on the network that all sides have: 784-256-10 ReLU, minibatches of 64. */
  readonly sameEpoch: number;
}

/** All that is kept of a session. */
export interface Session {
  readonly machine: string;
  readonly versions: Record<string, string>;
  /** The core's own 128-bit multiply-and-add peak, GF/s. */
  readonly peak: number;
  readonly jobs: Measured[];
  readonly growth: GrowthPoint[];
  readonly race: Raced[];
}
