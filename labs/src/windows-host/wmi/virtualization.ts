import type { ResolvedSpec } from '../resolved.ts';
import { type Machine, machinesOf } from './machines.ts';
import { type CimNamespace, type CimValue, datetime, defineClass, defineNamespace, type Row } from './model.ts';
import { summaryMethod } from './summary.ts';

const NS = 'root/virtualization/v2';
const HOST_KEYS = ['CreationClassName', 'Name'];

/**
 * root/virtualization/v2 (Hyper-V of Windows Server 2012 and later): property names and resource types from the MOF in MicrosoftDocs/win32,
 * hyperv_v2.
 */
export function virtualizationV2(spec: ResolvedSpec, startedAt: Date): CimNamespace {
  const machines = machinesOf(spec);
  const each = (row: (machine: Machine, index: number) => Row) => () => machines.map(row);
  const switchId = spec.guid('switch');
  return defineNamespace(NS, [
    defineClass(
      NS,
      'Msvm_ComputerSystem',
      HOST_KEYS,
      () => [hostSystem(spec, startedAt), ...machines.map((m) => guestSystem(m, startedAt))],
      {
        bases: ['CIM_ComputerSystem'],
      },
    ),
    defineClass(
      NS,
      'Msvm_VirtualSystemSettingData',
      ['InstanceID'],
      () => [
        ...machines.map((m) => settings(m, undefined)),
        ...machines.filter((m) => m.checkpoint).map((m) => settings(m, spec.guid(`checkpoint ${m.id}`))),
      ],
      { bases: ['CIM_VirtualSystemSettingData'] },
    ),
    defineClass(
      NS,
      'Msvm_ProcessorSettingData',
      ['InstanceID'],
      each((m) => ({
        ...allocation(m, 'B637F346-6A0E-4DEC-AF52-BD70CB80A21D\\0', 3, 'Microsoft:Hyper-V:Processor', 'Processor', 'percent / 1000'),
        VirtualQuantity: m.processors,
        VirtualQuantityUnits: 'count',
        Reservation: 0,
        Limit: 100_000,
        Weight: 100,
        LimitProcessorFeatures: false,
        MaxProcessorsPerNumaNode: 16,
        MaxNumaNodesPerSocket: 1,
        ExposeVirtualizationExtensions: false,
      })),
    ),
    defineClass(
      NS,
      'Msvm_MemorySettingData',
      ['InstanceID'],
      each((m) => ({
        ...allocation(m, '4764334D-E001-4176-82EE-5594EC9B530E', 4, 'Microsoft:Hyper-V:Memory', 'Memory', 'byte * 2^20'),
        VirtualQuantity: m.memoryMb,
        VirtualQuantityUnits: 'byte * 2^20',
        Reservation: m.memoryMb,
        Limit: m.memoryMb,
        Weight: 5000,
        DynamicMemoryEnabled: false,
        TargetMemoryBuffer: 20,
        IsVirtualized: true,
        SwapFilesInUse: false,
      })),
    ),
    defineClass(
      NS,
      'Msvm_StorageAllocationSettingData',
      ['InstanceID'],
      each((m) => ({
        ...allocation(m, `${spec.guid('controller')}\\0\\0\\L`, 31, 'Microsoft:Hyper-V:Virtual Hard Disk', 'Hard Disk Image', null),
        HostResource: [m.disk],
        VirtualQuantity: 1,
        Limit: 1,
        Access: 3,
        PersistentReservationsSupported: false,
        SnapshotId: '',
      })),
      { bases: ['CIM_StorageAllocationSettingData'] },
    ),
    defineClass(
      NS,
      'Msvm_SyntheticEthernetPortSettingData',
      ['InstanceID'],
      each((m) => ({
        ...allocation(m, spec.guid(`port ${m.id}`), 10, 'Microsoft:Hyper-V:Synthetic Ethernet Port', 'Network Adapter', 'count'),
        Address: m.macAddress,
        StaticMacAddress: false,
        VirtualSystemIdentifiers: [`{${spec.guid(`port ${m.id}`)}}`],
        ClusterMonitored: true,
      })),
    ),
    defineClass(NS, 'Msvm_EmulatedEthernetPortSettingData', ['InstanceID'], () => []),
    defineClass(
      NS,
      'Msvm_EthernetPortAllocationSettingData',
      ['InstanceID'],
      each((m) => ({
        ...allocation(
          m,
          `${spec.guid(`port ${m.id}`)}\\C`,
          33,
          'Microsoft:Hyper-V:Ethernet Connection',
          'Ethernet Switch Port Settings',
          null,
        ),
        HostResource: [
          `\\\\${spec.name}\\root\\virtualization\\v2:Msvm_VirtualEthernetSwitch.CreationClassName="Msvm_VirtualEthernetSwitch",Name="${switchId}"`,
        ],
        EnabledState: 2,
        LastKnownSwitchName: 'External',
      })),
    ),
    defineClass(NS, 'Msvm_VirtualEthernetSwitch', HOST_KEYS, () => [
      {
        Caption: 'Virtual Switch',
        CreationClassName: 'Msvm_VirtualEthernetSwitch',
        Description: 'Microsoft Virtual Switch',
        ElementName: 'External',
        EnabledState: 5,
        HealthState: 5,
        MaxIOVOffloads: 0,
        MaxVMQOffloads: 16,
        Name: switchId,
        OperationalStatus: [2],
      },
    ]),
    defineClass(
      NS,
      'Msvm_KvpExchangeComponent',
      ['DeviceID'],
      each((m) => exchange(spec, m)),
    ),
    defineClass(NS, 'Msvm_Processor', ['SystemCreationClassName', 'SystemName', 'CreationClassName', 'DeviceID'], () =>
      Array.from({ length: 32 }, (_, i) => ({
        Caption: 'Processor',
        CreationClassName: 'Msvm_Processor',
        CurrentClockSpeed: 2400,
        DeviceID: `Microsoft:${spec.guid('processors')}\\${i}`,
        ElementName: 'Logical Processor',
        EnabledState: 2,
        HealthState: 5,
        LoadPercentage: i % 8,
        MaxClockSpeed: 2400,
        OperationalStatus: [2],
        Role: 'Central Processor',
        SystemCreationClassName: 'Msvm_ComputerSystem',
        SystemName: spec.name,
      })),
    ),
    defineClass(NS, 'Msvm_NumaNode', ['NodeID'], () =>
      [0, 1].map((node) => ({
        Caption: 'Numa Node',
        CreationClassName: 'Msvm_NumaNode',
        CurrentlyConsumableMemoryBlocks: 40_000,
        ElementName: `Numa Node ${node}`,
        EnabledState: 2,
        HealthState: 5,
        NodeID: `Microsoft:PhysicalNode\\${node}`,
        NumberOfLogicalProcessors: 16,
        NumberOfProcessorCores: 8,
        OperationalStatus: [2],
        SystemName: spec.name,
      })),
    ),
    defineClass(NS, 'Msvm_VirtualSystemManagementServiceSettingData', ['InstanceID'], () => [
      {
        BiosLockString: '',
        Caption: 'Hyper-V Virtual System Management Service',
        DefaultExternalDataRoot: 'C:\\ProgramData\\Microsoft\\Windows\\Hyper-V',
        DefaultVirtualHardDiskPath: 'C:\\Users\\Public\\Documents\\Hyper-V\\Virtual Hard Disks',
        ElementName: 'Hyper-V Virtual System Management Service',
        EnhancedSessionModeEnabled: false,
        InstanceID: 'Microsoft:host',
        MaximumMacAddress: '00155D00FFFF',
        MinimumMacAddress: '00155D000000',
        NumaSpanningEnabled: true,
        PrimaryOwnerName: 'Administrators',
      },
    ]),
    defineClass(
      NS,
      'Msvm_VirtualSystemManagementService',
      ['CreationClassName', 'Name', 'SystemCreationClassName', 'SystemName'],
      () => [managementService(spec)],
      {
        bases: ['CIM_VirtualSystemManagementService'],
        methods: { GetSummaryInformation: summaryMethod(NS, spec.name, machines, startedAt) },
      },
    ),
  ]);
}

/** The row of the host itself: no InstallDate, its NetBIOS name as Name (a machine has its GUID there). */
export function hostSystem(spec: ResolvedSpec, startedAt: Date): Row {
  return system('Hosting Computer System', spec.name, spec.name, 2, null, startedAt, 0, 0);
}

/** The row of a virtual machine. */
export function guestSystem(machine: Machine, startedAt: Date): Row {
  const { id, name, enabledState, createdAt, upTimeMs } = machine;
  return system('Virtual Machine', id, name, enabledState, createdAt, startedAt, upTimeMs, enabledState === 2 ? 4000 : 0);
}

function system(
  caption: string,
  name: string,
  elementName: string,
  enabledState: number,
  installed: Date | null,
  changed: Date,
  upTimeMs: number,
  processId: number,
): Row {
  return {
    AvailableRequestedStates: null,
    Caption: caption,
    CreationClassName: 'Msvm_ComputerSystem',
    Description: `Microsoft ${caption}`,
    ElementName: elementName,
    EnabledDefault: 2,
    EnabledState: enabledState,
    EnhancedSessionModeState: 3,
    HealthState: 5,
    InstallDate: installed === null ? null : datetime(installed),
    Name: name,
    NumberOfNumaNodes: installed === null ? 2 : 1,
    OnTimeInMilliseconds: upTimeMs,
    OperationalStatus: [2],
    OtherEnabledState: null,
    ProcessID: processId,
    ReplicationHealth: 0,
    ReplicationMode: 0,
    ReplicationState: 0,
    RequestedState: 12,
    StatusDescriptions: ['Operating normally'],
    TimeOfLastConfigurationChange: datetime(changed),
    TimeOfLastStateChange: datetime(changed),
  };
}

function settings(machine: Machine, checkpoint: string | undefined): Row {
  const id = checkpoint ?? machine.id;
  const folder = `D:\\VMs\\${machine.name}`;
  return {
    AutomaticRecoveryAction: 3,
    AutomaticShutdownAction: 4,
    AutomaticSnapshotsEnabled: false,
    AutomaticStartupAction: 4,
    AutomaticStartupActionDelay: { kind: 'interval', text: 'P0DT0H0M0S' },
    BIOSGUID: machine.biosGuid,
    BIOSSerialNumber: `0000-${machine.id.slice(0, 4)}`,
    BootOrder: [0, 1, 2, 3],
    Caption: checkpoint === undefined ? 'Virtual Machine Settings' : 'Checkpoint Settings',
    ConfigurationDataRoot: folder,
    ConfigurationFile: `Virtual Machines\\${id}.vmcx`,
    ConfigurationID: id,
    CreationTime: datetime(machine.createdAt),
    Description: null,
    ElementName: checkpoint === undefined ? machine.name : `${machine.name} - (before update)`,
    InstanceID: `Microsoft:${id}`,
    IsAutomaticSnapshot: false,
    IsSaved: machine.enabledState === 32_769,
    Notes: machine.notes,
    Parent: null,
    SecureBootEnabled: machine.generation === 2,
    SnapshotDataRoot: folder,
    Version: '10.0',
    VirtualNumaEnabled: true,
    VirtualSystemIdentifier: id,
    VirtualSystemSubType: `Microsoft:Hyper-V:SubType:${machine.generation}`,
    VirtualSystemType: checkpoint === undefined ? 'Microsoft:Hyper-V:System:Realized' : 'Microsoft:Hyper-V:Snapshot:Realized',
  };
}

function allocation(machine: Machine, tail: string, type: number, subType: string, name: string, units: string | null): Row {
  return {
    Address: '',
    AddressOnParent: '',
    AllocationUnits: units,
    AutomaticAllocation: true,
    AutomaticDeallocation: true,
    Caption: name,
    Connection: null,
    ElementName: name,
    HostResource: null,
    InstanceID: `Microsoft:${machine.id}\\${tail}`,
    OtherResourceType: null,
    Parent: null,
    PoolID: '',
    ResourceSubType: subType,
    ResourceType: type,
  };
}

/** Items of the key-value exchange: an embedded instance each, as markup in a string (Msvm_KvpExchangeDataItem). */
function exchange(spec: ResolvedSpec, machine: Machine): Row {
  const item = (name: string, data: string): string =>
    `<INSTANCE CLASSNAME="Msvm_KvpExchangeDataItem"><PROPERTY NAME="Caption" TYPE="string"></PROPERTY><PROPERTY NAME="Data" TYPE="string"><VALUE>${data}</VALUE></PROPERTY><PROPERTY NAME="Name" TYPE="string"><VALUE>${name}</VALUE></PROPERTY><PROPERTY NAME="Source" TYPE="uint16"><VALUE>2</VALUE></PROPERTY></INSTANCE>`;
  const items: CimValue =
    machine.enabledState === 2
      ? [
          item('FullyQualifiedDomainName', machine.dnsName),
          item('OSName', machine.guestSystem),
          item('OSVersion', '10.0.20348'),
          item('NetworkAddressIPv4', machine.address),
        ]
      : null;
  return {
    Caption: 'Key-Value Pair Exchange',
    CreationClassName: 'Msvm_KvpExchangeComponent',
    DeviceID: `Microsoft:${machine.id}\\${spec.guid('kvp')}`,
    ElementName: 'Key-Value pair Exchange',
    EnabledState: machine.enabledState === 2 ? 2 : 3,
    GuestExchangeItems: null,
    GuestIntrinsicExchangeItems: items,
    HealthState: 5,
    Name: 'Key-Value Pair Exchange',
    OperationalStatus: [2],
    SystemCreationClassName: 'Msvm_ComputerSystem',
    SystemName: machine.id,
  };
}

/** Msvm_VirtualSystemManagementService, the one instance GetSummaryInformation is called on. */
export function managementService(spec: ResolvedSpec): Row {
  return {
    Caption: 'Virtual System Management Service',
    CreationClassName: 'Msvm_VirtualSystemManagementService',
    Description: 'Service for creating, manipulating, and managing virtual machines',
    ElementName: 'Hyper-V Virtual System Management Service',
    EnabledState: 2,
    HealthState: 5,
    Name: 'vmms',
    OperationalStatus: [2],
    Started: true,
    SystemCreationClassName: 'Msvm_ComputerSystem',
    SystemName: spec.name,
  };
}
