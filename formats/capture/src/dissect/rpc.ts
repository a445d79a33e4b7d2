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
    return new UnitReader(rpcFraming, context, ({ side, bytes, length, partial, place }) =>
      reader.unit(side, bytes, length, partial, place),
    );
  },
};
