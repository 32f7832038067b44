/**
 * The service worker: once the page was loaded, it works offline. It keeps the files of one build, and forgets those of the
 * one before. `build.ts` puts `VERSION` and `FILES` in front of it.
 */

declare const VERSION: string, FILES: readonly string[];

/** Of a service worker, what is used here: the types of pages do not have it. */
interface ServiceWorkerEvent extends Event {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

function on(name: string, act: (event: ServiceWorkerEvent) => void): void {
  addEventListener(name, act as (event: Event) => void);
}

on("install", (event) => {
  event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll(["./", ...FILES])));
});
on("activate", (event) => {
  const forget = async () => {
    for (const key of await caches.keys()) if (key !== VERSION) await caches.delete(key);
  };
  event.waitUntil(forget());
});
on("fetch", (event) => event.respondWith(answer(event.request)));

/** What is kept; else what the host has, kept from now on: the pages of the course that one has opened. */
async function answer(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(VERSION)).put(request, response.clone());
  return response;
}
