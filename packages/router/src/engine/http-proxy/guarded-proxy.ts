import httpProxy from "http-proxy";

/** What http-proxy keeps its passes in; its types do not tell. */
interface Passes {
  webPasses: { readonly name: string }[];
}

/**
 * http-proxy with the defects switched off that can be. The others are guarded where they would strike:
 * proxied-exchange.ts, relay-answer.ts and tunnel.ts.
 */
export function createGuardedProxy(): httpProxy {
  const proxy = httpProxy.createProxyServer({
    // Its own way with paths goes through the deprecated url.parse, which throws on some targets, and makes
    // one slash of two: hand-over-agent.ts sets the target.
    toProxy: true,
    ignorePath: true,
    // Its own way with answers joins duplicate fields, and leaves the client hanging when an answer is cut.
    selfHandleResponse: true,
  });
  // CVE-2026-29057: `deleteLength` gives a DELETE or OPTIONS with a chunked body `content-length: 0` and
  // sends the body all the same, as a second request.
  if (!hasPasses(proxy)) throw new Error("http-proxy is not the one whose defects are known here");
  proxy.webPasses = proxy.webPasses.filter(({ name }) => name !== "deleteLength");
  // Errors come to the callback of each call; one that comes after it has nothing left to tell.
  proxy.on("error", () => undefined);
  return proxy;
}

function hasPasses(proxy: object): proxy is Passes {
  return "webPasses" in proxy && Array.isArray(proxy.webPasses);
}
