import { memorySource } from '@winmedic/bytes';
import { openEtl } from '@winmedic/etl';
import { traceProvider } from '@winmedic/knowledge';

const HEADINGS =
  'Event Name, Type, Event ID, Version, Channel, Level, Opcode, Task, Keyword, PID, TID, Processor Number, Instance ID, Parent Instance ID, Activity ID, Related Activity ID, Clock-Time, Kernel(ms), User(ms), User Data';
const EPOCH_TICKS = 116_444_736_000_000_000n;

/** A trace as `tracerpt` writes it, in XML or CSV, or as `netsh trace convert` does. */
export function traceText(bytes: Uint8Array, form: 'xml' | 'csv' | 'netsh'): string {
  let build = 0;
  const file = openEtl(memorySource(bytes), { provider: (guid) => traceProvider(guid, build) });
  build = file.header.build;
  const lines: string[] = form === 'xml' ? ['<?xml version="1.0"?>', '<Events>'] : form === 'csv' ? [HEADINGS] : [];
  file.read((event) => {
    if (event.kind !== 'event') return;
    const { id, pid, tid, processor, ticks, activityId } = event;
    const provider = traceProvider(event.provider, build)?.name ?? event.provider;
    const fields = [...event.decode().fields];
    const time = new Date(Number((ticks - EPOCH_TICKS) / 10_000n)).toISOString();
    if (form === 'xml')
      lines.push(
        `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="${provider}" Guid="{${event.provider}}"/><EventID>${id}</EventID><Version>0</Version><Level>4</Level><TimeCreated SystemTime="${time}"/><Correlation ActivityID="{${activityId}}"/><Execution ProcessID="${pid}" ThreadID="${tid}"/><Channel/><Computer/></System><EventData>${fields.map(([name, value]) => `<Data Name="${name}">${escaped(value)}</Data>`).join('')}</EventData></Event>`,
      );
    else if (form === 'csv')
      lines.push(
        `${provider}, Info, ${id}, 0, 16, 4, 0, 7, 0x4000000000000008, 0x${pid.toString(16)}, 0x${tid.toString(16)}, ${processor}, , , {${activityId}}, , ${ticks}, 0, 0, ${fields.map(([, value]) => value).join(', ')}`,
      );
    else {
      const hex = (number: number) => number.toString(16).padStart(4, '0').toUpperCase();
      const when = `${time.slice(0, 10).replaceAll('-', '/')}-${time.slice(11, 23)}000000`;
      lines.push(`[${processor}]${hex(pid)}.${hex(tid)}::${when} [${provider}]${fields.map(([, value]) => value).join(' ')}`);
    }
  });
  return [...lines, ...(form === 'xml' ? ['</Events>'] : [])].join('\r\n');
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
