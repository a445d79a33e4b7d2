import { NS, type WsmanInstance, type WsmanValue } from '@winmedic/wsman';
import type { ResolvedSpec } from './resolved.ts';
import { refuse } from './soap/faults.ts';

/** A part of the configuration: names with values or further parts, in WinRM's order (MS-WSMV 2.2.4.10, recorded answers). */
type Part = Map<string, string | Part>;

/** `winrm/config` of the host: read whole or in parts, values changed by Put. */
export class Configuration {
  readonly #root: Part;

  constructor(spec: ResolvedSpec) {
    this.#root = build(spec);
  }

  /** A part as an instance. @param path what follows `…/config` in the resource URI: empty, `/service`, `/service/auth`, `/winrs` … */
  read(path: string): WsmanInstance {
    const { name, part } = this.#find(path);
    return { class: name, resourceUri: `${NS.cfg}${path}`, properties: values(part) };
  }

  /** Changes values of a part that exist; anything else is a schema fault. */
  change(path: string, changes: ReadonlyMap<string, WsmanValue>): void {
    const { part } = this.#find(path);
    for (const [name, value] of changes) {
      if (typeof value !== 'string' || typeof part.get(name) !== 'string') throw refuse.schema();
      part.set(name, value);
    }
  }

  #find(path: string): { readonly name: string; readonly part: Part } {
    let [name, part] = ['Config', this.#root];
    for (const step of path.split('/').filter((s) => s !== '')) {
      const found = [...part].find(([key, value]) => typeof value !== 'string' && key.toLowerCase() === step.toLowerCase());
      if (found === undefined || typeof found[1] === 'string') throw refuse.resourceUri();
      [name, part] = [found[0], found[1]];
    }
    return { name, part };
  }
}

function values(part: Part): Map<string, WsmanValue> {
  return new Map([...part].map(([name, value]) => [name, typeof value === 'string' ? value : { properties: values(value) }]));
}

function build({ auth, limits }: ResolvedSpec): Part {
  const part = (values: Readonly<Record<string, string | number | boolean | Part>>): Part =>
    new Map(Object.entries(values).map(([name, value]) => [name, value instanceof Map ? value : String(value)]));
  const ports = () => part({ HTTP: 5985, HTTPS: 5986 });
  return part({
    MaxEnvelopeSizekb: limits.maxEnvelopeSizeKb,
    MaxTimeoutms: 60_000,
    MaxBatchItems: limits.maxBatchItems,
    MaxProviderRequests: 4_294_967_295,
    Client: part({
      NetworkDelayms: 5000,
      URLPrefix: 'wsman',
      AllowUnencrypted: false,
      Auth: part({ Basic: true, Digest: true, Kerberos: true, Negotiate: true, Certificate: true, CredSSP: false }),
      DefaultPorts: ports(),
      TrustedHosts: '',
    }),
    Service: part({
      RootSDDL: 'O:NSG:BAD:P(A;;GA;;;BA)(A;;GA;;;RM)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)',
      MaxConcurrentOperations: 4_294_967_295,
      MaxConcurrentOperationsPerUser: limits.maxConcurrentOperationsPerUser,
      EnumerationTimeoutms: limits.enumerationTimeoutMs,
      MaxConnections: limits.maxConnections,
      MaxPacketRetrievalTimeSeconds: 120,
      AllowUnencrypted: auth.allowUnencrypted,
      Auth: part({
        Basic: auth.basic,
        Kerberos: auth.kerberos,
        Negotiate: auth.negotiate,
        Certificate: auth.certificate,
        CredSSP: auth.credSsp,
        CbtHardeningLevel: auth.cbtHardeningLevel,
      }),
      DefaultPorts: ports(),
      IPv4Filter: '*',
      IPv6Filter: '*',
      EnableCompatibilityHttpListener: false,
      EnableCompatibilityHttpsListener: false,
      CertificateThumbprint: '',
      AllowRemoteAccess: true,
    }),
    Winrs: part({
      AllowRemoteShellAccess: true,
      IdleTimeout: 7_200_000,
      MaxConcurrentUsers: 10,
      MaxShellRunTime: 2_147_483_647,
      MaxProcessesPerShell: 25,
      MaxMemoryPerShellMB: 1024,
      MaxShellsPerUser: limits.maxShellsPerUser,
    }),
  });
}
