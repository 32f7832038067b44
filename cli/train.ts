/**
 * `deno task train`: trains the article's network, or another one, on MNIST, on other pictures or on a table, and says
 * how much of what it has not seen it gets right.
 *
 * What is for people goes to stderr, the result to stdout; with `--json` stdout holds one object and nothing else.
 */

import { runCommand } from "./shared/command.ts";
import { refuse } from "./shared/options.ts";
import { savedOptions } from "./training/checkpoint.ts";
import { OPTIONS, PICTURE_OPTIONS, TABLE_OPTIONS } from "./training/options.ts";
import { trainPictures } from "./training/pictures.ts";
import { type PresetName, PRESETS, TABLE } from "./training/presets.ts";
import { trainTable } from "./training/table.ts";

/** What says nothing of the job itself: with these alone there must be a checkpoint to go on from. */
const NO_JOB = [
  "_",
  "--",
  "checkpoint",
  "resume",
  "every",
  "save",
  "threads",
  "json",
  "quiet",
];

await runCommand({
  name: "train",
  summary:
    `Trains a neural network on handwritten digits, or on a table: without options the first network of
the article "Neural Network from Scratch | TensorFlow for Hackers (Part IV)".`,
  options: OPTIONS,
  sections: { "For pictures": PICTURE_OPTIONS, "For a table": ["csv", ...TABLE_OPTIONS] },
  notes: [
    `Ctrl-C ends the training, reports and saves what was learned so far. A run that was killed goes on
with --checkpoint FILE --resume, without its other options, and ends with the same bits.`,
    `With --csv other settings are the defaults, chosen on eighteen tables: numbers standardised,
categories as 0 and 1; 100 ReLU units and softmax, Glorot's first weights; minibatches of 32,
reshuffled, momentum 0.9, rate 0.05 falling along a cosine; L2 of 0.1 / sqrt(rows);
50,000 / rows epochs, but 20 at least and 100 at most. All rows but those of the test are learned
from: on these tables --validation and --patience, which work too, cost a point.`,
    `Presets:
${Object.entries(PRESETS).map(([name, { about }]) => `  ${name.padEnd(11)} ${about}`).join("\n")}`,
    `Examples:
  deno task train --scale                          the article's 84.80 %
  deno task train --hidden 250 --epochs 500        its third network
  deno task train --preset nielsen                 98 % of MNIST's test digits
  deno task train --data path/to/fashion --scale   pictures of your own
  deno task train --preset best --checkpoint best.checkpoint           and, where it was killed,
  deno task train --checkpoint best.checkpoint --resume
  deno task train --csv data/iris.csv --target species
  deno task train --csv titanic.csv --target survived --exclude name --impute mean`,
  ],
  defaults: (given) => {
    const { preset, csv, resume, checkpoint, help } = given;
    if (help) return {};
    const isSaid = Object.entries(given).some(([name, value]) =>
      value !== undefined && value !== false && !NO_JOB.includes(name)
    );
    const saved = resume && typeof checkpoint === "string" && checkpoint !== ""
      ? savedOptions(checkpoint)
      : {};
    refuse(
      Boolean(resume) && Boolean(checkpoint) && !isSaid && Object.keys(saved).length === 0,
      `--resume: there is no checkpoint ${checkpoint} to go on from`,
    );
    const isTable = (csv ?? saved.csv) !== undefined;
    return { ...(isTable ? TABLE : PRESETS[preset as PresetName]?.settings), ...saved };
  },
  main: (given) => given.csv === undefined ? trainPictures(given) : trainTable(given, given.csv),
});
