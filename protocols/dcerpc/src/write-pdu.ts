import { DcerpcError } from './errors.ts';
import { NdrWriter } from './ndr.ts';
import { PDU_TYPE, type RpcPdu } from './pdu.ts';
import type { RpcSyntax } from './syntax.ts';

/**
 * Writes one unit. Bodies of request, response and fault are written as given, with their padding; other units are padded to 4 bytes
 * before a sec_trailer here (C706 section 13.2.6.1), and `auth.padLength` is computed.
 * @throws {DcerpcError} DCERPC_LIMIT when it does not fit a fragment (65,535 bytes).
 */
export function writePdu(pdu: RpcPdu): Uint8Array {
  const writer = new NdrWriter(pdu.littleEndian);
  writer.u8(5).u8(0).u8(PDU_TYPE[pdu.type]).u8(pdu.flags);
  writer.raw(Uint8Array.of(pdu.littleEndian ? 0x10 : 0, 0, 0, 0));
  writer
    .u16(0)
    .u16(pdu.auth?.token.length ?? 0)
    .u32(pdu.callId);
  const padded = writeBody(writer, pdu);
  if (pdu.auth !== undefined) {
    const before = writer.length;
    if (!padded) writer.align(4);
    const padLength = padded ? pdu.auth.padLength : writer.length - before;
    const trailer = new NdrWriter(pdu.littleEndian).u8(pdu.auth.type).u8(pdu.auth.level).u8(padLength).u8(0).u32(pdu.auth.contextId);
    writer.raw(trailer.finish()).raw(pdu.auth.token);
  }
  if (writer.length > 0xffff) throw new DcerpcError('DCERPC_LIMIT', 'frag_length', { need: 0xffff, have: writer.length });
  writer.patch16(8, writer.length);
  return writer.finish();
}

function writeSyntax(writer: NdrWriter, syntax: RpcSyntax): void {
  writer.uuid(syntax.uuid).u32(syntax.major | (syntax.minor << 16));
}

/** @returns whether the body brings its own padding. */
function writeBody(writer: NdrWriter, pdu: RpcPdu): boolean {
  switch (pdu.type) {
    case 'bind':
    case 'alter_context':
      writer.u16(pdu.maxTransmit).u16(pdu.maxReceive).u32(pdu.group).u8(pdu.contexts.length).align(4);
      for (const context of pdu.contexts) {
        writer.u16(context.id).u8(context.transfers.length).u8(0);
        writeSyntax(writer, context.abstract);
        for (const transfer of context.transfers) writeSyntax(writer, transfer);
      }
      return false;
    case 'bind_ack':
    case 'alter_context_resp':
      writer.u16(pdu.maxTransmit).u16(pdu.maxReceive).u32(pdu.group);
      // An empty address is a length of 0 (alter_context_resp), else the text counts with its terminator.
      writer.u16(pdu.secondaryAddress === '' ? 0 : pdu.secondaryAddress.length + 1);
      for (const char of pdu.secondaryAddress) writer.u8(char.charCodeAt(0));
      if (pdu.secondaryAddress !== '') writer.u8(0);
      writer.align(4).u8(pdu.results.length).align(4);
      for (const result of pdu.results) {
        writer.u16(result.result).u16(result.reason);
        writeSyntax(writer, result.transfer);
      }
      return false;
    case 'bind_nak':
      writer.u16(pdu.reason).u8(pdu.versions.length);
      for (const version of pdu.versions) writer.u8(version.major).u8(version.minor);
      writer.align(4);
      return false;
    case 'auth3':
      writer.u32(0);
      return false;
    case 'request':
      writer.u32(pdu.allocHint).u16(pdu.contextId).u16(pdu.opnum);
      if (pdu.object !== undefined) writer.uuid(pdu.object);
      writer.raw(pdu.body);
      return true;
    case 'response':
      writer.u32(pdu.allocHint).u16(pdu.contextId).u8(pdu.cancelCount).u8(0).raw(pdu.body);
      return true;
    case 'fault':
      writer
        .u32(pdu.body.length + 32)
        .u16(pdu.contextId)
        .u8(0)
        .u8(pdu.extended ? 1 : 0)
        .u32(pdu.status)
        .u32(0)
        .raw(pdu.body);
      return true;
    case 'shutdown':
    case 'co_cancel':
    case 'orphaned':
      return false;
  }
}
