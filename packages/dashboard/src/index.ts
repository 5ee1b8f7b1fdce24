// For the router, in Node. The rest of this folder is the page, for browsers.

/** The folder with the built page: `index.html`, and `assets/` with a hash in each name. Empty where it was not built. */
export const pageFolder = new URL("../dist/page/", import.meta.url);
