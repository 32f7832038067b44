/** Settings of `deno task train --preset NAME`: what each is for, and what it changes of the article's. */

import type { Settings } from "./experiment.ts";

/** A preset. */
export interface Preset {
  /** For `--help`. */
  readonly about: string;
  readonly settings: Partial<Settings>;
}

/** All of MNIST, pixels from 0 to 1, the true error, minibatches in a new order each epoch, a rate that falls to 0. */
const MODERN = {
  testSet: true,
  trainSize: "all",
  scaler: "pixels",
  output: "softmax",
  reduction: "mean",
  penalty: "exact",
  batchSize: 100,
  shuffle: true,
  momentum: 0.9,
  schedule: "cosine",
} as const satisfies Partial<Settings>;

/** What `--csv` puts in place of the defaults: the library's `recommendedFor`, whose last two depend on the table. */
export const TABLE = {
  ...{ scaler: "standard", output: "softmax", reduction: "mean", penalty: "exact" },
  ...{ hidden: [100], activation: ["relu"], initialWeights: "glorot" },
  ...{ batchSize: 32, shuffle: true, learningRate: 0.05, momentum: 0.9, schedule: "cosine" },
  ...{ l2: undefined, epochs: undefined },
} as const;

/** Turned by up to 7.5 degrees, a seventh larger or smaller, slanted, moved by a pixel, and bent. */
export const DISTORTION = {
  ...{ rotation: 7.5, scale: 0.15, shear: 0.15, shift: 1 },
  elastic: { alpha: 30, sigma: 5 },
};

/** The presets, by their names. All choices were made on validation digits (`deno task records`). */
export const PRESETS = {
  article: { about: "the article's first network, as without a preset", settings: {} },
  nielsen: {
    about: "Nielsen's network, 784-100-10 sigmoids, on all digits: 98.3 % on the mean",
    settings: {
      ...MODERN,
      ...{ hidden: [100], initialWeights: "glorot", batchSize: 50 },
      ...{ learningRate: 0.25, l2: 5e-5, epochs: 40 },
    },
  },
  best: {
    about: "the best without distortions: 98.6 %",
    settings: {
      ...MODERN,
      ...{ hidden: [512, 256], activation: ["relu"], initialWeights: "he", batchSize: 50 },
      ...{ learningRate: 0.1, schedule: "linear", l2: 2e-4, epochs: 16 },
    },
  },
  distorted: {
    about: "the same network, with new, distorted digits each epoch: 99.4 %",
    settings: {
      ...MODERN,
      ...{ hidden: [512, 256], activation: ["relu"], initialWeights: "he" },
      ...{ learningRate: 0.08, l2: 0, epochs: 40 },
      distort: DISTORTION,
    },
  },
  small: {
    about: "128 hidden units that learn from distorted digits, as in data/models: 99.1 %",
    settings: {
      ...MODERN,
      ...{ hidden: [128], activation: ["relu"], initialWeights: "he" },
      ...{ learningRate: 0.1, l2: 0, epochs: 60 },
      distort: DISTORTION,
    },
  },
} as const satisfies Record<string, Preset>;

/** The name of a preset. */
export type PresetName = keyof typeof PRESETS;

/** A step of the road from the article's network to 99 %: what it changes of the step before, or a preset. */
export type Step =
  & { readonly name: string }
  & (
    | { readonly changed: Partial<Settings> }
    | { readonly preset: "best" | "distorted" }
  );

/**
 * The road of chapter 7. Each step is one idea, or two that belong together, with the learning rate, and where it must
 * the penalty and the size of the minibatches, that serve it: chosen on validation digits. The first ones have the
 * article's 50 hidden units; the last two are presets.
 */
export const ROAD: readonly Step[] = [
  { name: "the article's network: 500 digits", changed: { testSet: true } },
  { name: "all 60,000 digits", changed: { trainSize: "all", batchSize: 20, epochs: 10 } },
  {
    name: "pixels from 0 to 1",
    changed: { scaler: "pixels", learningRate: 0.02, l2: 0.005 },
  },
  { name: "scaled first weights", changed: { initialWeights: "glorot", l2: 0.0005 } },
  {
    name: "reshuffled, with a falling rate",
    changed: { shuffle: true, schedule: "cosine", learningRate: 0.05 },
  },
  {
    name: "softmax, and momentum",
    changed: {
      ...{ output: "softmax", penalty: "exact", reduction: "mean" },
      ...{ momentum: 0.9, learningRate: 0.1, l2: 5e-5 },
    },
  },
  {
    name: "rectifiers",
    changed: {
      ...{ activation: ["relu"], initialWeights: "he" },
      ...{ batchSize: 50, learningRate: 0.05, l2: 1e-4 },
    },
  },
  { name: "512 and 256 units", preset: "best" },
  { name: "distorted digits", preset: "distorted" },
];

/** What makes a preset's short form, a second or two: the tests repeat it. */
export const SHORT = { trainSize: 1000, epochs: 2 } as const;
