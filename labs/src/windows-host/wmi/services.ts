import type { ResolvedSpec } from '../resolved.ts';
import { type CimClass, type CimInstance, type CimMethod, defineClass, instanceOf, type Row } from './model.ts';

/** The services of the host: what Win32_Service shows and StartService, StopService change. */
export interface ServiceControl {
  readonly cimClass: CimClass;
}

type Service = { readonly name: string; readonly display: string; readonly mode: string; running: boolean };

const NS = 'root/cimv2';
/** ReturnValue of StartService and StopService (win32 documentation, Win32_Service): 0 done, 5 not running, 10 already running, 14 disabled. */
const DONE = 0;
const NOT_ACTIVE = 5;
const ALREADY_RUNNING = 10;
const DISABLED = 14;

/** Services as Windows Server has them, filled up with `Example Service n` to the number asked for. */
export function serviceControl(spec: ResolvedSpec): ServiceControl {
  let list: Service[] | undefined;
  const services = (): Service[] => {
    list ??= makeServices(spec);
    return list;
  };
  const change =
    (run: boolean): CimMethod =>
    (instance) => {
      const found = services().find((s) => s.name === instance?.properties.get('Name'));
      if (found === undefined) return new Map([['ReturnValue', 6]]);
      if (found.mode === 'Disabled' && run) return new Map([['ReturnValue', DISABLED]]);
      if (found.running === run) return new Map([['ReturnValue', run ? ALREADY_RUNNING : NOT_ACTIVE]]);
      found.running = run;
      return new Map([['ReturnValue', DONE]]);
    };
  const defined = defineClass(NS, 'Win32_Service', ['Name'], () => [], {
    bases: ['Win32_BaseService', 'CIM_Service'],
    methods: { StartService: change(true), StopService: change(false) },
  });
  return {
    cimClass: {
      ...defined,
      instances: (): readonly CimInstance[] => services().map((s, i) => instanceOf(NS, 'Win32_Service', row(spec, s, i))),
    },
  };
}

function makeServices(spec: ResolvedSpec): Service[] {
  const hyperV = spec.roles.some((role) => role.startsWith('hyper-v'));
  const cluster = spec.roles.includes('cluster');
  const list: Service[] = [
    { name: 'ClusSvc', display: 'Cluster Service', mode: cluster ? 'Auto' : 'Disabled', running: cluster },
    { name: 'EventLog', display: 'Windows Event Log', mode: 'Auto', running: true },
    { name: 'Netlogon', display: 'Netlogon', mode: spec.dnsDomain === '' ? 'Manual' : 'Auto', running: spec.dnsDomain !== '' },
    { name: 'RemoteRegistry', display: 'Remote Registry', mode: 'Auto', running: false },
    { name: 'TermService', display: 'Remote Desktop Services', mode: 'Manual', running: spec.rdp !== undefined },
    { name: 'vmcompute', display: 'Hyper-V Host Compute Service', mode: hyperV ? 'Manual' : 'Disabled', running: hyperV },
    { name: 'vmms', display: 'Hyper-V Virtual Machine Management', mode: hyperV ? 'Auto' : 'Disabled', running: hyperV },
    { name: 'WinRM', display: 'Windows Remote Management (WS-Management)', mode: 'Auto', running: true },
  ];
  for (let i = list.length; i < spec.services; i++)
    list.push({ name: `Example${i}`, display: `Example Service ${i}`, mode: 'Manual', running: i % 3 === 0 });
  return list;
}

function row(spec: ResolvedSpec, service: Service, index: number): Row {
  return {
    AcceptPause: false,
    AcceptStop: service.running,
    Caption: service.display,
    CheckPoint: 0,
    CreationClassName: 'Win32_Service',
    DelayedAutoStart: false,
    Description: `${service.display} of ${spec.name}`,
    DesktopInteract: false,
    DisplayName: service.display,
    ErrorControl: 'Normal',
    ExitCode: service.running ? 0 : 1077,
    InstallDate: null,
    Name: service.name,
    PathName: 'C:\\Windows\\System32\\svchost.exe -k netsvcs -p',
    ProcessId: service.running ? 1000 + 4 * index : 0,
    ServiceSpecificExitCode: 0,
    ServiceType: 'Share Process',
    Started: service.running,
    StartMode: service.mode,
    StartName: 'LocalSystem',
    State: service.running ? 'Running' : 'Stopped',
    Status: 'OK',
    SystemCreationClassName: 'Win32_ComputerSystem',
    SystemName: spec.name,
    TagId: 0,
    WaitHint: 0,
  };
}
