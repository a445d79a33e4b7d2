import type { ResolvedSpec } from '../resolved.ts';
import { type CimInstance, type CimNamespace, datetime, defineClass, defineNamespace, type Row } from './model.ts';
import type { ServiceControl } from './services.ts';

const NS = 'root/cimv2';
const BOOTED_BEFORE_MS = 9 * 86_400_000;
const INSTALLED = new Date('2024-05-14T02:11:09Z');

/** root/cimv2: hardware, operating system, services, network and updates (property names: MicrosoftDocs/win32, CIMWin32 provider). */
export function cimv2(spec: ResolvedSpec, services: ServiceControl, startedAt: Date): CimNamespace {
  const bootedAt = new Date(startedAt.getTime() - BOOTED_BEFORE_MS);
  const caption = captionOf(spec.build);
  const one = (row: Row) => () => [row];
  return defineNamespace(NS, [
    defineClass(NS, 'Win32_ComputerSystem', ['Name'], one(computerSystem(spec)), {
      bases: ['CIM_ComputerSystem', 'CIM_UnitaryComputerSystem'],
    }),
    defineClass(
      NS,
      'Win32_ComputerSystemProduct',
      ['IdentifyingNumber', 'Name', 'Version'],
      one({
        Caption: 'Computer System Product',
        Description: 'Computer System Product',
        IdentifyingNumber: `SN-${spec.guid('serial').slice(0, 8)}`,
        Name: 'Rack Server 2',
        SKUNumber: null,
        UUID: spec.guid('machine'),
        Vendor: 'Example Systems',
        Version: '1.0',
      }),
    ),
    operatingSystem(spec, caption, bootedAt),
    defineClass(NS, 'Win32_Processor', ['DeviceID'], () => [processor(0), processor(1)], { bases: ['CIM_Processor'] }),
    defineClass(
      NS,
      'Win32_BIOS',
      ['Name', 'SoftwareElementID', 'SoftwareElementState', 'TargetOperatingSystem', 'Version'],
      one({
        BIOSVersion: ['EXMPL - 1', '2.4.1'],
        Caption: '2.4.1',
        Description: '2.4.1',
        Manufacturer: 'Example Systems',
        Name: '2.4.1',
        PrimaryBIOS: true,
        ReleaseDate: datetime(new Date('2023-03-01T00:00:00Z')),
        SerialNumber: `SN-${spec.guid('serial').slice(0, 8)}`,
        SMBIOSBIOSVersion: '2.4.1',
        SMBIOSMajorVersion: 3,
        SMBIOSMinorVersion: 3,
        SMBIOSPresent: true,
        SoftwareElementID: '2.4.1',
        SoftwareElementState: 3,
        Status: 'OK',
        TargetOperatingSystem: 0,
        Version: 'EXMPL - 1',
      }),
    ),
    defineClass(NS, 'Win32_QuickFixEngineering', ['HotFixID', 'ServicePackInEffect'], () =>
      ['KB5031993', 'KB5032198'].map((id, i) => ({
        Caption: null,
        CSName: spec.name,
        Description: i === 0 ? 'Update' : 'Security Update',
        FixComments: '',
        HotFixID: id,
        InstallDate: null,
        InstalledBy: 'NT AUTHORITY\\SYSTEM',
        InstalledOn: `11/${10 + i}/2024`,
        Name: null,
        ServicePackInEffect: '',
        Status: null,
      })),
    ),
    defineClass(NS, 'Win32_NetworkAdapterConfiguration', ['Index'], () => [adapter(spec, 0, false), adapter(spec, 1, true)]),
    defineClass(NS, 'Win32_OptionalFeature', ['Name'], () =>
      [
        ['Microsoft-Hyper-V', spec.roles.some((role) => role.startsWith('hyper-v'))] as const,
        ['FailoverCluster-FullServer', spec.roles.includes('cluster')] as const,
      ].map(([name, on]) => ({ Caption: name, Description: null, InstallDate: null, InstallState: on ? 1 : 2, Name: name, Status: null })),
    ),
    defineClass(NS, 'Win32_LogicalDisk', ['DeviceID'], () => [disk('C:', 'OS'), disk('D:', 'VMs')], { bases: ['CIM_LogicalDisk'] }),
    defineClass(NS, 'CIM_DataFile', ['Name'], () =>
      spec.roles.some((role) => role.startsWith('hyper-v')) ? [dataFile('c:\\windows\\system32\\vmms.exe', spec.build)] : [],
    ),
    services.cimClass,
  ]);
}

/** The clock and the uptime change from query to query: these rows are made each time. */
function operatingSystem(spec: ResolvedSpec, caption: string, bootedAt: Date) {
  const fixed = defineClass(NS, 'Win32_OperatingSystem', ['Name'], () => [
    {
      BootDevice: '\\Device\\HarddiskVolume1',
      BuildNumber: spec.build.split('.')[2] ?? '0',
      BuildType: 'Multiprocessor Free',
      Caption: caption,
      CodeSet: '1252',
      CountryCode: '1',
      CreationClassName: 'Win32_OperatingSystem',
      CSCreationClassName: 'Win32_ComputerSystem',
      CSDVersion: null,
      CSName: spec.name,
      CurrentTimeZone: 0,
      FreePhysicalMemory: 41_204_816n,
      InstallDate: datetime(INSTALLED),
      LastBootUpTime: datetime(bootedAt),
      LocalDateTime: datetime(bootedAt),
      Locale: '0409',
      Manufacturer: 'Microsoft Corporation',
      MUILanguages: ['en-US'],
      Name: `${caption}|C:\\Windows|\\Device\\Harddisk0\\Partition3`,
      NumberOfProcesses: 96,
      OperatingSystemSKU: 7,
      OSArchitecture: '64-bit',
      OSLanguage: 1033,
      OSType: 18,
      ProductType: 3,
      SerialNumber: '00000-00000-00000-AA000',
      ServicePackMajorVersion: 0,
      ServicePackMinorVersion: 0,
      Status: 'OK',
      SystemDrive: 'C:',
      TotalVisibleMemorySize: 134_217_728n,
      Version: spec.build,
      WindowsDirectory: 'C:\\Windows',
    },
  ]);
  return {
    ...fixed,
    bases: ['CIM_OperatingSystem'],
    instances: (): readonly CimInstance[] =>
      fixed.instances().map((i) => ({ ...i, properties: new Map(i.properties).set('LocalDateTime', datetime(spec.now())) })),
  };
}

function computerSystem(spec: ResolvedSpec): Row {
  const member = spec.dnsDomain !== '';
  return {
    AdminPasswordStatus: 3,
    BootupState: 'Normal boot',
    Caption: spec.name,
    CreationClassName: 'Win32_ComputerSystem',
    CurrentTimeZone: 0,
    Description: 'AT/AT COMPATIBLE',
    DNSHostName: spec.name.toLowerCase(),
    Domain: member ? spec.dnsDomain : 'WORKGROUP',
    DomainRole: member ? 3 : 2,
    HypervisorPresent: spec.roles.some((role) => role.startsWith('hyper-v')),
    Manufacturer: 'Example Systems',
    Model: 'Rack Server 2',
    Name: spec.name,
    NumberOfLogicalProcessors: 32,
    NumberOfProcessors: 2,
    OEMStringArray: null,
    PartOfDomain: member,
    PrimaryOwnerName: 'Example',
    Roles: ['LM_Workstation', 'LM_Server', 'NT', 'Server_NT'],
    Status: 'OK',
    SystemFamily: 'Rack',
    SystemType: 'x64-based PC',
    TotalPhysicalMemory: 137_438_953_472n,
    UserName: null,
    Workgroup: member ? null : 'WORKGROUP',
  };
}

function processor(index: number): Row {
  return {
    AddressWidth: 64,
    Architecture: 9,
    Caption: 'Intel64 Family 6 Model 106 Stepping 6',
    CreationClassName: 'Win32_Processor',
    CurrentClockSpeed: 2400,
    DataWidth: 64,
    Description: 'Intel64 Family 6 Model 106 Stepping 6',
    DeviceID: `CPU${index}`,
    Family: 179,
    L2CacheSize: 10_240,
    Manufacturer: 'GenuineIntel',
    MaxClockSpeed: 2400,
    Name: 'Example CPU 8 Cores @ 2.40GHz',
    NumberOfCores: 8,
    NumberOfEnabledCore: 8,
    NumberOfLogicalProcessors: 16,
    ProcessorId: '0000000000000000',
    ProcessorType: 3,
    Role: 'CPU',
    SocketDesignation: `CPU${index + 1}`,
    Status: 'OK',
    VirtualizationFirmwareEnabled: true,
  };
}

function adapter(spec: ResolvedSpec, index: number, enabled: boolean): Row {
  return {
    Caption: `[${String(index).padStart(8, '0')}] ${enabled ? 'Hyper-V Virtual Ethernet Adapter' : 'Kernel Debug Network Adapter'}`,
    DefaultIPGateway: enabled ? ['192.0.2.1'] : null,
    Description: enabled ? 'Hyper-V Virtual Ethernet Adapter' : 'Microsoft Kernel Debug Network Adapter',
    DHCPEnabled: !enabled,
    DNSDomain: null,
    DNSHostName: enabled ? spec.name.toLowerCase() : null,
    DNSServerSearchOrder: enabled ? ['192.0.2.2', '192.0.2.3'] : null,
    Index: index,
    InterfaceIndex: 4 + index,
    IPAddress: enabled ? ['192.0.2.10', 'fe80::1'] : null,
    IPEnabled: enabled,
    IPSubnet: enabled ? ['255.255.255.0', '64'] : null,
    MACAddress: enabled ? '00:15:5D:00:00:01' : null,
    ServiceName: enabled ? 'VMSNPXYMP' : 'kdnic',
    SettingID: `{${spec.guid(`adapter ${index}`)}}`,
  };
}

function disk(id: string, name: string): Row {
  return {
    Caption: id,
    Description: 'Local Fixed Disk',
    DeviceID: id,
    DriveType: 3,
    FileSystem: 'NTFS',
    FreeSpace: 96_636_764_160n,
    Name: id,
    Size: 214_748_364_800n,
    VolumeName: name,
    VolumeSerialNumber: '00C0FFEE',
  };
}

function dataFile(name: string, version: string): Row {
  return {
    Caption: name,
    Drive: 'c:',
    Extension: 'exe',
    FileName: 'vmms',
    FileSize: 15_466_496n,
    Manufacturer: 'Microsoft Corporation',
    Name: name,
    Path: '\\windows\\system32\\',
    Readable: true,
    Status: 'OK',
    Version: `${version}.1`,
  };
}

/** Product name by build (Windows Server release information); the build alone for others. */
function captionOf(build: string): string {
  const names = new Map([
    ['6.0.6002', 'Microsoft Windows Server 2008 Standard'],
    ['6.1.7601', 'Microsoft Windows Server 2008 R2 Standard'],
    ['6.2.9200', 'Microsoft Windows Server 2012 Standard'],
    ['6.3.9600', 'Microsoft Windows Server 2012 R2 Standard'],
    ['10.0.14393', 'Microsoft Windows Server 2016 Standard'],
    ['10.0.17763', 'Microsoft Windows Server 2019 Standard'],
    ['10.0.20348', 'Microsoft Windows Server 2022 Standard'],
    ['10.0.26100', 'Microsoft Windows Server 2025 Standard'],
  ]);
  return names.get(build) ?? `Microsoft Windows ${build}`;
}
