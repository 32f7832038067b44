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

/** All that is kept of a session. */
export interface Session {
  readonly machine: string;
  readonly versions: Record<string, string>;
  /** The core's own 128-bit multiply-and-add peak, GF/s. */
  readonly peak: number;
  readonly jobs: Measured[];
  readonly growth: GrowthPoint[];
}
