import type { ResolvedSpec } from '../resolved.ts';
import { type Machine, machinesOf } from './machines.ts';
import { type CimNamespace, datetime, defineClass, defineNamespace, type Row } from './model.ts';
import { summaryMethod } from './summary.ts';
import { guestSystem, hostSystem, managementService } from './virtualization.ts';

const NS = 'root/virtualization';
/** SettingType of Msvm_VirtualSystemSettingData, version 1: 3 the machine itself, 5 a snapshot. */
const MACHINE = 3;
const SNAPSHOT = 5;

/** root/virtualization (Hyper-V of Windows Server 2008 and 2008 R2; gone since 2012 R2): what inventory reads of it. */
export function virtualizationV1(spec: ResolvedSpec, startedAt: Date): CimNamespace {
  const machines = machinesOf(spec);
  const rows = (row: (machine: Machine) => Row) => () => machines.map(row);
  return defineNamespace(NS, [
    defineClass(NS, 'Msvm_ComputerSystem', ['CreationClassName', 'Name'], () => [
      hostSystem(spec, startedAt),
      ...machines.map((m) => guestSystem(m, startedAt)),
    ]),
    defineClass(NS, 'Msvm_VirtualSystemSettingData', ['InstanceID'], () => [
      ...machines.map((m) => settings(m, MACHINE, m.id)),
      ...machines.filter((m) => m.checkpoint).map((m) => settings(m, SNAPSHOT, spec.guid(`checkpoint ${m.id}`))),
    ]),
    defineClass(
      NS,
      'Msvm_ProcessorSettingData',
      ['InstanceID'],
      rows((m) => ({
        InstanceID: `Microsoft:${m.id}\\b637f346-6a0e-4dec-af52-bd70cb80a21d\\0`,
        VirtualQuantity: m.processors,
        Weight: 100,
      })),
    ),
    defineClass(
      NS,
      'Msvm_MemorySettingData',
      ['InstanceID'],
      rows((m) => ({
        InstanceID: `Microsoft:${m.id}\\4764334d-e001-4176-82ee-5594ec9b530e`,
        VirtualQuantity: m.memoryMb,
        Limit: m.memoryMb,
      })),
    ),
    defineClass(
      NS,
      'Msvm_VirtualSystemManagementService',
      ['CreationClassName', 'Name', 'SystemCreationClassName', 'SystemName'],
      () => [managementService(spec)],
      { methods: { GetSummaryInformation: summaryMethod(NS, spec.name, machines, startedAt) } },
    ),
  ]);
}

function settings(machine: Machine, type: number, id: string): Row {
  return {
    BIOSGUID: machine.biosGuid,
    BIOSSerialNumber: `0000-${machine.id.slice(0, 4)}`,
    CreationTime: datetime(machine.createdAt),
    ElementName: type === MACHINE ? machine.name : `${machine.name} - (before update)`,
    InstanceID: `Microsoft:${id}`,
    Notes: machine.notes.join('\n'),
    Parent: null,
    SettingType: type,
    SystemName: machine.id,
  };
}
