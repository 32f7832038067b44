/** Counts how often the library wakes a worker from now on: it does without workers in silence. */
export function countWakes(): { readonly count: number } & Disposable {
  let count = 0;
  const notify = Atomics.notify;
  Atomics.notify = ((...args: Parameters<typeof notify>) => {
    count++;
    return notify(...args);
  }) as typeof notify;
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]: () => {
      Atomics.notify = notify;
    },
  };
}
