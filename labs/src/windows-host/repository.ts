import type { ResolvedSpec } from './resolved.ts';
import { cimv2 } from './wmi/cimv2.ts';
import { cluster } from './wmi/cluster.ts';
import type { CimNamespace } from './wmi/model.ts';
import { registry } from './wmi/registry.ts';
import { type ServiceControl, serviceControl } from './wmi/services.ts';
import { virtualizationV2 } from './wmi/virtualization.ts';
import { virtualizationV1 } from './wmi/virtualization-v1.ts';

/** The WMI namespaces of a host, each made when it is first asked for: a fleet of thousands holds none of them. */
export class Repository {
  readonly #made = new Map<string, CimNamespace | undefined>();
  readonly #spec: ResolvedSpec;
  readonly #startedAt: Date;
  #services: ServiceControl | undefined;

  constructor(spec: ResolvedSpec, startedAt: Date) {
    this.#spec = spec;
    this.#startedAt = startedAt;
  }

  /** A namespace by name, `root/cimv2`, any case and slash; `undefined` when the host does not have it. */
  namespace(name: string): CimNamespace | undefined {
    const key = name.replaceAll('\\', '/').toLowerCase();
    if (!this.#made.has(key)) this.#made.set(key, this.#make(key));
    return this.#made.get(key);
  }

  #make(key: string): CimNamespace | undefined {
    const { roles } = this.#spec;
    switch (key) {
      case 'root/cimv2': {
        this.#services ??= serviceControl(this.#spec);
        const base = cimv2(this.#spec, this.#services, this.#startedAt);
        return { name: base.name, classes: new Map([...base.classes, ...registry('root/cimv2', this.#spec).classes]) };
      }
      case 'root/default':
        return registry('root/default', this.#spec);
      case 'root/virtualization/v2':
        return roles.includes('hyper-v') ? virtualizationV2(this.#spec, this.#startedAt) : undefined;
      case 'root/virtualization':
        return roles.includes('hyper-v-v1') ? virtualizationV1(this.#spec, this.#startedAt) : undefined;
      case 'root/mscluster':
        return roles.includes('cluster') ? cluster(this.#spec) : undefined;
      default:
        return undefined;
    }
  }
}
