import { PDU_TYPE } from '@winmedic/dcerpc/messages';
import { rpcFraming } from './rpc-framing.ts';
import { RpcReader } from './rpc-reader.ts';
import type { DissectContext, StreamDissector, StreamProtocol } from './types.ts';
import { UnitReader } from './unit-reader.ts';

/** DCE RPC over TCP: endpoint mapper, activation and the objects behind it (C706, MS-RPCE, MS-DCOM). */
export const RPC: StreamProtocol = {
  name: 'rpc',
  recognise(_side, first) {
    const is = rpcFraming.plausible(first, 0);
    return is === undefined ? 'more' : is ? 'yes' : 'no';
  },
  open(context: DissectContext): StreamDissector {
    const reader = new RpcReader({
      emit: (message) => context.emit(message),
      expect: (address, port) => context.expectRpc(address ?? context.server.address, port),
    });
    /** The client began with a bind: then the server had nothing to say before. */
    let bound = false;
    return new UnitReader(
      rpcFraming,
      context,
      ({ side, bytes, length, partial, place }) => {
        bound ||= side === 'client' && bytes[2] === PDU_TYPE.bind;
        reader.unit(side, bytes, length, partial, place);
      },
      (from, _first, { frame, at }) => {
        if (bound && from === 'server') context.emit({ layer: 'rpc', kind: 'not-this', frame, at, from, bytes: 0, looksLike: '' });
      },
    );
  },
};
