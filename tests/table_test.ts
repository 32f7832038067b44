/** Tables as matrices: numbers, categories, missing cells, labels; and pipelines that take tables. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  DivergenceError,
  type Label,
  labelsOf,
  NNClassifier,
  NotFittedError,
  Pipeline,
  RECOMMENDED,
  ShapeError,
  StandardScaler,
  type Table,
  TableVectorizer,
  type TableVectorizerOptions,
  trainTestSplit,
  ValueError,
  withChecksums,
} from "../lib/mod.ts";
import { toNumber } from "../lib/table.ts";
import { fixture, relativeDistance } from "./helpers.ts";

const PEOPLE = [
  { name: "Ann", age: "22", class: "3", sex: "female", survived: "1" },
  { name: "Bob", age: "", class: "1", sex: "male", survived: "0" },
  { name: "Cyd", age: "26.5", class: "3", sex: " female", survived: "1" },
  { name: "Dan", age: "1e1", class: "2", sex: "male", survived: "0" },
];
const SAID: TableVectorizerOptions = { target: "survived", exclude: ["name"], impute: "mean" };

Deno.test("numbers are features, and categories are one for each of them, in NumPy's order", () => {
  const vectorizer = new TableVectorizer({ ...SAID, categories: ["class"] });
  assertEquals(vectorizer.fitTransform(PEOPLE).toArray(), [
    [22, 0, 0, 1, 1, 0],
    [19.5, 1, 0, 0, 0, 1],
    [26.5, 0, 0, 1, 1, 0],
    [10, 0, 1, 0, 0, 1],
  ]);
  assertEquals(vectorizer.featureNames, [
    ...["age", "class=1", "class=2", "class=3", "sex=female", "sex=male"],
  ]);
  assertEquals(vectorizer.columns, [
    { name: "age", fill: 19.5 },
    { name: "class", categories: ["1", "2", "3"], fill: "3" },
    { name: "sex", categories: ["female", "male"], fill: "female" },
  ]);
  assertEquals(new TableVectorizer(SAID).fitTransform(PEOPLE).cols, 4);
});

Deno.test("imputing and one-hot encoding give scikit-learn's matrices", () => {
  for (const { table, impute, categories, X } of fixture("tables").cases) {
    const vectorizer = new TableVectorizer({ impute });
    const ours = vectorizer.fitTransform(table);
    assertEquals(vectorizer.columns.slice(2).map((column) => column.categories), categories);
    // NumPy's mean of some cells sums them in another order
    assert(relativeDistance(ours.data, X.flat(), 1e-300) < 1e-14);
  }
});

Deno.test("numbers, texts of numbers, booleans and missing cells of every kind are read", () => {
  const table = [
    { x: 1, flag: true },
    { x: " 2.5 ", flag: false },
    { x: null, flag: true },
    { x: NaN, flag: undefined },
    { flag: "NA" },
    ...["", " ", "      ", "  NA  ", "NaN   ", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"].map((
      x,
    ) => ({ x, flag: true })),
    ...["<NA>", "#N/A", "   NA", "\t  NaN"].map((x) => ({ x, flag: true })),
    { x: "-.5e1", flag: false },
  ];
  const vectorizer = new TableVectorizer({ impute: "mostFrequent" }).fit(table);
  assertEquals(vectorizer.featureNames, ["x", "flag=false", "flag=true"]);
  const X = vectorizer.transform(table);
  assertEquals([...X.slice(0, 3).data], [1, 0, 1, 2.5, 1, 0, -5, 0, 1]);
  assertEquals([...X.slice(X.rows - 1).data], [-5, 1, 0]);
  const digits = (count: number) => ({ x: `0.${"1".repeat(count)}`, flag: true });
  assertEquals(vectorizer.transform([digits(397)]).at(0, 0), 1 / 9);
  assertThrows(() => vectorizer.transform([digits(398)]), ValueError, "should be a number");
});

Deno.test("a number may have a sign, a point at either end and an exponent, and is written in decimals", () => {
  const numbers = ["+5", "-5", "5.", ".5", "+.5e1", "1e3", "1E+3", "1e-3", "\t007 "].map(toNumber);
  assertEquals(numbers, [5, -5, 5, 0.5, 5, 1000, 1000, 0.001, 7]);
  const none = [
    ".",
    "e3",
    "1e",
    "1 2",
    "1_0",
    "0x10",
    "0b1",
    "Infinity",
    "--1",
    "",
    " ",
    true,
    null,
  ];
  for (const cell of none) assertEquals(toNumber(cell), NaN, `${cell}`);
});

Deno.test("new rows are read by what was learned, whatever else they have", () => {
  const vectorizer = new TableVectorizer(SAID).fit(PEOPLE);
  const [ann] = PEOPLE;
  assertEquals(vectorizer.transform([{ sex: "male", height: 3, class: 1, age: null }]).toArray(), [
    [19.5, 1, 0, 1],
  ]);
  assertEquals(vectorizer.transform([ann]).toArray(), [[22, 3, 1, 0]]);
  const ignoring = new TableVectorizer({ ...SAID, handleUnknown: "ignore" }).fit(PEOPLE);
  assertEquals(ignoring.transform([{ ...ann, sex: "other" }]).toArray(), [[22, 3, 0, 0]]);
});

Deno.test("what is wrong with a table is said, with its row and column", () => {
  const refuses = (table: unknown, message: string, options: TableVectorizerOptions = {}) =>
    assertThrows(() => new TableVectorizer(options).fit(table as Table), Error, message);
  const many = (cell: (i: number) => unknown, count = 20) =>
    Array.from({ length: count }, (_, i) => ({ x: cell(i), y: 1 }));
  refuses(PEOPLE, 'fit: row 2, column "age" is missing; choose what stands in for it: impute', {
    exclude: ["name"],
  });
  refuses(many((i) => i % 3 === 1 ? "" : i), 'row 2, column "x" is missing, and 6 more;');
  refuses(
    many(() => ""),
    'fit: column "x" has nothing but missing cells; exclude it',
    { impute: "mean" },
  );
  refuses(
    many((i) => i === 7 ? "1O" : i),
    'fit: column "x" is of numbers, but row 8 has "1O"; mend it, or name the column in categories',
  );
  const words = (count: number) => many((i) => i < count ? "few" : i % 3) as Table;
  refuses(words(2), 'column "x" is of numbers, but row 1 has "few"');
  assertEquals(new TableVectorizer().fit(words(3)).columns[0].categories, ["0", "1", "2", "few"]);
  refuses(
    many((i) => `Mr ${i}`),
    'column "x" has 20 different values in 20 rows, such as "Mr 0"; it is a text, no category: exclude it',
  );
  refuses(
    many((i) => `Mr ${i}`).map((row) => ({ a: "", ...row, z: row.x })),
    'fit: column "a" has nothing but missing cells; exclude it; there are mistakes in "x", "z" too',
  );
  const { message } = assertThrows(
    () => new TableVectorizer().fit([{ x: "" }, { x: null }]),
    ValueError,
  );
  assertEquals(message, 'fit: column "x" has nothing but missing cells; exclude it');
  refuses(
    many((i) => `${i},5`),
    'column "x" has numbers that are not written as such, like "0,5": write a point and nothing else, 1234.5',
  );
  for (
    const cell of [
      ...["12 %", "1.234,50 €", "$3", "1'000", "-$3", "+5 %", "1\u00a0234,5", "1 234"],
      ...["€3", "£ 3", "¥3", "3 $", "3£", "3 ¥"],
    ]
  ) {
    refuses(many((i) => i ? cell : "7,1"), "not written as such");
  }
  assertEquals(
    new TableVectorizer({ categories: ["x"] }).fit(many((i) => `${i % 3},5`) as Table).featureNames
      .length,
    4,
  );
  for (const categories of [[], ["x"]]) {
    refuses(many((i) => `c${i % 11}`), 'column "x" has 11 different values in 20 rows', {
      ...{ categories, maxCategories: 10 },
    });
  }
  refuses(many((i) => `c${i % 101}`, 300), 'column "x" has 101 different values in 300 rows');
  refuses(
    many((i) => i === 4 ? [5] : i),
    'row 5, column "x" should be a number, a text or a boolean, got [5]',
  );
  refuses(
    many((i) => i === 3 ? "1e400" : i),
    'row 4, column "x" is "1e400", which is no finite number',
  );
  refuses(many((i) => i === 3 ? "-1e400" : i), 'row 4, column "x" is "-1e400", which is no finite');
  refuses([{ x: 1e308 }, { x: 1e308 }], 'column "x" has numbers that are too large for a mean', {
    impute: "mean",
  });
  refuses(
    PEOPLE,
    'fit: categories: there is no column "Age"; the table has "name", "age", "class"',
    {
      categories: ["Age"],
    },
  );
  refuses(PEOPLE, 'fit: target: there is no column "species"', { target: "species" });
  refuses(PEOPLE, 'fit: exclude: there is no column "sx"', { exclude: ["sex", "sx"] });
  refuses([{ x: 1 }], "fit: the table has no column that is a feature", { target: "x" });
  refuses([], "fit: the table has no rows");
  refuses("a,b", 'fit: expected a table, a list of rows, got "a,b"');
  refuses([{ x: 1 }, 3], "fit: row 2 should be an object { column: cell, … }, got 3");
  refuses([{ x: 1 }, null], "fit: row 2 should be an object { column: cell, … }, got null");
  // at the limits: nine of ten are numbers, ten rows that all differ, as many categories as there may be
  const euros = (words: number) => (i: number) => i < words ? "free" : `${i % 3},5`;
  refuses(many(euros(1), 10), 'has numbers that are not written as such, like "1,5": write');
  const fitted = (cell: (i: number) => unknown, count: number, options = {}) =>
    new TableVectorizer(options).fit(many(cell, count) as Table).featureNames.length;
  refuses(many((i) => i < 9 ? i : "many", 10), 'is of numbers, but row 10 has "many"');
  assertEquals(fitted((i) => i < 8 ? i % 2 : "many", 10), 4);
  assertEquals(fitted(euros(2), 10), 5);
  assertEquals(fitted((i) => `c${i % 100}`, 300), 101);
  refuses(many((i) => `Mr ${i}`, 10), "10 different values in 10 rows");
  assertEquals(fitted((i) => `Mr ${i}`, 9), 10);
  assertEquals(fitted((i) => `Mr ${i}`, 10, { categories: ["x"] }), 11);
  assertEquals(fitted((i) => `c${i % 10}`, 20, { maxCategories: 10 }), 11);
  const vectorizer = new TableVectorizer(SAID).fit(PEOPLE), [ann] = PEOPLE;
  const cannot = (row: Record<string, unknown>, message: string) =>
    assertThrows(() => vectorizer.transform([ann, row] as Table), ValueError, message);
  cannot({ ...ann, age: "old" }, 'transform: row 2, column "age" should be a number, got "old"');
  cannot({ ...ann, age: Infinity }, "should be a number, got Infinity");
  cannot(
    { ...ann, sex: "x" },
    'row 2, column "sex" is "x", none of the categories "female", "male"; handleUnknown: "ignore" takes it for none of them',
  );
  assertThrows(
    () => vectorizer.transform([{ age: 3, sex: "male" }]),
    ValueError,
    'transform: there is no column "class"; the table has "age", "sex"',
  );
  const strict = new TableVectorizer({ exclude: ["name"] }).fit(PEOPLE.slice(2));
  assertThrows(
    () => strict.transform([{ ...ann, age: null }]),
    ValueError,
    'transform: row 1, column "age" is missing, and nothing stands in for it: fit with impute',
  );
  const wide = new TableVectorizer().fit(
    Array.from({ length: 600 }, (_, i) => ({ x: `c${i % 100}` })),
  );
  assertThrows(
    () => wide.transform(Array(3_000_000).fill({ x: "c1" })),
    ValueError,
    "transform: 3000000 rows of 100 features are more than 268435456 numbers",
  );
  // a text of digits takes no longer than it must
  assertEquals(fitted((i) => i ? "1".repeat(60_000) + "x" : "2", 20), 3);
  // what every object has is no cell
  assertThrows(
    () => new TableVectorizer().fit([{ valueOf: 1 }, { a: 2 }] as never),
    ValueError,
    'row 2, column "valueOf" is missing',
  );
  assertThrows(
    () => new TableVectorizer().transform(PEOPLE),
    NotFittedError,
    "transform: the table's",
  );
  assertThrows(
    () => new TableVectorizer().featureNames,
    NotFittedError,
    "featureNames: the table's",
  );
});

Deno.test("an error of a row's own is passed on as it is", () => {
  const row = {
    x: 1,
    get y(): number {
      throw new RangeError("of the row");
    },
  };
  assertThrows(() => new TableVectorizer().fit([row, row]), RangeError, "of the row");
});

Deno.test("of many columns the first thirty are named", () => {
  const row = Object.fromEntries(Array.from({ length: 33 }, (_, j) => [`x${j}`, j]));
  assertThrows(() => labelsOf([row, row], "y"), ValueError, '"x28", "x29" and 3 more');
});

Deno.test("of many categories the first ten are named", () => {
  const table = Array.from({ length: 12 }, (_, i) => ({ kind: String.fromCharCode(97 + i) }));
  const vectorizer = new TableVectorizer({ categories: ["kind"] }).fit([...table, ...table]);
  assertThrows(
    () => vectorizer.transform([{ kind: "z" }]),
    ValueError,
    'is "z", none of the categories "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" and 2 more; handleUnknown',
  );
});

Deno.test("what stands in for cells is told: for missing ones, and for categories that are ignored", () => {
  const vectorizer = new TableVectorizer({ ...SAID, handleUnknown: "ignore" }).fit(PEOPLE);
  const told: unknown[] = [], onStandIn = (...cell: unknown[]) => told.push(cell);
  const [ann] = PEOPLE, rows = [ann, { ...ann, age: "NA" }, { ...ann, sex: "other" }];
  vectorizer.matrixOf("it", rows, { onStandIn });
  assertEquals(told, [["age", undefined], ["sex", "other"]]);
  assertThrows(
    () => vectorizer.matrixOf("it", [ann, { ...ann, age: "old" }], { firstRow: 10 }),
    ValueError,
    'it: row 11, column "age" should be a number, got "old"',
  );
});

Deno.test("a mean of 0 stands in for a missing cell", () => {
  const vectorizer = new TableVectorizer({ impute: "mean" }).fit([{ x: 1 }, { x: -1 }, { x: "" }]);
  assertEquals(vectorizer.columns, [{ name: "x", fill: 0 }]);
  const copy = TableVectorizer.fromJSON(JSON.parse(JSON.stringify(vectorizer)));
  assertEquals(copy.transform([{ x: null }]).toArray(), [[0]]);
});

Deno.test("a vectorizer keeps what it is when lists that it was given, or gave out, are changed", () => {
  const exclude = ["name"], vectorizer = new TableVectorizer({ ...SAID, exclude }).fit(PEOPLE);
  const json = JSON.parse(JSON.stringify(vectorizer)), copy = TableVectorizer.fromJSON(json);
  const before = JSON.stringify(vectorizer);
  const given = [exclude, vectorizer.getParams().exclude, json.columns[2].categories];
  const gaveOut = [vectorizer, copy].flatMap((v) => [v.columns, v.toJSON().columns!])
    .flatMap((columns) => [columns, columns[2].categories]);
  for (const list of [...given, ...gaveOut]) list.push("other");
  assertEquals([JSON.stringify(vectorizer), JSON.stringify(copy)], [before, before]);
});

Deno.test("arguments too many are refused by name, by a vectorizer and for labels", () => {
  const vectorizer = new TableVectorizer(SAID).fit(PEOPLE);
  const given = {
    TableVectorizer: (...args: unknown[]) => Reflect.construct(TableVectorizer, args),
    fit: vectorizer.fit.bind(vectorizer),
    transform: vectorizer.transform.bind(vectorizer),
    fitTransform: vectorizer.fitTransform.bind(vectorizer),
    "TableVectorizer.fromJSON": TableVectorizer.fromJSON,
  };
  for (const [name, call] of Object.entries(given)) {
    const message = `${name}: expected at most 1 argument, got 2`;
    assertThrows(() => (call as (...args: unknown[]) => unknown)({}, 1), TypeError, message);
  }
  assertThrows(
    () => (labelsOf as (...args: unknown[]) => unknown)(PEOPLE, "sex", 1),
    TypeError,
    "labelsOf: expected at most 2 arguments, got 3",
  );
});

Deno.test("every option of a vectorizer has its limits, and the message says them", () => {
  const refuses = (options: Record<string, unknown>, message: string) =>
    assertThrows(() => new TableVectorizer(options), ValueError, `TableVectorizer: ${message}`);
  refuses({ target: 3 }, "target must be the name of a column, or null, got 3");
  refuses({ exclude: "id" }, 'exclude must be a list of names of columns, got "id"');
  refuses({ categories: [1] }, "categories must be a list of names of columns, got [1]");
  refuses({ exclude: Array(1) }, "exclude must be a list of names of columns");
  refuses({ impute: "median" }, 'impute must be "mean", "mostFrequent" or null, got "median"');
  refuses({ handleUnknown: 1 }, 'handleUnknown must be "error" or "ignore", got 1');
  refuses({ maxCategories: 0 }, "maxCategories must be a whole number above 0, got 0");
  refuses({ drop: [] }, 'there is no option "drop"');
});

Deno.test("a vectorizer in JSON is the same vectorizer, fitted or not", () => {
  const vectorizer = new TableVectorizer({ ...SAID, categories: ["class"] }).fit(PEOPLE);
  const copyOf = (v: TableVectorizer) => TableVectorizer.fromJSON(JSON.parse(JSON.stringify(v)));
  assertEquals(copyOf(vectorizer).transform(PEOPLE), vectorizer.transform(PEOPLE));
  assertEquals(copyOf(vectorizer).getParams(), vectorizer.getParams());
  assertEquals(copyOf(new TableVectorizer(SAID)).fitTransform(PEOPLE).cols, 4);
  assertThrows(() => copyOf(vectorizer.clone()).transform(PEOPLE), NotFittedError);
  const refuses = (json: unknown, message: string) =>
    assertThrows(() => TableVectorizer.fromJSON(json as never), TypeError, message);
  refuses(
    null,
    "TableVectorizer.fromJSON: expected what toJSON gives, version 1 or 2, got format undefined",
  );
  const json = vectorizer.toJSON();
  refuses({ ...json, version: 3 }, "version 3");
  refuses({ ...json, format: "@scratch/nn StandardScaler" }, 'got format "@scratch/nn StandardS');
  for (
    const columns of [
      null,
      3,
      [],
      [{}],
      [null],
      [{ name: "x", fill: "a" }],
      [{ name: "x", categories: [] }],
      [
        { name: "x", categories: ["a", "a"] },
      ],
      [{ name: "x", categories: ["a"], fill: "b" }],
      [{ name: "x", categories: [1] }],
      [{ name: "x" }, { name: "x" }],
    ]
  ) refuses(withChecksums({ ...json, columns }), "the columns are not those of a vectorizer");
});

Deno.test("console.log of a vectorizer says what it has learned", () => {
  const vectorizer = new TableVectorizer(SAID);
  assertEquals(Deno.inspect(vectorizer), "TableVectorizer(not fitted)");
  assertEquals(String(vectorizer.fit(PEOPLE)), "TableVectorizer(3 columns, 4 features)");
});

Deno.test("labels are numbers where all are whole, and else texts or booleans", () => {
  const of = (...cells: unknown[]) => labelsOf(cells.map((y) => ({ y })) as Table, "y");
  assertEquals(of("1", " 0", "-7"), [1, 0, -7]);
  assertEquals(of("1", "0", "b "), ["1", "0", "b"]);
  assertEquals(of(true, false), [true, false]);
  assertEquals(of(2, "1"), [2, 1]);
  assertEquals(of(2, "b"), ["2", "b"]);
  assertEquals(of("00501", "10001"), ["00501", "10001"]); // a postal code
  assertEquals(of("10", " 07"), ["10", "07"]);
  assertEquals(of("1.0", "0"), [1, 0]);
  assertEquals(Object.is(of("-0", "1")[0], 0), true);
  const refuses = (cells: unknown[], message: string) =>
    assertThrows(() => of(...cells), ValueError, message);
  refuses(
    [1, "2.5"],
    'labelsOf: row 2, column "y" is "2.5": a classifier predicts classes, and no numbers',
  );
  refuses([1, 2 ** 31], "row 2");
  assertEquals(of(2 ** 31 - 1, -(2 ** 31)), [2 ** 31 - 1, -(2 ** 31)]);
  assertThrows(() => of(), ShapeError, "labelsOf: the table has no rows");
  refuses([true, "yes"], 'labelsOf: labels must be of one type, got true and "yes"');
  refuses([[1], [2]], "labelsOf: a label must be a text, a finite number or a boolean, got [1]");
  refuses(["a", "?"], 'labelsOf: row 2, column "y" is missing');
  assertThrows(
    () => labelsOf(PEOPLE, "Survived"),
    ValueError,
    'labelsOf: there is no column "Survived"; the table has "name", "age", "class", "sex", "survived"',
  );
});

Deno.test("a list of rows is split as a matrix is", () => {
  const y = labelsOf(PEOPLE, "survived"), options = { stratify: true, testSize: 2 };
  const [train, test, yTrain, yTest] = trainTestSplit(PEOPLE, y, options);
  assertEquals([labelsOf(train, "survived"), labelsOf(test, "survived")], [yTrain, yTest]);
  assertEquals(
    [...train, ...test].toSorted((a, b) => PEOPLE.indexOf(a) - PEOPLE.indexOf(b)),
    PEOPLE,
  );
});

const steps = () =>
  [
    new TableVectorizer(SAID),
    new StandardScaler(),
    new NNClassifier<Label>({ ...RECOMMENDED, epochs: 3, schedule: "constant" }),
  ] as const;

Deno.test("a pipeline of a table is its steps one after the other, to the bit", () => {
  const y = labelsOf(PEOPLE, "survived");
  const model = new Pipeline(steps()).fit(PEOPLE, y, { validation: [PEOPLE, y] });
  const [vectorizer, scaler, net] = steps();
  const X = scaler.fit(vectorizer.fitTransform(PEOPLE)).transform(vectorizer.transform(PEOPLE));
  net.fit(X, y, { validation: [X, y] });
  assertEquals(model.classifier.weights, net.weights);
  assertEquals(model.classifier.validation, net.validation);
  assertEquals(model.predict(PEOPLE), net.predict(X));
  assertEquals(model.predictProba(PEOPLE), net.predictProba(X));
  assertEquals(model.score(PEOPLE, y), net.score(X, y));
  assertEquals(model.classes, net.classes);
  const copy = Pipeline.fromJSON<Label>(JSON.parse(JSON.stringify(model)));
  assertEquals(copy.predictProba(PEOPLE), model.predictProba(PEOPLE));
  assertEquals(copy.partialFit(PEOPLE, y).classifier.weights, net.partialFit(X, y).weights);
  assertMatch(
    String(model),
    /^Pipeline\(TableVectorizer\(3 columns, 4 features\), StandardScaler\(4 columns\), NN/,
  );
});

Deno.test("a training on a table that diverges leaves what was learned of the table", () => {
  const y = labelsOf(PEOPLE, "survived"), [vectorizer, scaler] = steps();
  const net = new NNClassifier<Label>({ learningRate: 1e300, epochs: 9 });
  const model = new Pipeline([vectorizer, scaler, net]);
  assertThrows(() => model.fit(PEOPLE, y), DivergenceError);
  assertEquals([vectorizer.featureNames.length, scaler.nFeatures], [4, 4]);
});

Deno.test("a fit on another table learns its columns anew, but not where it is refused", () => {
  const y = labelsOf(PEOPLE, "survived"), model = new Pipeline(steps()).fit(PEOPLE, y);
  const before = JSON.stringify(model);
  assertThrows(() => model.fit(PEOPLE, ["a", "a", "a", "a"]), ValueError, "y has one class, a");
  assertThrows(() => model.fit([], []), ShapeError, "fit: the table has no rows");
  model.train(PEOPLE.map(({ sex: _, ...row }) => row), y); // not begun
  assertEquals(JSON.stringify(model), before);
  model.fit(PEOPLE.map(({ sex: _, ...row }) => row), y);
  assertEquals(model.vectorizer!.featureNames, ["age", "class"]);
  assertEquals(model.classifier.nFeatures, 2);
});

Deno.test("what a pipeline is given must fit it: a table, or a matrix", () => {
  const y = labelsOf(PEOPLE, "survived"), model = new Pipeline(steps()).fit(PEOPLE, y);
  const X = model.vectorizer!.transform(PEOPLE);
  assertThrows(
    () => model.predict(X),
    TypeError,
    "predict: expected a table, a list of rows, got a matrix",
  );
  assertThrows(
    () => model.fit(X, y),
    TypeError,
    "fit: expected a table, a list of rows, got a matrix",
  );
  const plain = new Pipeline<Label>(steps().slice(1) as never);
  assertThrows(() => plain.fit(PEOPLE, y), TypeError, "StandardScaler.fit: expected a Matrix");
  assertThrows(
    () => new Pipeline([new StandardScaler(), ...steps()] as never),
    TypeError,
    "perhaps with a TableVectorizer before them",
  );
});
