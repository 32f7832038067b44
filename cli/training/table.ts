/** `deno task train --csv`: trains a network on a table, reports how it does on rows it has not seen, and saves it. */

import { basename } from "@std/path";
import { readCsv } from "../../lib/csv.ts";
import { rethrowUnless } from "../../lib/errors.ts";
import { MODEL_START } from "../../lib/exchange.ts";
import {
  classificationReport,
  confusionMatrix,
  type Epoch,
  hashWeights,
  type Label,
  labelsOf,
  NNClassifier,
  Pipeline,
  recommendedFor,
  StandardScaler,
  type TableRow,
  TableVectorizer,
  trainTestSplit,
  ValueError,
} from "../../lib/mod.ts";
import {
  checkReadable,
  fromWhereCalled,
  INTERRUPTED,
  print,
  printable,
  quoted,
} from "../shared/command.ts";
import { writeModel } from "../shared/model_file.ts";
import { refuse, UsageError } from "../shared/options.ts";
import { count, Progress, seconds, tell } from "../shared/progress.ts";
import { checkSavePath } from "../shared/whole_file.ts";
import { checkCheckpointOptions, hashData, withCheckpoints } from "./checkpoint.ts";
import { type NetworkSettings, optionsOfNetwork, runEpochs } from "./experiment.ts";
import { checkMemory } from "./memory.ts";
import {
  type Given,
  namesFile,
  networkSettingsOf,
  PICTURE_OPTIONS,
  refuseOptions,
} from "./options.ts";
import { TABLE } from "./presets.ts";
import { meanAndSpread } from "./runs.ts";
import {
  describeEnd,
  describeNetwork,
  Duties,
  hearInterrupts,
  nothingLearned,
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
  /** Nothing where all rows are learned from. */
  readonly test: Labelled | undefined;
}

/** So many are named of what may be many. */
const MOST = 12;

/** How a table is read and learned from. */
interface TableSettings extends NetworkSettings {
  readonly target: string;
  readonly testSize: number;
  readonly validation: number;
  readonly exclude: readonly string[];
  readonly categories: readonly string[];
  readonly impute: string;
}

/** Trains on a table. */
export async function trainTable(given: Given, csv: string): Promise<number> {
  const { target, seeds, quiet } = given;
  refuseOptions(given, PICTURE_OPTIONS, "is for pictures, not for a table");
  const isSaved = namesFile(given.save);
  await checkCheckpointOptions(given);
  refuse(seeds > 1 && isSaved, "--save writes one model: leave out --seeds");
  refuse(
    seeds > 1 && given.testSize === 0,
    "--seeds compares what is right of the test rows: leave out --test-size 0",
  );
  refuse(given.scaler !== TABLE.scaler, "--scaler: the numbers of a table are standardised");
  const path = fromWhereCalled(csv), table = await readTable(path, given.columns);
  if (target === undefined) {
    throw new UsageError(
      `--target says which column has the classes; ${csv} has ${Object.keys(table[0]).join(", ")}`,
    );
  }
  // what is wrong with the table shows before the training
  const [vectorizer, labels] = withOptions(() =>
    [makeVectorizer(given, target).fit(table), labelsOf(table, target)] as const
  );
  const save = seeds > 1 ? "none" : given.save ?? await defaultName(csv);
  const savePath = namesFile(save) ? await checkSavePath("--save", save) : undefined;
  const real = await Deno.realPath(path).catch(() => path); // a pipe has none
  refuse(savePath === real, `--save ${save} would overwrite the table`);
  const say = (line: string) => quiet ? undefined : tell(line);

  await hearInterrupts(quiet);
  for (const line of describeTable(csv, table, labels, vectorizer, target)) say(line);
  for (const line of doubtsAbout(table, vectorizer)) say(line);
  const parts = cut({ rows: table, labels }, given);
  const settings = settingsOf(given, target, parts);
  checkMemory(settings, {
    ...{ rows: parts.train.rows.length, inputs: vectorizer.featureNames.length },
    ...{ classes: new Set(labels).size, threads: given.threads },
    ...{ save: savePath && save, checkpoint: given.checkpoint },
  });
  for (const line of describeParts(parts, settings, vectorizer, labels)) say(line);
  if (seeds > 1) return await trainSeveral(given, settings, { rows: table, labels }, vectorizer);

  const progress = quiet ? undefined : new Progress(settings.epochs);
  const { model, afterEpoch, atEnd } = await withCheckpoints(
    { ...given, csv: path, save: savePath ?? "none" },
    makeModel(given, settings, vectorizer),
    () => hashData([JSON.stringify(parts)]),
    say,
  );
  const duties = new Duties(); // a file that cannot be written costs no result, and no result a model
  let hasSaved = false, goesOn: string[] = [];
  const run = await trainOne(model, parts, given, {
    progress,
    onEpoch: (epoch) => {
      progress?.update(epoch);
      return afterEpoch(epoch);
    },
    onEnd: async (isInterrupted) => {
      if (isInterrupted) goesOn = await atEnd();
      hasSaved = savePath !== undefined && await duties.do(() => writeModel(savePath, model, save));
    },
  });
  if (!run) return nothingLearned(say);
  const end = describeEnd(run.model.classifier, settings, run.isInterrupted);
  for (const line of [...end, ...goesOn]) say(line);
  if (!given.json) say("");
  const text = given.json
    ? JSON.stringify(resultOf(run, settings))
    : reportOf(run).split("\n").map(printable).join("\n");
  await duties.do(() => print(`${text}\n`));
  if (!given.json) say(`Trained in ${seconds(run.seconds)}.`);
  if (hasSaved) {
    say(`Saved to ${save}: deno task predict --model ${quoted(save)} FILE.csv predicts new rows.`);
  }
  duties.end();
  return run.isInterrupted ? INTERRUPTED : 0;
}

/** Several seeds, one after the other: of the cut, the first weights and the orders. */
async function trainSeveral(
  given: Given,
  settings: TableSettings,
  all: Labelled,
  vectorizer: TableVectorizer,
): Promise<number> {
  const { seeds, json, quiet } = given;
  const progress = quiet ? undefined : new Progress(seeds, undefined, undefined, undefined, "seed");
  const runs: (Trained & { settings: TableSettings })[] = [];
  while (runs.length < seeds) {
    const own = { ...settings, seed: settings.seed + runs.length };
    const run = await trainOne(makeModel(given, own, vectorizer), cut(all, own), given);
    if (!run || run.isInterrupted) break;
    runs.push({ ...run, settings: own });
    progress?.update({ epoch: runs.length, error: run.errors.at(-1)! });
  }
  progress?.end();
  const tested = runs.map((run) => ({ ...run, testAccuracy: run.testAccuracy! }));
  const test = meanAndSpread(tested.map(({ testAccuracy }) => testAccuracy));
  if (json) {
    const results = await Promise.all(runs.map(({ settings, ...run }) => resultOf(run, settings)));
    print(`${JSON.stringify({ test, runs: results })}\n`);
  } else if (runs.length > 0) print(`${reportSeveral(tested, test)}\n`);
  return runs.length < seeds ? INTERRUPTED : 0;
}

/** What was given, as settings; what was not, and depends on the number of rows, as the library recommends. */
function settingsOf(given: Given, target: string, { train }: Parts): TableSettings {
  const { testSize, validation, exclude, categories, impute } = given;
  const { l2, epochs } = recommendedFor(train.rows.length) as Given;
  return {
    ...networkSettingsOf(
      { ...given, l2: given.l2 ?? l2, epochs: given.epochs ?? epochs },
      TABLE.batchSize,
    ),
    ...{ target, testSize, validation, exclude, categories, impute },
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
    await checkReadable("--csv", path);
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

/** An error of the library advises its options; here it advises those of the command. `part` is held back by the option `size`. */
function withOptions<T>(use: () => T, part = "test", size = "--test-size"): T {
  try {
    return use();
  } catch (error) {
    rethrowUnless(error, ValueError);
    throw new UsageError(
      error.message
        .replace(/^fit: (target|exclude|categories): /, "fit: --$1: ")
        .replace(/: the test part/, `: the ${part} part`)
        .replace(
          /choose what stands in for it: impute/,
          "--impute mean, or most-frequent, fills it",
        )
        .replace(/name the column in categories/, "name it in --categories")
        .replace(/exclude it/, "leave it out with --exclude")
        .replace(/choose (another|a smaller) testSize$/, `choose $1 ${size}`),
    );
  }
}

/** `known` has learned from the whole table which columns are categories: no part may see that otherwise. */
function makeModel(given: Given, settings: TableSettings, known: TableVectorizer): Pipeline<Label> {
  const categories = known.columns.flatMap(({ name, categories }) => categories ? [name] : []);
  return new Pipeline([
    makeVectorizer({ ...given, categories }, settings.target),
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
  const [rest, test] = testSize === 0 ? [all] : withOptions(() => split(all, testSize));
  if (validation === 0) return { train: rest, validation: undefined, test };
  const isRare = [...countsOf(rest.labels).values()].some((rows) => rows < 2);
  const [train, held] = withOptions(
    () => split(rest, validation, !isRare),
    "validation",
    "--validation",
  );
  return { train, validation: held, test };
}

/** What came of a training. */
interface Trained {
  readonly model: Pipeline<Label>;
  readonly isInterrupted: boolean;
  /** Of the test rows, or, where there are none, of those that were learned from. */
  readonly labels: Label[];
  readonly predictions: Label[];
  readonly testAccuracy?: number;
  readonly trainAccuracy: number;
  readonly validationAccuracy?: number;
  readonly errors: readonly number[];
  readonly seconds: number;
}

/** Trains from where the model is. Nothing comes of what is interrupted within the first epoch. */
async function trainOne(
  model: Pipeline<Label>,
  { train, validation, test }: Parts,
  { patience, threads, scale, scaler, quiet }: Given,
  { onEpoch, onEnd, progress }: {
    readonly onEpoch?: (epoch: Epoch) => Promise<void>;
    /** Called when the training has ended, before what takes some time too. */
    readonly onEnd?: (isInterrupted: boolean) => Promise<void>;
    readonly progress?: Progress;
  } = {},
): Promise<Trained | undefined> {
  const start = performance.now();
  const { isInterrupted } = await untilInterrupted(
    { scale, scaler, quiet },
    progress,
    (signal) =>
      runEpochs(
        model.train(train.rows, train.labels, {
          ...{ threads, resume: true },
          ...(validation && { validation: [validation.rows, validation.labels] }),
          ...(validation && patience > 0 && { patience }),
        }),
        { signal, onEpoch },
      ),
  );
  if (model.errors.length === 0) return undefined;
  const seconds = (performance.now() - start) / 1000;
  await onEnd?.(isInterrupted);
  const accuracy = ({ rows, labels }: Labelled) => model.score(rows, labels, { threads });
  const { rows, labels } = test ?? train;
  const trained = {
    ...{ model, isInterrupted, seconds, labels },
    predictions: Array.from<Label>(model.predict(rows, { threads })),
    ...(test && { testAccuracy: accuracy(test) }),
    trainAccuracy: accuracy(train),
    ...(validation && { validationAccuracy: accuracy(validation) }),
    errors: model.errors,
  };
  (await hearInterrupts(quiet)).checkResult();
  return trained;
}

/** How many rows each class has. */
function countsOf(labels: readonly Label[]): Map<Label, number> {
  const counts = new Map<Label, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

// --- what people read ----------------------------------------------------------------------------

/** Columns that will hardly help: a line each. */
function doubtsAbout(table: readonly TableRow[], { columns }: TableVectorizer): string[] {
  const doubts = columns.flatMap(({ name, categories }) => {
    const cells = table.map((row) => row[name]), first = Number(cells[0]);
    const isConstant = categories
      ? categories.length === 1
      : cells.every((cell) => cell === cells[0]);
    const isNumber = !categories && table.length > 2 &&
      cells.every((cell, i) => Number(cell) === first + i);
    const isText = categories && categories.length > 10 && categories.length > table.length / 4;
    const doubt = isConstant
      ? "is the same in all rows"
      : isNumber
      ? "numbers the rows"
      : isText
      ? `has ${categories.length} categories in ${count(table.length)} rows`
      : undefined;
    return doubt ? [`Is ${name} of use? It ${doubt}: --exclude leaves it out.`] : [];
  });
  const more = doubts.length - MOST;
  return more > 0 ? [...doubts.slice(0, MOST), `And ${more} more such.`] : doubts;
}

/** The report on the test rows; on those that were learned from where there are none, and it says so. */
function reportOf({ labels, predictions, testAccuracy }: Trained): string {
  const report = classificationReport(labels, predictions, { digits: 3 });
  return testAccuracy === undefined ? `On the rows that were learned from:\n\n${report}` : report;
}

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
    .map(([label, rows]) => `${label} (${count(rows)})`);
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
    (test ? `the other ${count(test.rows.length)} are the test set.` : "nothing is tested."),
    describeNetwork(settings, vectorizer.featureNames.length, new Set(labels).size),
  ];
}

function listed(kind: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${kind}: ${some(names)}. `;
}

/** The first ones of many. */
function some(names: readonly string[]): string {
  const more = names.length - MOST;
  return names.slice(0, MOST).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

// --- what programs read --------------------------------------------------------------------------

function resultOf(
  { model, labels, predictions, errors, isInterrupted: _, ...run }: Trained,
  settings: TableSettings,
): Record<string, unknown> {
  const { classifier, vectorizer } = model, { validation, bestEpoch } = classifier;
  return {
    ...run,
    classes: classifier.classes,
    features: vectorizer!.featureNames,
    confusionMatrix: confusionMatrix(labels, predictions).toArray(),
    ...{ predictions, labels, errors },
    ...(validation.length > 0 && { validation }),
    bestEpoch, // where there is none, JSON has none
    weightsSha256: hashWeights(model.classifier.weights),
    options: settings,
  };
}
