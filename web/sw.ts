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
on("fetch", (event) => {
  event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
});
