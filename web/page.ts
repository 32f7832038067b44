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

/** The next frame. */
export function frame(): Promise<number> {
  return new Promise(requestAnimationFrame);
}
