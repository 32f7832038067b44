/** The benchmark's committed results, and what it takes for agreement. Nothing is timed here. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { JOBS } from "../bench/jobs.ts";
import { growthFigure, raceFigure, shortTable, speedFigure, table } from "../bench/report.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

Deno.test("the tables are those of the results, and so are the figures", async () => {
  const session = JSON.parse(await read("bench/results/results.json"));
  assertEquals(await read("bench/results/table.md"), `${await table(session)}\n`);
  assertStringIncludes(await read("README.md"), await shortTable(session));
  const figures = { speed: speedFigure, growth: growthFigure, race: raceFigure };
  for (const [name, figure] of Object.entries(figures)) {
    const committed = await Deno.readFile(new URL(`bench/results/${name}.png`, ROOT));
    assertEquals((await figure(session).png()).toBase64(), committed.toBase64(), name);
  }
});

Deno.test("every job was done by us and by NumPy", async () => {
  const { jobs } = JSON.parse(await read("bench/results/results.json"));
  for (const { id, peers = [] } of JOBS) {
    const sides: string[] = jobs.filter(({ job }: { job: string }) => job === id)
      .map(({ side }: { side: string }) => side);
    for (const side of ["ours", "NumPy", ...peers.map(({ name }) => name)]) {
      assert(sides.includes(side), `${id}: ${side}`);
    }
  }
});

Deno.test("a job that came to something else does not agree", () => {
  const outcomes: Record<string, [ours: unknown, other: unknown]> = {
    main: [{ first: 1631.3362666774563 }, { first: 1631.3363 }],
    whole: [{ right: 48783 }, { right: 47000 }],
    standardised: [{ last: 9.639475028968072 }, { last: 9.6394751 }],
    wide: [{ first: 8170.060168698253 }, { first: 8170.0605 }],
    large: [{ first: 1901.5 }, { first: 1904 }],
    "large-1": [{ first: 1901.5 }, { first: NaN }],
    predict: [{ counts: [1, 2] }, { counts: [2, 1] }],
    xor: [{ sums: [1, 2] }, { sums: [1, 2.1] }],
    dot: [{ sum: 557.024924321296 }, { sum: 557.0249 }],
  };
  for (const { id, agree } of JOBS) {
    const [ours, other] = outcomes[id];
    assert(agree(ours, ours), id);
    assert(!agree(ours, other), id);
  }
});
