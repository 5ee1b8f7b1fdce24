export { type EmbeddedEtcd, type EmbeddedEtcdSettings, startEmbeddedEtcd } from "./start-embedded-etcd.ts";
