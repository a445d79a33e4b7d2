import type { Machine } from './machines.ts';
import { type CimInstance, type CimMethod, type CimValue, datetime, instanceOf } from './model.ts';

/**
 * Properties of Msvm_SummaryInformation by the codes of RequestedInformation (win32 documentation of GetSummaryInformation, hyperv_v2).
 * The thumbnails 5 to 7 and codes this table does not have give nothing.
 */
const PROPERTIES: ReadonlyMap<number, readonly [name: string, value: (machine: Machine) => CimValue]> = new Map<
  number,
  readonly [string, (machine: Machine) => CimValue]
>([
  [0, ['Name', (m) => m.id]],
  [1, ['ElementName', (m) => m.name]],
  [2, ['CreationTime', (m) => datetime(m.createdAt)]],
  [3, ['Notes', (m) => m.notes.join('\n')]],
  [4, ['NumberOfProcessors', (m) => m.processors]],
  [8, ['AllocatedGPU', () => null]],
  [9, ['VirtualSwitchNames', () => ['External']]],
  [10, ['Version', () => '10.0']],
  [11, ['Shielded', () => false]],
  [100, ['EnabledState', (m) => m.enabledState]],
  [101, ['ProcessorLoad', (m) => (m.enabledState === 2 ? 7 : 0)]],
  [103, ['MemoryUsage', (m) => (m.enabledState === 2 ? m.memoryMb : 0)]],
  [104, ['Heartbeat', (m) => (m.enabledState === 2 ? 2 : 6)]],
  [105, ['UpTime', (m) => m.upTimeMs]],
  [106, ['GuestOperatingSystem', (m) => (m.enabledState === 2 ? m.guestSystem : null)]],
  [109, ['HealthState', () => 5]],
  [110, ['OperationalStatus', () => [2]]],
  [111, ['StatusDescriptions', () => ['Operating normally']]],
  [112, ['MemoryAvailable', (m) => (m.enabledState === 2 ? 40 : null)]],
  [113, ['AvailableMemoryBuffer', () => 0]],
  [114, ['ReplicationMode', () => 0]],
  [115, ['ReplicationState', () => 0]],
  [116, ['ReplicationHealth', () => 0]],
  [120, ['SwapFilesInUse', () => false]],
  [121, ['IntegrationServicesVersionState', () => 1]],
  [123, ['MemorySpansPhysicalNumaNodes', () => false]],
  [132, ['OtherEnabledState', () => null]],
]);

/** Properties every summary has, whatever was asked for. */
const always = (machine: Machine, host: string): readonly (readonly [string, CimValue])[] => [
  ['HostComputerSystemName', host],
  ['InstanceID', `Microsoft:${machine.id}`],
  ['VirtualSystemSubType', `Microsoft:Hyper-V:SubType:${machine.generation}`],
];

const COMPLETED = 0;

/**
 * GetSummaryInformation: SettingData names machines (absent: all), RequestedInformation the properties. Snapshots (107) are the settings of
 * the checkpoint as embedded instances.
 */
export function summaryMethod(namespace: string, host: string, machines: readonly Machine[], startedAt: Date): CimMethod {
  return (_, parameters) => {
    const wanted = parameters.get('RequestedInformation')?.map(Number) ?? [];
    const named = parameters.get('SettingData') ?? [];
    const chosen = named.length === 0 ? machines : machines.filter((m) => named.some((id) => id.toUpperCase().includes(m.id)));
    const summaries = chosen.map((machine): CimInstance => {
      const properties = new Map<string, CimValue>(always(machine, host));
      for (const code of wanted) {
        const entry = PROPERTIES.get(code);
        if (entry !== undefined) properties.set(entry[0], entry[1](machine));
        if (code === 107) properties.set('Snapshots', machine.checkpoint ? [checkpointOf(namespace, machine, startedAt)] : null);
      }
      return { kind: 'instance', namespace, class: 'Msvm_SummaryInformation', properties };
    });
    return new Map<string, CimValue>([
      ['SummaryInformation', summaries],
      ['ReturnValue', COMPLETED],
    ]);
  };
}

function checkpointOf(namespace: string, machine: Machine, at: Date): CimInstance {
  return instanceOf(namespace, 'Msvm_VirtualSystemSettingData', {
    CreationTime: datetime(at),
    ElementName: `${machine.name} - (before update)`,
    VirtualSystemType: 'Microsoft:Hyper-V:Snapshot:Realized',
  });
}
