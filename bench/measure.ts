/** What every measuring process needs. */

/** The middle one of some numbers, or the mean of the middle two. */
export function median(x: readonly number[]): number {
  const sorted = [...x].sort((a, b) => a - b);
  return (sorted[(x.length - 1) >> 1] + sorted[x.length >> 1]) / 2;
}

/** The most memory that this process has had, where the system tells; else what it has now. */
export function peakMiB(): number {
  try {
    return Number(Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\s+(\d+) kB/)![1]) / 1024;
  } catch {
    return Deno.memoryUsage().rss / 2 ** 20;
  }
}
