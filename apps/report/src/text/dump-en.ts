import type { DumpGap, DumpObservation } from '@winmedic/core/model';

type BlameFrom = NonNullable<DumpObservation['blame']>['from'];
type Certainty = NonNullable<DumpObservation['blame']>['certainty'];

/** The words about crash dumps. */
export const dumpEn = {
  section: 'Crash dumps',
  event: 'crash dump',
  more: (n: number) => `${n.toLocaleString('en')} earlier ${n === 1 ? 'dump' : 'dumps'}`,
  kind: 'Kind',
  time: 'Stopped',
  noTime: 'time not recorded in the dump',
  upTime: (duration: string) => `${duration} after the start`,
  live: 'written while the machine ran on: no stop',
  windows: 'Windows',
  build: (build: number) => `build ${build}`,
  processors: (n: number) => (n === 1 ? '1 processor' : `${n} processors`),
  product: { client: 'Windows client', server: 'Windows Server', dc: 'domain controller' } as Record<
    NonNullable<DumpObservation['productType']>,
    string
  >,
  stopCode: 'Stop code',
  stored: (raw: string) => `stored as ${raw}`,
  parameters: 'Parameters',
  withParameters: (parameters: string) => `parameters ${parameters}`,
  module: 'Module',
  atModule: (at: string, certainty: string) => `module ${at} (${certainty})`,
  thirdParty: 'third party',
  ofWindows: 'part of Windows: often the place where the fault shows, not its source',
  unloaded: 'unloaded before the stop',
  certainty: { strong: 'strong evidence', weak: 'weak evidence, may be the victim' } as Record<Certainty, string>,
  from: {
    parameter: 'a parameter of the stop leads to it',
    exception: 'the address of the exception lies in it',
    stack: 'it stands in the saved stack',
    noted: 'the kernel noted it',
  } as Record<BlameFrom, string>,
  noModule: 'none named by the dump',
  rests: 'Rests on',
  version: 'Version',
  versionFrom: (version: string, file: string) => `${version} (${file}: the very file of the dump)`,
  noVersion: (module: string) => `not known; it is shown when the file ${module} of that host is given too`,
  noStamp: 'not known: the dump does not keep what identifies the file',
  otherBuild: (module: string) => `not known: the file ${module} given is another build than the one in the dump`,
  noVersionInFile: (file: string) => `not known: ${file} is the very file of the dump, but holds no version`,
  maker: 'Maker',
  knownMaker: (maker: string) => `${maker} (from the list of known drivers)`,
  unverifiedMaker: (maker: string) => `${maker} (from the list of known drivers, not verified)`,
  others: 'Other candidates (stack)',
  stack: 'Stack',
  notRead: 'Not read',
  part: { modules: 'list of drivers', stack: 'stack' } as Record<DumpGap['part'], string>,
  gap: {
    'page-missing': 'a page needed for it is not in the dump',
    truncated: 'the file ends before it',
    'not-in-this-kind': 'this dump does not hold it',
    'bad-data': 'what the dump holds there cannot be right',
  } as Record<DumpGap['reason'], string>,
  changed: 'Changed to',
  key: 'Key',
  hive: 'Hive',
  written: 'Key last written',
};
