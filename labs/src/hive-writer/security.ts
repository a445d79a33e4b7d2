import { parseSid } from '@winmedic/bytes';

/** One entry of the access list of {@link securityDescriptor}. */
export interface AllowedAccess {
  /** `S-1-5-18` … */
  readonly sid: string;
  /** Access mask; 0xf003f is full control of a key, 0x20019 reading. */
  readonly mask: number;
  /** Inherited by subkeys (default true). */
  readonly inherit?: boolean;
}

/**
 * Self-relative security descriptor with owner, group and a list of allowed accesses.
 * @source [MS-DTYP] 2.4.6 SECURITY_DESCRIPTOR, 2.4.5 ACL, 2.4.4.2 ACCESS_ALLOWED_ACE
 */
export function securityDescriptor(owner: string, group: string, allowed: readonly AllowedAccess[]): Uint8Array {
  const sid = (text: string): Uint8Array => {
    const bytes = parseSid(text);
    if (!bytes) throw new TypeError(`not a SID: ${text}`);
    return bytes;
  };
  const entries = allowed.map((entry) => ({ ...entry, bytes: sid(entry.sid) }));
  const listSize = 8 + entries.reduce((sum, entry) => sum + 8 + entry.bytes.length, 0);
  const ownerBytes = sid(owner);
  const groupBytes = sid(group);
  const out = new Uint8Array(20 + listSize + ownerBytes.length + groupBytes.length);
  const view = new DataView(out.buffer);
  out[0] = 1;
  view.setUint16(2, 0x8004, true); // SE_SELF_RELATIVE | SE_DACL_PRESENT
  view.setUint32(4, 20 + listSize, true);
  view.setUint32(8, 20 + listSize + ownerBytes.length, true);
  view.setUint32(16, 20, true);
  out[20] = 2; // ACL_REVISION
  view.setUint16(22, listSize, true);
  view.setUint16(24, entries.length, true);
  let at = 28;
  for (const { bytes, mask, inherit } of entries) {
    out[at + 1] = inherit === false ? 0 : 2; // CONTAINER_INHERIT_ACE
    view.setUint16(at + 2, 8 + bytes.length, true);
    view.setUint32(at + 4, mask, true);
    out.set(bytes, at + 8);
    at += 8 + bytes.length;
  }
  out.set(ownerBytes, 20 + listSize);
  out.set(groupBytes, 20 + listSize + ownerBytes.length);
  return out;
}

/** Full control for SYSTEM and Administrators, reading for Users. */
export const DEFAULT_SECURITY: Uint8Array = securityDescriptor('S-1-5-32-544', 'S-1-5-18', [
  { sid: 'S-1-5-18', mask: 0xf003f },
  { sid: 'S-1-5-32-544', mask: 0xf003f },
  { sid: 'S-1-5-32-545', mask: 0x20019 },
]);
