/** `deno task train --csv`: trains a network on a table, reports how it does on rows it has not seen, and saves it. */

import { basename } from "@std/path";
import { readCsv } from "../lib/csv.ts";
import {
  classificationReport,
  confusionMatrix,
  type Label,
  labelsOf,
  NNClassifier,
  Pipeline,
  StandardScaler,
  type TableRow,
  TableVectorizer,
  trainTestSplit,
  ValueError,
} from "../lib/mod.ts";
import { fromWhereCalled, INTERRUPTED } from "./command.ts";
import { hashWeights, type NetworkSettings, optionsOfNetwork, runEpochs } from "./experiment.ts";
import { checkSavePath, MODEL_START, writeModel } from "./model_file.ts";
import { refuse, UsageError } from "./options.ts";
import { TABLE, tableSettings } from "./presets.ts";
import { Progress, seconds } from "./progress.ts";
import { meanAndSpread } from "./runs.ts";
import { type Given, networkSettingsOf, PICTURE_OPTIONS, refuseOptions } from "./train_options.ts";
import {
  count,
  describeEnd,
  describeNetwork,
  fitted,
  reportSeveral,
  untilInterrupted,
} from "./training.ts";

/** Rows and their labels. */
interface Labelled {
  readonly rows: TableRow[];
  readonly labels: Label[];
}

/** A table, and how it is cut. */
interface Parts {
  readonly train: Labelled;
  /** Of what there is to learn from, the part that is held back, if one is. */
  readonly validation: Labelled | undefined;
  readonly test: Labelled;
}

/** How a table is read and learned from. */
interface TableSettings extends NetworkSettings {
  readonly target: string;
  readonly testSize: number;
  readonly validation: number;
}

/** Trains on a table. */
export async function trainTable(given: Given, csv: string): Promise<number> {
  const { target, seeds, quiet } = given;
  refuseOptions(given, PICTURE_OPTIONS, "is for pictures, not for a table");
  refuse(given.scaler !== TABLE.scaler, "--scaler: the numbers of a table are standardised");
  const table = await readTable(fromWhereCalled(csv), given.columns);
  if (target === undefined) {
    throw new UsageError(
      `--target says which column has the classes; ${csv} has ${Object.keys(table[0]).join(", ")}`,
    );
  }
  // what is wrong with the table shows before the training
  const [vectorizer, labels] = withOptions(() =>
    [makeVectorizer(given, target).fit(table), labelsOf(table, target)] as const
  );
  refuse(seeds > 1 && given.save !== undefined, "--save writes one model: leave out --seeds");
  const save = seeds > 1 ? "none" : given.save ?? await defaultName(csv);
  const savePath = save === "none" ? undefined : await checkSavePath(save);
  const say = (line: string) => quiet ? undefined : console.error(fitted(line));

  for (const line of describeTable(csv, table, labels, vectorizer, target)) say(line);
  const parts = cut({ rows: table, labels }, given);
  const settings = settingsOf(given, target, parts);
  for (const line of describeParts(parts, settings, vectorizer, labels)) say(line);
  if (seeds > 1) return await trainSeveral(given, settings, { rows: table, labels });

  const progress = quiet ? undefined : new Progress(settings.epochs);
  const run = await trainOne(settings, parts, given, progress);
  for (const line of describeEnd(run.model.classifier, settings, run.isInterrupted)) say(line);
  if (given.json) console.log(JSON.stringify(await resultOf(run, settings)));
  else {
    say("");
    console.log(classificationReport(run.labels, run.predictions, { digits: 3 }));
    say(`Trained in ${seconds(run.seconds)}.`);
  }
  if (savePath !== undefined) {
    await writeModel(savePath, run.model);
    say(`Saved to ${save}: deno task predict --model ${save} FILE.csv predicts new rows.`);
  }
  return run.isInterrupted ? INTERRUPTED : 0;
}

/** Several seeds, one after the other: of the cut, the first weights and the orders. */
async function trainSeveral(
  given: Given,
  settings: TableSettings,
  all: Labelled,
): Promise<number> {
  const { seeds, json, quiet } = given, progress = quiet ? undefined : new Progress(seeds);
  const runs: (Trained & { settings: TableSettings })[] = [];
  while (runs.length < seeds) {
    const own = { ...settings, seed: settings.seed + runs.length };
    const run = await trainOne(own, cut(all, own), given);
    if (run.isInterrupted) break;
    runs.push({ ...run, settings: own });
    progress?.update({ epoch: runs.length, error: run.errors.at(-1)! });
  }
  progress?.end();
  const test = meanAndSpread(runs.map(({ testAccuracy }) => testAccuracy));
  if (json) {
    const results = await Promise.all(runs.map(({ settings, ...run }) => resultOf(run, settings)));
    console.log(JSON.stringify({ test, runs: results }));
  } else if (runs.length > 0) console.log(reportSeveral(runs, test));
  return runs.length < seeds ? INTERRUPTED : 0;
}

/** What was given, as settings; what was not, and depends on the number of rows, as `tableSettings` has it. */
function settingsOf(given: Given, target: string, { train }: Parts): TableSettings {
  const { testSize, validation } = given, { l2, epochs } = tableSettings(train.rows.length);
  return {
    ...networkSettingsOf(
      { ...given, l2: given.l2 ?? l2, epochs: given.epochs ?? epochs },
      TABLE.batchSize,
    ),
    ...{ target, testSize, validation },
  };
}

/** iris.csv -> "iris.model.json", where the command was called. What is there and is no model stays. */
async function defaultName(csv: string): Promise<string> {
  const name = `${basename(csv).replace(/\.[^.]*$/, "")}.model.json`;
  const there = await Deno.readTextFile(fromWhereCalled(name)).catch(() => MODEL_START);
  if (there.startsWith(MODEL_START)) return name;
  throw new UsageError(`${name} is there already, and is no model: say --save FILE, or none`);
}

async function readTable(path: string, columns: readonly string[]): Promise<TableRow[]> {
  try {
    return await readCsv(path, columns.length > 0 ? { columns } : {});
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`--csv: there is no ${path}`);
    throw error;
  }
}

function makeVectorizer({ exclude, categories, impute }: Given, target: string): TableVectorizer {
  return new TableVectorizer({
    ...{ target, exclude, categories },
    impute: impute === "most-frequent" ? "mostFrequent" : impute === "mean" ? "mean" : null,
    handleUnknown: "ignore", // a rare category may be in the test part alone
  });
}

/** An error of the library advises its options; here it advises those of the command. */
function withOptions<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new UsageError(
      error.message
        .replace(/^\w+: /, "")
        .replace(
          /choose what stands in for it: impute$/,
          "--impute mean, or most-frequent, fills it",
        )
        .replace(/name the column in categories$/, "name it in --categories")
        .replace(/exclude it$/, "leave it out with --exclude")
        .replace(/choose (another|a smaller) testSize$/, "choose $1 --test-size"),
    );
  }
}

function makeModel(given: Given, settings: TableSettings): Pipeline<Label> {
  return new Pipeline([
    makeVectorizer(given, settings.target),
    new StandardScaler({ skipBinary: true }), // categories stay 0 and 1
    new NNClassifier<Label>(optionsOfNetwork(settings)),
  ]);
}

/** Each class has the same share in all parts; but where one is too rare for it, the validation rows are any. */
function cut(
  all: Labelled,
  { testSize, validation, seed: randomSeed }: Pick<Given, "testSize" | "validation" | "seed">,
): Parts {
  const split = ({ rows, labels }: Labelled, testSize: number, stratify = true) => {
    const options = { testSize, stratify, randomSeed };
    const [train, test, yTrain, yTest] = trainTestSplit(rows, labels, options);
    return [{ rows: train, labels: yTrain }, { rows: test, labels: yTest }] as const;
  };
  const [rest, test] = withOptions(() => split(all, testSize));
  if (validation === 0) return { train: rest, validation: undefined, test };
  const isRare = [...countsOf(rest.labels).values()].some((rows) => rows < 2);
  const [train, held] = withOptions(() => split(rest, validation, !isRare));
  return { train, validation: held, test };
}

/** What came of a training. */
interface Trained {
  readonly model: Pipeline<Label>;
  readonly isInterrupted: boolean;
  readonly labels: Label[];
  readonly predictions: Label[];
  readonly testAccuracy: number;
  readonly trainAccuracy: number;
  readonly validationAccuracy?: number;
  readonly errors: readonly number[];
  readonly seconds: number;
}

async function trainOne(
  settings: TableSettings,
  { train, validation, test }: Parts,
  given: Given,
  progress?: Progress,
): Promise<Trained> {
  const { patience, threads, scale, scaler } = given, model = makeModel(given, settings);
  const start = performance.now();
  const { isInterrupted } = await untilInterrupted(
    { scale, scaler },
    progress,
    (signal) =>
      runEpochs(
        model.train(train.rows, train.labels, {
          threads,
          ...(validation && { validation: [validation.rows, validation.labels] }),
          ...(validation && patience > 0 && { patience }),
        }),
        { signal, onEpoch: (epoch) => progress?.update(epoch) },
      ),
  );
  const seconds = (performance.now() - start) / 1000;
  const accuracy = ({ rows, labels }: Labelled) => model.score(rows, labels, { threads });
  return {
    ...{ model, isInterrupted, seconds, labels: test.labels },
    predictions: Array.from<Label>(model.predict(test.rows, { threads })),
    ...{ testAccuracy: accuracy(test), trainAccuracy: accuracy(train) },
    ...(validation && { validationAccuracy: accuracy(validation) }),
    errors: model.errors,
  };
}

/** How many rows each class has. */
function countsOf(labels: readonly Label[]): Map<Label, number> {
  const counts = new Map<Label, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

// --- what people read ----------------------------------------------------------------------------

function describeTable(
  csv: string,
  table: readonly TableRow[],
  labels: readonly Label[],
  { columns }: TableVectorizer,
  target: string,
): string[] {
  const numbers = columns.filter(({ categories }) => !categories).map(({ name }) => name);
  const categories = columns.flatMap(({ name, categories }) =>
    categories ? [`${name} (${categories.length})`] : []
  );
  const classes = [...countsOf(labels)].sort(([, a], [, b]) => b - a)
    .map(([label, rows]) => `${label} ${count(rows)}`);
  return [
    `${csv}: ${count(table.length)} rows. ${listed("Numbers", numbers)}${
      listed("Categories", categories)
    }`.trim(),
    `${target} has ${classes.length} classes: ${some(classes)}.`,
  ];
}

function describeParts(
  { train, validation, test }: Parts,
  settings: TableSettings,
  vectorizer: TableVectorizer,
  labels: readonly Label[],
): string[] {
  const held = validation ? `${count(validation.rows.length)} are held back; ` : "";
  return [
    `Learning from ${count(train.rows.length)}, standardised; ${held}` +
    `the other ${count(test.rows.length)} are the test set.`,
    describeNetwork(settings, vectorizer.featureNames.length, new Set(labels).size),
  ];
}

function listed(kind: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${kind}: ${some(names)}. `;
}

/** The first ones of many. */
function some(names: readonly string[]): string {
  const most = 12, more = names.length - most;
  return names.slice(0, most).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

// --- what programs read --------------------------------------------------------------------------

async function resultOf(
  { model, labels, predictions, errors, isInterrupted: _, ...run }: Trained,
  settings: TableSettings,
): Promise<Record<string, unknown>> {
  const { classifier, vectorizer } = model, { validation, bestEpoch } = classifier;
  return {
    ...run,
    classes: classifier.classes,
    features: vectorizer!.featureNames,
    confusionMatrix: confusionMatrix(labels, predictions).toArray(),
    ...{ predictions, labels, errors },
    ...(validation.length > 0 && { validation }),
    ...(bestEpoch !== undefined && { bestEpoch }),
    weightsSha256: await hashWeights(model),
    options: settings,
  };
}
