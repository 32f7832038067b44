/** What holds for any matrix, stream, table, scaler and model: fast-check looks for one that breaks it. */

import { assert, assertEquals } from "@std/assert";
import { csvStream, parseCsv } from "../lib/csv.ts";
import { arrayStr } from "../lib/format.ts";
import {
  arraySplit,
  fromSafetensors,
  type Label,
  LabelEncoder,
  Matrix,
  MinMaxScaler,
  NNClassifier,
  type NNClassifierOptions,
  oneHot,
  Pipeline,
  RandomState,
  readNpy,
  readSafetensors,
  shuffleData,
  StandardScaler,
  type Table,
  TableVectorizer,
  toSafetensors,
  trainTestSplit,
  writeNpy,
  writeSafetensors,
} from "../lib/mod.ts";
import { fc } from "./fast_check.ts";

// --- what is drawn -----------------------------------------------------------------------------------

const length = fc.nat(9);
const count = fc.integer({ min: 1, max: 9 });
const whole = fc.integer({ min: -1000, max: 1000 });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });

/** Of any size, NaN and infinities too; of one size, so that their sums are rounded; whole ones. */
const kinds = [fc.double(), fc.integer().map((x) => x / 7e8), whole];

function matrix(
  rows: number,
  cols: number,
  element: fc.Arbitrary<number>,
): fc.Arbitrary<Matrix> {
  const size = { minLength: rows * cols, maxLength: rows * cols };
  return fc.array(element, size).map((x) => Matrix.fromArray(Float64Array.from(x), [rows, cols]));
}

/** Of numbers of any kind, or of bytes. */
function anyMatrix(rows: number, cols: number): fc.Arbitrary<Matrix> {
  const bytes = matrix(rows, cols, fc.nat(255)).map((m) => m.astype("uint8"));
  return fc.oneof(...kinds.map((kind) => matrix(rows, cols, kind)), bytes);
}

/** Two or more matrices, whose shapes follow each other: 2 x 3, 3 x 5, 5 x 1. */
function chain(links: number, element?: fc.Arbitrary<number>): fc.Arbitrary<Matrix[]> {
  return fc.array(length, { minLength: links + 1, maxLength: links + 1 }).chain((sizes) =>
    fc.tuple(
      ...sizes.slice(1).map((cols, l) =>
        element ? matrix(sizes[l], cols, element) : anyMatrix(sizes[l], cols)
      ),
    )
  );
}

const seed = fc.nat(2 ** 32 - 1);

/** Throws unless they have the same bits. Which bits a NaN has, no standard says. */
function assertSame(a: ArrayLike<number>, b: ArrayLike<number>): void {
  assertEquals(a.length, b.length);
  for (let i = 0; i < a.length; i++) {
    assert(Object.is(a[i], b[i]), `${a[i]} at ${i} should be ${b[i]}`);
  }
}

function assertSameMatrix(a: Matrix, b: Matrix): void {
  assertEquals([a.shape, a.dtype], [b.shape, b.dtype]);
  assertSame(a.data, b.data);
}

/** As a file would bring it back. */
function throughText<T>(x: { toJSON(): T }): T {
  return JSON.parse(JSON.stringify(x));
}

// --- matrices ----------------------------------------------------------------------------------------

const shaped = fc.tuple(length, length).chain(([rows, cols]) => anyMatrix(rows, cols));

Deno.test("a transpose has the elements at their turned places", () => {
  fc.assert(fc.property(shaped, (m) => {
    const { rows, cols } = m;
    assertEquals([m.T.shape, m.T.dtype], [[cols, rows], m.dtype]);
    const turned = Array.from(
      { length: rows * cols },
      (_, n) => m.data[n % rows * cols + Math.floor(n / rows)],
    );
    assertSame(m.T.data, turned);
    assert(m.T.T === m);
  }));
});

Deno.test("dot has the bits of the three loops, and its transpose is the transposes' dot", () => {
  fc.assert(fc.property(chain(2), ([a, b]) => {
    const expected = Matrix.zeros([a.rows, b.cols]).map((_, i, j) => {
      let sum = 0;
      for (let k = 0; k < a.cols; k++) sum += a.data[i * a.cols + k] * b.data[k * b.cols + j];
      return sum;
    });
    assertSameMatrix(a.dot(b), expected);
    assertSameMatrix(b.T.dot(a.T), Matrix.fromArray(a.dot(b).T.data, [b.cols, a.rows]));
  }));
});

Deno.test("dot of whole numbers is associative and distributive", () => {
  fc.assert(fc.property(chain(3, whole), ([a, b, c]) => {
    assert(a.dot(b).dot(c).equals(a.dot(b.dot(c))));
    assert(a.dot(b.add(7)).equals(a.dot(b).add(a.dot(Matrix.ones(b.shape)).multiply(7))));
    assert(a.dot(Matrix.identity(a.cols)).equals(a));
  }));
  fc.assert(fc.property(chain(3), ([a, b, c]) => {
    assertEquals(a.dot(b).dot(c).shape, a.dot(b.dot(c)).shape);
  }));
});

Deno.test("sums have the stated order, means are the sums divided, and deviations the roots of such means", () => {
  fc.assert(fc.property(shaped, (m) => {
    const sum = (x: Iterable<number>) => Array.from(x).reduce((a, b) => a + b, 0);
    const columns = Array.from(m.T, sum);
    assertSame(m.sum({ axis: 0 }).data, columns);
    assertSame(m.sum({ axis: 1 }).data, Array.from(m, sum));
    assertSame([m.sum()], [sum(columns)]);
    fc.pre(m.data.length > 0);
    const mean = sum(columns) / m.data.length, means = columns.map((x) => x / m.rows);
    assertSame([m.mean()], [mean]);
    assertSame(m.mean({ axis: 0 }).data, means);
    const squares = (x: Iterable<number>, mean: number) =>
      sum(Array.from(x, (y) => (y - mean) * (y - mean)));
    const ofColumns = Array.from(m.T, (column) => squares(column, mean));
    assertSame([m.std()], [Math.sqrt(sum(ofColumns) / m.data.length)]);
    assertSame(
      m.std({ axis: 0 }).data,
      Array.from(m.T, (column, j) => Math.sqrt(squares(column, means[j]) / m.rows)),
    );
    assertSame(
      m.std({ axis: 1 }).data,
      Array.from(m, (row) => Math.sqrt(squares(row, sum(row) / m.cols) / m.cols)),
    );
  }));
});

Deno.test("min, max and argmax agree with each other and with a loop", () => {
  fc.assert(fc.property(fc.tuple(count, count).chain(([r, c]) => anyMatrix(r, c)), (m) => {
    assertSame([m.max(), m.min()], [Math.max(...m.data), Math.min(...m.data)]);
    assertSame(m.max({ axis: 1 }).data, Array.from(m, (row) => Math.max(...row)));
    assertSame(m.min({ axis: 0 }).data, Array.from(m.T, (column) => Math.min(...column)));
    const first = (x: ArrayLike<number>) => {
      const list = Array.from(x), isNaN = list.findIndex(Number.isNaN);
      return isNaN < 0 ? list.indexOf(Math.max(...list)) : isNaN;
    };
    assertEquals(m.argmax(), first(m.data));
    assertEquals(m.argmax({ axis: 0 }), Int32Array.from(m.T, first));
    assertEquals(m.argmax({ axis: 1 }), Int32Array.from(m, first));
  }));
});

Deno.test("element-wise operations broadcast a row, a column and a number", () => {
  const operands = fc.tuple(length, length).chain(([rows, cols]) =>
    fc.tuple(
      anyMatrix(rows, cols),
      fc.oneof(
        anyMatrix(rows, cols),
        anyMatrix(1, cols),
        anyMatrix(rows, 1),
        anyMatrix(1, 1),
        fc.double(),
      ),
    )
  );
  const operations = {
    add: (x: number, y: number) => x + y,
    subtract: (x: number, y: number) => x - y,
    multiply: (x: number, y: number) => x * y,
    divide: (x: number, y: number) => x / y,
  };
  fc.assert(fc.property(operands, ([a, b]) => {
    const at = (i: number, j: number) =>
      typeof b === "number" ? b : b.at(b.rows === 1 ? 0 : i, b.cols === 1 ? 0 : j);
    for (const [name, of] of Object.entries(operations)) {
      const got = a[name as keyof typeof operations](b);
      assertSameMatrix(got, a.map((x, i, j) => of(x, at(i, j))));
      if (typeof b === "number") continue;
      assertSameMatrix(
        b[name as keyof typeof operations](a),
        a.map((x, i, j) => of(at(i, j), x)),
      );
    }
  }));
});

Deno.test("what is cut by rows or columns and stacked again is the matrix", () => {
  const cut = fc.tuple(shaped, fc.array(fc.integer({ min: -12, max: 12 }), { maxLength: 4 }));
  fc.assert(fc.property(cut, ([m, places]) => {
    const rows = Array.from(m, (row) => Array.from(row));
    const ends = places.map((i) => Math.min(Math.abs(i), m.rows)).sort((a, b) => a - b);
    const parts = [0, ...ends].map((from, i) => m.slice(from, ends[i] ?? m.rows));
    assertSameMatrix(Matrix.vstack(parts), m);
    assertSameMatrix(
      Matrix.hstack(parts.map((part) => part.T)),
      Matrix.fromArray(m.T.data, m.T.shape),
    );
    for (const [i, from] of places.entries()) {
      assertEquals(m.slice(from, places[i + 1]).toArray(), rows.slice(from, places[i + 1]));
    }
    const inside = places.filter((i) => i >= -m.rows && i < m.rows);
    const taken = m.take(inside);
    assertEquals([taken.shape, taken.dtype], [[inside.length, m.cols], m.dtype]);
    assertEquals(taken.toArray(), inside.map((i) => rows.at(i)));
    for (const i of inside) assertSameMatrix(m.row(i), m.take([i]));
  }));
});

Deno.test("JSON, reshaping and types keep every bit", () => {
  fc.assert(fc.property(shaped, (m) => {
    assertSameMatrix(Matrix.fromJSON(throughText(m)), m);
    assertSameMatrix(m.reshape([m.cols, m.rows]).reshape(m.shape), m);
    if (m.dtype === "uint8") assertSameMatrix(m.astype("float64").astype("uint8"), m);
  }));
});

Deno.test("NPY and safetensors files give every bit back, and are written the same way again", () => {
  const named = fc.dictionary(fc.string({ unit: "binary" }), shaped, {
    maxKeys: 4,
    noNullPrototype: false,
  });
  fc.assert(fc.property(shaped, (m) => {
    const file = writeNpy(m), { shape, data } = readNpy(file);
    const copy = Matrix.fromArray(data, [shape[0], shape[1]]);
    assertSameMatrix(copy, m);
    assertEquals(writeNpy(copy), file);
  }));
  fc.assert(
    fc.property(
      named,
      fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })),
      (given, metadata) => {
        fc.pre(!Object.hasOwn(given, "__metadata__"));
        const file = writeSafetensors(given, metadata), read = readSafetensors(file);
        assertEquals(Object.keys(read.tensors).sort(), Object.keys(given).sort());
        for (const [name, { shape, data }] of Object.entries(read.tensors)) {
          assertSameMatrix(Matrix.fromArray(data, [shape[0], shape[1]]), given[name]);
        }
        assertEquals({ ...read.metadata }, { ...metadata });
        assertEquals(writeSafetensors(read.tensors, read.metadata), file);
      },
    ),
  );
});

// --- printing ----------------------------------------------------------------------------------------

/** The numbers of a text as NumPy prints it. */
function numbersIn(text: string): number[] {
  const words = text.replaceAll(/[[\],]/g, " ").trim().split(/\s+/);
  return words[0] === "" ? [] : words.map((word) => Number(word.replace("inf", "Infinity")));
}

Deno.test("what is printed reads as the same numbers, to eight digits, in lines of 75 characters", () => {
  fc.assert(fc.property(shaped, (m) => {
    const text = String(m), repr = Deno.inspect(m).replace(/^array\(|(,\s+\w+=.*)?\)$/g, "");
    for (const numbers of [numbersIn(text), numbersIn(repr)]) {
      assertEquals(numbers.length, m.data.length);
      const size = text.includes("e") ? Math.abs : () => 1;
      numbers.forEach((x, n) => {
        const y = m.data[n];
        const isNear = Object.is(x, y) || Math.abs(x - y) <= 0.5000001e-8 * size(y);
        assert(isNear, `${y} is printed as ${x} in\n${text}`);
      });
    }
    for (const line of `${text}\n${Deno.inspect(m)}`.split("\n")) assert(line.length <= 75, line);
  }));
});

Deno.test("numbers of eight decimals and whole numbers are printed in full", () => {
  const short = fc.integer({ min: -1e9, max: 1e9 }).chain((x) =>
    fc.nat(8).map((digits) => Number(`${x}e-${digits}`))
  );
  fc.assert(fc.property(short, (x) => assertSame(numbersIn(`${Matrix.from([[x]])}`), [x])));
  fc.assert(fc.property(fc.array(fc.maxSafeInteger()), (x) => {
    assertEquals(numbersIn(arrayStr({ data: x, shape: [1, x.length], dtype: "int64" })), x);
  }));
});

// --- random streams ----------------------------------------------------------------------------------

/** Draws so many numbers, at once or one by one. */
type Draw = (rng: RandomState, size?: number) => number | ArrayLike<number>;

const draw: fc.Arbitrary<Draw> = fc.oneof(
  fc.constant<Draw>((rng, size) => rng.random(size as number)),
  fc.constant<Draw>((rng, size) => rng.standardNormal(size as number)),
  fc.tuple(finite, finite).map(([low, high]): Draw => (rng, size) =>
    rng.uniform(low, high, size as number)
  ),
  fc.tuple(finite, fc.nat(100)).map(([loc, scale]): Draw => (rng, size) =>
    rng.normal(loc, scale, size as number)
  ),
  fc.tuple(fc.maxSafeInteger(), fc.maxSafeInteger()).filter(([low, high]) => low < high)
    .map(([low, high]): Draw => (rng, size) => rng.randint(low, high, size as number)),
  fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((n): Draw => (rng, size) =>
    rng.choice(n, size as number)
  ),
);

Deno.test("a stream goes on: numbers drawn at once, in two parts or one by one are the same", () => {
  const steps = fc.array(fc.tuple(draw, length, length), { maxLength: 6 });
  fc.assert(fc.property(seed, steps, (seed, steps) => {
    const [atOnce, inParts, oneByOne] = [1, 2, 3].map(() => new RandomState(seed));
    for (const [draw, a, b] of steps) {
      const numbers = Array.from(draw(atOnce, a + b) as ArrayLike<number>);
      const parts = [a, b].map((size) => Array.from(draw(inParts, size) as ArrayLike<number>));
      assertSame(parts.flat(), numbers);
      assertSame(numbers.map(() => draw(oneByOne) as number), numbers);
    }
    assertSame(
      [inParts.standardNormal(), oneByOne.standardNormal()],
      Array(2).fill(atOnce.standardNormal()),
    );
  }));
});

Deno.test("what is drawn lies where it should, and a matrix is filled row by row", () => {
  const bounds = fc.tuple(fc.maxSafeInteger(), fc.maxSafeInteger()).filter(([a, b]) => a < b);
  fc.assert(fc.property(seed, bounds, count, count, (seed, [low, high], rows, cols) => {
    const draws: ((rng: RandomState, size: number | readonly [number, number]) => unknown)[] = [
      (rng, size) => rng.randint(low, high, size as number),
      (rng, size) => rng.uniform(low, high, size as number),
      (rng, size) => rng.normal(low, 3, size as number),
    ];
    for (const draw of draws) {
      const list = draw(new RandomState(seed), rows * cols) as number[];
      const matrix = draw(new RandomState(seed), [rows, cols]) as Matrix;
      assertSameMatrix(matrix, Matrix.fromArray(Float64Array.from(list), [rows, cols]));
    }
    const rng = new RandomState(seed);
    for (const x of rng.randint(low, high, 20)) {
      assert(Number.isSafeInteger(x) && x >= low && x < high);
    }
    for (const x of rng.uniform(low, high, 20)) assert(x >= low && x <= high); // which rounding can reach
    for (const x of rng.random(20)) assert(x >= 0 && x < 1);
  }));
});

Deno.test("a permutation has everything once, and a choice without replacement nothing twice", () => {
  fc.assert(fc.property(seed, fc.array(fc.anything()), fc.nat(50), (seed, items, n) => {
    const order = new RandomState(seed).permutation(items.length);
    assertEquals(order.toSorted(), Int32Array.from(items.keys()));
    const copy = [...items], shuffled = new RandomState(seed).permutation(items);
    assert(items.every((item, i) => Object.is(item, copy[i])), "the list was changed");
    assert(shuffled.every((item, i) => Object.is(item, copy[order[i]])));
    assert(new RandomState(seed).shuffle(items) === items);
    assert(items.every((item, i) => Object.is(item, shuffled[i])));
    const some = new RandomState(seed).choice(n + 1, n, { replace: false });
    assertEquals(new Set(some).size, n);
    const p = Float64Array.from({ length: n + 2 }, (_, i) => i % 2 === 0 ? 0 : 1);
    const total = p.reduce((a, b) => a + b);
    const odd = new RandomState(seed).choice(n + 2, 20, { p: p.map((x) => x / total) });
    assert(odd.every((i) => i % 2 === 1 && i < n + 2));
  }));
});

// --- splits ------------------------------------------------------------------------------------------

Deno.test("a split has each row once, with its label, and each class's share where it is stratified", () => {
  const labels = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 2, maxLength: 60 });
  const cut = fc.tuple(labels, fc.double({ min: 0.01, max: 0.99 }), fc.boolean(), seed);
  fc.assert(fc.property(cut, ([y, share, stratify, randomSeed]) => {
    const rows = y.map((label, i) => ({ label, i }));
    const tested = Math.ceil(share * y.length), trained = y.length - tested;
    const counts = new Map(y.map((l) => [l, y.filter((label) => label === l).length]));
    fc.pre(trained > 0);
    fc.pre(
      !stratify || (Math.min(trained, tested) >= counts.size && ![...counts.values()].includes(1)),
    );
    const options = { testSize: share, stratify, randomSeed };
    const [train, test, yTrain, yTest] = trainTestSplit(rows, y, options);
    assertEquals([train.length, test.length], [trained, tested]);
    assertEquals([...train, ...test].map(({ i }) => i).sort((a, b) => a - b), [...y.keys()]);
    assertEquals([...yTrain, ...yTest], [...train, ...test].map(({ label }) => label));
    const X = Matrix.from(rows.map(({ i }) => [i, -i]));
    const [XTrain, XTest] = trainTestSplit(X, y, { ...options, testSize: tested });
    assertEquals(Matrix.vstack([XTrain, XTest]), X.take([...train, ...test].map(({ i }) => i)));
    if (!stratify) return;
    for (const [label, count] of counts) {
      const got = yTrain.filter((l) => l === label).length;
      assert(Math.abs(got - count * trained / y.length) < 1, `${got} of ${count} ${label}`);
    }
  }));
});

Deno.test("arraySplit cuts into parts as equal as can be, and shuffleData keeps each label at its row", () => {
  fc.assert(fc.property(fc.array(finite), count, seed, (x, sections, randomSeed) => {
    const lists = [arraySplit(x, sections), arraySplit(Float64Array.from(x), sections)];
    const X = Matrix.fromArray(x, [x.length, 1]);
    for (const parts of [...lists, arraySplit(X, sections).map(({ data }) => data)]) {
      const lengths = parts.map((part) => part.length);
      assertEquals(lengths, lengths.toSorted((a, b) => b - a));
      assert(lengths[0] - lengths[sections - 1] <= 1);
      assertSame(parts.flatMap((part) => Array.from(part)), x);
    }
    const [shuffled, y] = shuffleData(X, x, { randomSeed });
    assertSame(shuffled.data, y);
    assertSame(
      y.toSorted((a, b) => a - b || 1 / a - 1 / b),
      x.toSorted((a, b) => a - b || 1 / a - 1 / b),
    );
  }));
});

// --- encodings ---------------------------------------------------------------------------------------

const someLabels: fc.Arbitrary<Label[]> = fc.oneof(
  fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }),
  fc.array(fc.integer(), { minLength: 1 }),
  fc.array(fc.boolean(), { minLength: 1 }),
);

Deno.test("labels come back from their numbers, which have the order of the sorted classes", () => {
  fc.assert(fc.property(someLabels, (y) => {
    const encoder = new LabelEncoder<Label>(), numbers = encoder.fitTransform(y);
    assertEquals(encoder.inverseTransform(numbers), y);
    assertEquals(new Set(encoder.classes), new Set(y));
    const byCodePoints = (label: Label) =>
      typeof label === "string"
        ? Array.from(label, (c) => c.codePointAt(0)!.toString(16).padStart(6, "0")).join("")
        : Number(label);
    const keys = encoder.classes.map(byCodePoints);
    assert(keys.every((key, i) => i === 0 || keys[i - 1] < key), "not sorted, or one twice");
    const hot = oneHot(numbers, encoder.classes.length);
    assertEquals(hot.argmax({ axis: 1 }), numbers);
    assertEquals([hot.sum(), hot.max()], [y.length, 1]);
  }));
});

/** Rows with a number, as such or as its text, a category, and a boolean. */
const table = fc.array(
  fc.record({
    number: fc.oneof(finite, finite.map(String), finite.map((x) => ` ${x} `)),
    colour: fc.constantFrom("red", "green", "blue", "é", "naïve"),
    isOld: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
);

Deno.test("a table's numbers stay what they are, its categories are a one each, and JSON keeps what was learned", () => {
  fc.assert(fc.property(table, (rows) => {
    const vectorizer = new TableVectorizer(), X = vectorizer.fitTransform(rows);
    const [number, colour, isOld] = vectorizer.columns, width = colour.categories!.length;
    assertEquals([number.categories, isOld.categories?.length], [
      undefined,
      new Set(rows.map((r) => r.isOld)).size,
    ]);
    assertSame(X.T.row(0).data, rows.map((row) => Number(row.number)));
    rows.forEach((row, i) => {
      const ones = Array.from(X.row(i).data.subarray(1), (x, j) => x === 1 ? j : -1).filter((j) =>
        j >= 0
      );
      const names = ones.map((j) => vectorizer.featureNames[j + 1]);
      assertEquals(names, [`colour=${row.colour}`, `isOld=${row.isOld}`]);
      assert(ones[0] < width);
    });
    assertEquals(X.T.slice(1).sum(), 2 * rows.length);
    const copy = TableVectorizer.fromJSON(throughText(vectorizer));
    assertSameMatrix(copy.transform(rows.toReversed()), X.take([...rows.keys()].reverse()));
    assertEquals(throughText(copy), throughText(vectorizer));
  }));
});

const cell = fc.string({
  unit: fc.constantFrom("a", "0", " ", ",", ";", "\t", '"', "\n", "é", "🙂", "="),
});

Deno.test("a table in quotes comes back from CSV, whatever its cells and wherever its stream is cut", async () => {
  const cells = fc.integer({ min: 1, max: 5 }).chain((width) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 })
  );
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(
      cells,
      fc.constantFrom(",", ";", "\t", "|"),
      fc.constantFrom("\n", "\r\n"),
      fc.nat(),
      async (cells, separator, end, at) => {
        const names = cells[0].map((_, j) => `column ${j + 1}`);
        const text = [names, ...cells].map((row) => row.map(quote).join(separator) + end).join("");
        const rows = cells.map((row) => Object.fromEntries(row.map((cell, j) => [names[j], cell])));
        assertEquals(parseCsv(text, { separator }), rows);
        const cut = at % text.length, streamed = [];
        const pieces = ReadableStream.from([text.slice(0, cut), text.slice(cut)]);
        for await (const some of csvStream(pieces, { separator })) streamed.push(...some);
        assertEquals(streamed, rows);
      },
    ),
  );
});

// --- scalers -----------------------------------------------------------------------------------------

const scaler = fc.oneof(
  fc.boolean().map((skipBinary) => new StandardScaler({ skipBinary })),
  fc.record({
    featureRange: fc.tuple(whole, count).map(([low, width]) => [low, low + width] as const),
    perFeature: fc.boolean(),
  }).map((options) => new MinMaxScaler(options)),
);

const tall = fc.tuple(count, count).chain(([rows, cols]) =>
  fc.oneof(matrix(rows, cols, whole), matrix(rows, cols, finite), matrix(rows, cols, fc.nat(1)))
);

Deno.test("a scaler's inverse gives the data back, JSON keeps its bits, and rows are scaled one by one", () => {
  fc.assert(fc.property(tall, scaler, (X, scaler) => {
    const scaled = scaler.fit(X).transform(X), back = scaler.inverseTransform(scaled);
    // a rounding of the largest number that comes up on the way
    const tolerance = 8 * Number.EPSILON * (1 + Math.max(...X.abs().data)) * 1001;
    back.data.forEach((x, n) =>
      assert(Math.abs(x - X.data[n]) <= tolerance, `${x} was ${X.data[n]}`)
    );
    const json = throughText(scaler);
    const copy = scaler instanceof StandardScaler
      ? StandardScaler.fromJSON(json)
      : MinMaxScaler.fromJSON(json);
    assertSameMatrix(copy.transform(X), scaled);
    assertSameMatrix(copy.inverseTransform(X), scaler.inverseTransform(X));
    assertEquals(throughText(copy), json);
    const rows = Array.from({ length: X.rows }, (_, i) => scaler.transform(X.row(i)));
    assertSameMatrix(Matrix.vstack(rows), scaled);
    assertSameMatrix(scaler.clone().fit(X).transform(X), scaled);
  }));
});

Deno.test("scaled columns lie in their range, or have the mean 0 and the deviation 1", () => {
  fc.assert(fc.property(tall, (X) => {
    const { data } = new MinMaxScaler({ featureRange: [-2, 3] }).fit(X).transform(X);
    assert(data.every((x) => x > -2 - 1e-9 && x < 3 + 1e-9));
    const Z = new StandardScaler().fit(X).transform(X);
    for (const [j, column] of Array.from(X.T).entries()) {
      const z = Z.T.row(j);
      assert(Math.abs(z.mean()) < 1e-6, `the mean is ${z.mean()}`);
      const isConstant = column.every((x) => x === column[0]);
      if (isConstant) assert(z.std() < 1e-6);
      else if (Number.isInteger(Math.max(...column))) assert(Math.abs(z.std() - 1) < 1e-6);
    }
  }));
});

// --- models ------------------------------------------------------------------------------------------

const options: fc.Arbitrary<NNClassifierOptions<Label>> = fc.record({
  nHiddenUnits: fc.oneof(count, fc.array(count, { maxLength: 3 })),
  activation: fc.constantFrom("sigmoid", "tanh", "relu"),
  output: fc.constantFrom("sigmoid", "softmax"),
  initialWeights: fc.constantFrom("uniform", "glorot", "he"),
  penalty: fc.constantFrom("article", "exact"),
  reduction: fc.constantFrom("sum", "mean"),
  l1: fc.constantFrom(0, 0.01),
  l2: fc.constantFrom(0, 0.01),
  momentum: fc.constantFrom(0, 0.5),
  batchSize: fc.constantFrom(null, 1, 3),
  shuffle: fc.boolean(),
  learningRate: fc.constant(0.001),
  randomSeed: seed,
});

Deno.test("a pipeline that went through JSON predicts, and learns on, to the same bits", () => {
  const classes = fc.constantFrom<Label[]>([0, 1, 2], ["no", "yes"], [true, false], [7, -3]);
  const rows = table.filter((rows) => rows.length >= 2);
  const scalers = fc.constantFrom(new StandardScaler(), new MinMaxScaler());
  const drawn = fc.tuple(rows, classes, options, scalers, fc.boolean());
  fc.assert(fc.property(drawn, ([rows, classes, options, scaler, isTable]) => {
    const y = rows.map((_, i) => classes[i % classes.length]);
    const net = new NNClassifier<Label>({ ...options, epochs: 2 });
    const model = new Pipeline<Label>(
      isTable ? [new TableVectorizer(), scaler.clone(), net] : [scaler.clone(), net],
    );
    const X: Matrix | Table = isTable ? rows : new TableVectorizer().fitTransform(rows);
    model.fit(X, y);
    const best = model.predictProba(X).argmax({ axis: 1 });
    assertEquals(Array.from<Label>(model.predict(X)), Array.from(best, (k) => model.classes[k]));
    assertEquals(new Set(model.classes), new Set(y));
    const same = (copy: Pipeline<Label> | NNClassifier<Label>) => {
      assert(copy instanceof Pipeline);
      assertSameMatrix(copy.predictProba(X), model.predictProba(X));
      assertEquals(copy.predict(X), model.predict(X));
      assertEquals([copy.classes, copy.score(X, y)], [model.classes, model.score(X, y)]);
    };
    const copy = Pipeline.fromJSON<Label>(throughText(model));
    same(copy);
    same(fromSafetensors<Label>(toSafetensors(model)));
    assertEquals(throughText(copy), throughText(model));
    copy.partialFit(X, y);
    model.partialFit(X, y);
    same(copy);
    assertEquals(throughText(copy), throughText(model));
  }));
});

Deno.test("a network predicts a row alone as it does among others, and trains the same way again", () => {
  const data = fc.integer({ min: 2, max: 9 }).chain((rows) =>
    fc.integer({ min: 1, max: 9 }).chain((cols) =>
      matrix(rows, cols, fc.oneof(fc.constant(0), fc.double({ noNaN: true, min: -3, max: 3 })))
    )
  );
  fc.assert(fc.property(data, options, (X, options) => {
    const y = Array.from({ length: X.rows }, (_, i) => i % 2);
    const net = new NNClassifier<number>({ ...options as NNClassifierOptions, epochs: 2 }).fit(
      X,
      y,
    );
    const alone = Array.from({ length: X.rows }, (_, i) => net.predictProba(X.row(i)));
    assertSameMatrix(Matrix.vstack(alone), net.predictProba(X));
    const weights = net.weights;
    net.fit(X, y).weights.forEach((w, l) => assertSameMatrix(w, weights[l]));
    assertEquals(net.errors.length, 2);
  }));
});
