// A program that serves gRPC on PORT in clear text: `/shop.Cart/Name` answers its NAME, and its health is told as gRPC does.
// It ends with its parent, so that a test that is stopped leaves nothing behind.

import { Server, ServerCredentials, type handleUnaryCall } from "@grpc/grpc-js";

const asIs = (message: Buffer): Buffer => message;
const server = new Server();
const name: handleUnaryCall<Buffer, Buffer> = (_call, callback) =>
  callback(null, Buffer.from(process.env["NAME"] ?? ""));
// HealthCheckResponse { status = SERVING }
const health: handleUnaryCall<Buffer, Buffer> = (_call, callback) => callback(null, Buffer.from([8, 1]));
server.register("/shop.Cart/Name", name, asIs, asIs, "unary");
server.register("/grpc.health.v1.Health/Check", health, asIs, asIs, "unary");
server.bindAsync(`127.0.0.1:${process.env["PORT"]}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
process.once("SIGTERM", () => server.tryShutdown(() => process.exit(0)));

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1_000).unref();
