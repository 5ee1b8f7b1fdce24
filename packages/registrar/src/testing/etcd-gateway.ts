/** The JSON gateway of a real etcd, for what no store does: users, revoking a lease by its id, filling it up. */
export class EtcdGateway {
  readonly #endpoint: string;
  #token: string | undefined;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  async logIn(name: string, password: string): Promise<void> {
    const { token } = await this.call("/v3/auth/authenticate", { name, password });
    this.#token = token;
  }

  /** Adds a user whose one role may use these key prefixes. */
  async addUser(
    name: string,
    password: string,
    permissions: readonly { prefix: string; type: "READ" | "READWRITE" }[],
  ): Promise<void> {
    await this.call("/v3/auth/role/add", { name });
    for (const { prefix, type } of permissions) {
      const perm = { permType: type, key: base64(prefix), range_end: base64(endOf(prefix)) };
      await this.call("/v3/auth/role/grant", { name, perm });
    }
    await this.call("/v3/auth/user/add", { name, password });
    await this.call("/v3/auth/user/grant", { user: name, role: name });
  }

  async revoke(lease: string): Promise<void> {
    await this.call("/v3/lease/revoke", { ID: lease });
  }

  /** Puts junk until etcd takes no more. */
  async fill(): Promise<void> {
    const value = base64("x".repeat(500_000));
    for (let i = 0; i < 50; i++) {
      try {
        await this.call("/v3/kv/put", { key: base64(`/junk/${i}`), value });
      } catch (error) {
        if (String(error).includes("space exceeded")) return;
        throw error;
      }
    }
    throw new Error("etcd took everything");
  }

  async call(path: string, message: object): Promise<{ token?: string }> {
    const response = await fetch(new URL(path, this.#endpoint), {
      method: "POST",
      body: JSON.stringify(message),
      ...(this.#token !== undefined && { headers: { authorization: this.#token } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`etcd answered ${path} with ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
