// The manifests in deploy/kubernetes, as far as they are looked at.

import { filesIn, yamlDocuments } from "./repository.ts";

type Labels = Readonly<Record<string, string>>;

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly env?: readonly { readonly name: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: {
    readonly preStop: {
      readonly exec?: { readonly command: readonly string[] };
      readonly sleep?: { readonly seconds: number };
    };
  };
  readonly resources?: { readonly requests: object; readonly limits: object };
  readonly securityContext: object;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Pod {
  readonly serviceAccountName?: string;
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas: number;
    readonly maxUnavailable: number;
    readonly selector: Labels & { readonly matchLabels: Labels };
    readonly ports: readonly { readonly name: string; readonly targetPort: string }[];
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: Pod };
  };
}

/** Every manifest. */
export function readManifests(): Manifest[] {
  return filesIn("deploy/kubernetes/*.yaml").flatMap((file) => yamlDocuments(file) as Manifest[]);
}

/** The containers of a pod that run as long as it does: the app's, and its sidecars. */
export function runningContainers({ initContainers = [], containers }: Pod): Container[] {
  return [...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always"), ...containers];
}

/** The paths that the probes of a container ask, and the port by its name. */
export function probesOf({ livenessProbe, readinessProbe }: Container): Probe["httpGet"][] {
  return [livenessProbe, readinessProbe].flatMap((probe) => (probe === undefined ? [] : [probe.httpGet]));
}

/** The paths that probes ask of a router's admin listener. */
export function adminProbePaths(): string[] {
  const containers = readManifests().flatMap(({ kind, spec }) =>
    kind === "Deployment" ? spec.template.spec.containers : [],
  );
  const probes = containers.flatMap(probesOf);
  return probes.filter(({ port }) => port === "admin").map(({ path }) => path);
}
