export type { HealthSettings } from "./watch-health.ts";
export type { InstanceOptions } from "./instance-options.ts";
export { register, type RegisterOptions } from "./register.ts";
export { openRegistrar, type Registrar, type RegistrarOptions } from "./registrar.ts";
export { RegistrarError, type RegistrarErrorCode } from "./registrar-error.ts";
export type { LeaveOptions, Registration } from "./registration.ts";
export type { RegistrationState } from "./registration-state.ts";
export { type ProgramOptions, runProgram } from "./run-program.ts";
export {
  type ReplicaBarrier,
  type ReplicaProgress,
  type ReplicaWait,
  waitForReplicas,
} from "./wait-for-replicas.ts";
