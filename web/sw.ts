/**
 * The service worker of a site that a host serves: once the page was loaded, it works offline, and so do the pages of the
 * course that were opened. What the host has comes first. `build.ts` puts `VERSION` and `FILES` in front of it.
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

/** The caches of other sites of the same host have other names. */
const SITE = "@scratch/nn ", CACHE = SITE + VERSION;

on("install", (event) => {
  const fresh = ["./", ...FILES].map((name) => new Request(name, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});
on("activate", (event) => {
  const forget = async () => {
    for (const key of await caches.keys()) {
      if (key.startsWith(SITE) && key !== CACHE) await caches.delete(key);
    }
  };
  event.waitUntil(forget());
});
on("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event));
});

/** What the host has, kept from now on; without a network what was kept. */
async function answer(event: ServiceWorkerEvent): Promise<Response> {
  const { request } = event, cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    // where there is no room, it is shown all the same
    if (response.ok) event.waitUntil(cache.put(request, response.clone()).catch(() => {}));
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
