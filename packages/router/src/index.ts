export { type ExplainableRequest, type ExplainedRequest, explainRequest } from "./admin/explain-request.ts";
export { type BuiltTable, type TableInput, buildTable } from "./build-table.ts";
export type { Rejection } from "./control/accepted-records.ts";
export type { ControlState, ControlStatus } from "./control/control-status.ts";
export { type GuardPolicy, resolveGuardPolicy } from "./control/guards/guard-policy.ts";
export type { FollowedSource, RecordSource } from "./control/record-source.ts";
export { describeAdmin } from "./describe-admin.ts";
export { runRouter } from "./main.ts";
export type { AccessLogFormat } from "./observe/access-log.ts";
export { METRICS, type MetricName, type MetricRow } from "./observe/metrics-table.ts";
export { type TraceSettings, resolveTraceSettings } from "./observe/traces/trace-settings.ts";
export { FAILURES, type FailureCode, type FailureRow } from "./request/failures.ts";
export type { EngineName, ListenAt, RouterSettings } from "./router-settings.ts";
export { type Router, startRouter } from "./router.ts";
export type {
  ExplainedDestination,
  ExplainedInstance,
  ExplainedPath,
  Explanation,
  InstanceOutcome,
} from "./table/explain.ts";
export { type ListenerPolicy, type Policy, resolveListenerPolicy, resolvePolicy } from "./table/policy.ts";
export type { Table } from "./table/table.ts";
