// The admin API's words: what a router's admin listener answers, and what its stream sends. The dashboard and the
// command read by these; /api/openapi.json is made from them.

export * from "./certificate-expiry.ts";
export * from "./certificate-view.ts";
export * from "./figures.ts";
export * from "./health.ts";
export * from "./live-event.ts";
export * from "./problem.ts";
export * from "./reload-result.ts";
export * from "./roll-up.ts";
export * from "./status.ts";
export * from "./stream-message.ts";
export * from "./table-views.ts";
export * from "./tap-sample.ts";
export * from "./write-result.ts";
export { routeSchema } from "../route.ts";
export { settingsSchema } from "../settings.ts";
