import { beforeAll, describe, expect, it } from 'vitest';
import { buildSample, NO_SAMPLE, type SampleDisk } from './sample.ts';
import { shared } from './shared.ts';
import { missingTools, must } from './tools.ts';
import { allocatedBytes } from './volume.ts';

const missing = NO_SAMPLE ?? (missingTools('fls', 'mmls').length > 0 ? 'fls and mmls (package sleuthkit) not installed' : undefined);
if (missing !== undefined) console.log(`skipped: ${missing}`);

describe.skipIf(missing !== undefined)('the sample disk', () => {
  let disk: SampleDisk;
  beforeAll(() => {
    disk = shared('sample', buildSample);
  });

  it('is sparse and has its three channel files side by side', () => {
    expect(allocatedBytes(disk.path)).toBeLessThan(100 << 20);
    expect(must('mmls', [disk.path])).toContain(String(disk.windows.offset / 512).padStart(10, '0'));
    const listed = must('fls', ['-r', '-p', '-o', String(disk.windows.offset / 512), disk.path]);
    const channel = [...listed.matchAll(/CrowdStrike\/(C-00000291-\S+)/g)].map((each) => each[1]);
    expect(channel.sort()).toEqual([29, 32, 33].map((version) => `C-00000291-00000000-000000${version}.sys`));
  });
});
