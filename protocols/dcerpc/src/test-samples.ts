import fc from 'fast-check';
import type { ActivationOut } from './activation-properties.ts';
import type { DualStringArray } from './objref.ts';
import type { PduCommon, RpcPdu } from './pdu.ts';
import type { RpcSyntax } from './syntax.ts';

/** Arbitrary values for the tests of this package. */
export const uuid: fc.Arbitrary<string> = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
  const hex = Buffer.from(bytes).toString('hex');
  return `{${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}}`;
});
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const bytes = fc.uint8Array({ maxLength: 96 });
/** Text without zero, as addresses and names are. */
const name = fc.string({ minLength: 1, maxLength: 24 }).map((text) => text.replaceAll('\0', '_'));

export const syntax: fc.Arbitrary<RpcSyntax> = fc.record({ uuid, major: u16, minor: u16 });

/** Flags without the object bit, which the body decides. */
const common: fc.Arbitrary<PduCommon> = fc
  .record({
    flags: u8,
    callId: u32,
    littleEndian: fc.boolean(),
    auth: fc.option(fc.record({ type: u8, level: u8, contextId: u32, token: fc.uint8Array({ minLength: 1, maxLength: 64 }) }), {
      nil: undefined,
    }),
  })
  .map(({ auth, flags, ...rest }) => ({
    ...rest,
    flags: flags & 0x7f,
    ...(auth === undefined ? {} : { auth: { ...auth, padLength: 0 } }),
  }));

const withAuth = common.filter((value) => value.auth !== undefined);
const contexts = fc.array(fc.record({ id: u16, abstract: syntax, transfers: fc.array(syntax, { maxLength: 4 }) }), { maxLength: 4 });
const results = fc.array(fc.record({ result: u16, reason: u16, transfer: syntax }), { maxLength: 4 });
const printable = fc.stringMatching(/^[0-9a-z]{0,8}$/);

/** Units of every type. */
export const pdu: fc.Arbitrary<RpcPdu> = fc.oneof(
  fc
    .tuple(common, fc.constantFrom('bind' as const, 'alter_context' as const), u16, u16, u32, contexts)
    .map(([head, type, maxTransmit, maxReceive, group, list]) => ({ type, ...head, maxTransmit, maxReceive, group, contexts: list })),
  fc
    .tuple(common, fc.constantFrom('bind_ack' as const, 'alter_context_resp' as const), u16, u16, u32, printable, results)
    .map(([head, type, maxTransmit, maxReceive, group, secondaryAddress, list]) => ({
      type,
      ...head,
      maxTransmit,
      maxReceive,
      group,
      secondaryAddress,
      results: list,
    })),
  fc
    .tuple(common, u16, fc.array(fc.record({ major: u8, minor: u8 }), { maxLength: 4 }))
    .map(([head, reason, versions]) => ({ type: 'bind_nak' as const, ...head, reason, versions })),
  withAuth.map((head) => ({ type: 'auth3' as const, ...head })),
  fc.tuple(common, u32, u16, u16, fc.option(uuid, { nil: undefined }), bytes).map(([head, allocHint, contextId, opnum, object, body]) => ({
    type: 'request' as const,
    ...head,
    ...(object === undefined ? {} : { object, flags: head.flags | 0x80 }),
    allocHint,
    contextId,
    opnum,
    body,
  })),
  fc.tuple(common, u32, u16, u8, bytes).map(([head, allocHint, contextId, cancelCount, body]) => ({
    type: 'response' as const,
    ...head,
    allocHint,
    contextId,
    cancelCount,
    body,
  })),
  fc
    .tuple(common, u16, u32, fc.boolean(), bytes)
    .map(([head, contextId, status, extended, body]) => ({ type: 'fault' as const, ...head, contextId, status, extended, body })),
  fc
    .tuple(common, fc.constantFrom('shutdown' as const, 'co_cancel' as const, 'orphaned' as const))
    .map(([head, type]) => ({ type, ...head })),
);

export const dualStringArray: fc.Arbitrary<DualStringArray> = fc.record({
  strings: fc.array(fc.record({ tower: fc.integer({ min: 1, max: 0xffff }), address: name }), { maxLength: 4 }),
  security: fc.array(fc.record({ service: fc.integer({ min: 1, max: 0xffff }), principal: fc.oneof(fc.constant(''), name) }), {
    maxLength: 4,
  }),
});

const version = fc.record({ major: u16, minor: u16 });
const objref = fc.tuple(uuid, u32, u32, u64, u64, uuid, dualStringArray).map(([iid, flags, publicRefs, oxid, oid, ipid, resolver]) => ({
  kind: 'standard' as const,
  iid,
  std: { flags, publicRefs, oxid, oid, ipid },
  resolver,
}));

export const activationIn = fc.record({
  clsid: uuid,
  iids: fc.array(uuid, { minLength: 1, maxLength: 5 }),
  version,
  contextId: uuid,
  protocols: fc.array(u16, { minLength: 1, maxLength: 3 }),
});

export const activationOut: fc.Arbitrary<ActivationOut> = fc.record({
  interfaces: fc.array(
    fc
      .tuple(uuid, u32, fc.option(objref, { nil: undefined }))
      .map(([iid, hresult, ref]) => ({ iid, hresult, ...(ref === undefined ? {} : { objref: ref }) })),
    { minLength: 1, maxLength: 4 },
  ),
  oxid: u64,
  bindings: dualStringArray,
  ipidRemUnknown: uuid,
  authnHint: u32,
  version,
});
