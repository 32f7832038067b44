/** What all parts of the page use of it. */

/** The element of this id, of this kind. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  return document.getElementById(id) as Element as T;
}

/** Has a button, or another element, do something; what goes wrong is said in `status`. */
export function on(
  id: string,
  event: string,
  status: string,
  act: (event: Event) => unknown,
): void {
  byId(id).addEventListener(event, async (given) => {
    try {
      await act(given);
    } catch (error) {
      if ((error as Error).name !== "AbortError") {
        byId(status).textContent = (error as Error).message;
      }
    }
  });
}

/** The same of an input for a file, which may be the same one again. */
export function onFile(id: string, status: string, act: (file: File) => Promise<void>): void {
  on(id, "change", status, async ({ target }) => {
    const input = target as HTMLInputElement, [file] = input.files!;
    if (!file) return;
    try {
      await act(file);
    } finally {
      input.value = "";
    }
  });
}

/** What is made when it is first asked for; anew where that failed. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
}

/** The next frame. */
export function frame(): Promise<number> {
  return new Promise(requestAnimationFrame);
}
