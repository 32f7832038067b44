/**
 * Schedules: how the learning rate changes while a network learns.
 *
 * @module
 */

import { cos } from "../kernels/elementary.ts";

/** The share of the learning rate where `progress`, from 0 up to 1, of all epochs is done. */
export type Schedule = (progress: number) => number;

/** The name of a schedule. */
export type ScheduleName = "constant" | "linear" | "cosine";

/** The schedules, by their names. */
export const SCHEDULES: Readonly<Record<ScheduleName, Schedule>> = {
  constant: () => 1,
  /** From 1 to 0, along a line. */
  linear: (progress) => 1 - progress,
  /** From 1 to 0, along half a cosine. */
  cosine: (progress) => 0.5 * (1 + cos(Math.PI * progress)),
};
