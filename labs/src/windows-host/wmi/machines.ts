import type { ResolvedSpec } from '../resolved.ts';

/** One virtual machine of the host. */
export interface Machine {
  /** Virtual system identifier: GUID in upper case. */
  readonly id: string;
  readonly name: string;
  readonly dnsName: string;
  /** EnabledState of Msvm_ComputerSystem: 2 running, 3 off, 32769 saved. */
  readonly enabledState: number;
  readonly generation: 1 | 2;
  readonly processors: number;
  readonly memoryMb: number;
  readonly notes: readonly string[];
  readonly biosGuid: string;
  readonly macAddress: string;
  readonly address: string;
  readonly disk: string;
  readonly upTimeMs: number;
  readonly checkpoint: boolean;
  readonly guestSystem: string;
  readonly createdAt: Date;
}

const STATES = [2, 3, 2, 32_769] as const;

/** The virtual machines asked for; the same in every run, running, off and saved by turns, the first with a checkpoint. */
export function machinesOf(spec: ResolvedSpec): readonly Machine[] {
  return Array.from({ length: spec.virtualMachines }, (_, i) => {
    const name = `${spec.name}-VM${i + 1}`;
    const running = STATES[i % STATES.length] === 2;
    return {
      id: spec.guid(`vm ${i}`),
      name,
      dnsName: `${name.toLowerCase()}${spec.dnsDomain === '' ? '' : `.${spec.dnsDomain}`}`,
      enabledState: STATES[i % STATES.length] as number,
      generation: i % 2 === 0 ? 2 : 1,
      processors: 2 + 2 * (i % 4),
      memoryMb: 4096 * (1 + (i % 4)),
      notes: i === 0 ? ['Web server'] : [],
      biosGuid: `{${spec.guid(`bios ${i}`)}}`,
      macAddress: `00155D00${(0x100 + i).toString(16).padStart(4, '0').toUpperCase()}`,
      address: `198.51.100.${1 + (i % 250)}`,
      disk: `D:\\VMs\\${name}\\Virtual Hard Disks\\${name}.vhdx`,
      upTimeMs: running ? 3_600_000 * (i + 1) : 0,
      checkpoint: i === 0,
      guestSystem: 'Windows Server 2022 Standard',
      createdAt: new Date(Date.UTC(2024, 5, 1 + (i % 28))),
    };
  });
}
