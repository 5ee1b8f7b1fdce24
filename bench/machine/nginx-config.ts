/** Root's nginx would give its rights up, and could not read the folder any more. */
const USER = process.getuid?.() === 0 ? "user root;" : "";

/** The configuration of an nginx with one worker process that writes nowhere but in a folder; `http`: what its http block has besides. */
export const nginxConfig = (folder: string, http: string): string => `
${USER}
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 19000; }
http {
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
  uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
${http}
}
`;

/** The upstream `app`, with connections that are kept alive. */
export const nginxUpstream = (ports: readonly number[]): string => `
  upstream app {
    ${ports.map((port) => `server 127.0.0.1:${port};`).join(" ")}
    keepalive 512; keepalive_requests 1000000000;
  }`;
