import { currentControlSet, type Hive } from '@winmedic/registry-hive';

/**
 * Name of the control set that the next start of Windows uses, which is the one to change on a disk: `Select\Default` names it, `Select\Current` that of the
 * last start. They differ after a start with the last known good configuration, and where somebody chose another set. Without a usable `Default`:
 * {@link currentControlSet}.
 * @source Windows 2000 Resource Kit, "Select" (HKLM\SYSTEM): which control set was used to start the system this time, and which will be next time
 */
export function nextControlSet(system: Hive): string | undefined {
  const next = system.key('Select')?.value('Default')?.number();
  const name = `ControlSet${String(next).padStart(3, '0')}`;
  return next !== undefined && system.key(name) !== undefined ? name : currentControlSet(system);
}
