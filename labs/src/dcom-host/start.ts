import { createServer, type Server, type Socket } from 'node:net';
import { RpcAcceptor, type RpcAcceptorOptions, type RpcService } from '@winmedic/dcerpc';
import { ntlmLogin } from './login.ts';
import { objectServices, resolverServices } from './services.ts';
import type { DcomHost, DcomHostSpec } from './types.ts';

/** Connections at once: a fleet of clients, and not a flood. */
const MAX_CONNECTIONS = 512;

/**
 * Starts the DCOM side of a Windows host on loopback: endpoint mapper with object exporter and activation on one port, activated objects
 * on another.
 */
export async function startDcomHost(spec: DcomHostSpec): Promise<DcomHost> {
  const address = spec.address ?? '127.0.0.1';
  const sockets = new Set<Socket>();
  const calls = new Map<string, number>();
  const counters = { connections: 0, calls };
  const login = spec.login ?? ntlmLogin(spec);
  const nakReason = spec.refusals?.nakReason;
  const serve = (services: (socket: Socket) => RpcService[], port: () => number): Server => {
    const server = createServer((socket) => {
      counters.connections++;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      answer(socket, {
        services: services(socket).map((service) => counted(service, calls)),
        secondaryAddress: String(port()),
        login,
        ...(nakReason === undefined ? {} : { nakReason }),
      });
    });
    server.maxConnections = MAX_CONNECTIONS;
    return server;
  };
  const ports = { resolver: 0, objects: 0 };
  const objects = serve(objectServices, () => ports.objects);
  const resolver = serve(
    (socket) => resolverServices(spec, { port: ports.resolver, dynamicPort: ports.objects, clientAddress: socket.remoteAddress ?? '' }),
    () => ports.resolver,
  );
  ports.objects = await listen(objects, 0, address);
  if (spec.dynamicPortClosed === true) await shut(objects);
  ports.resolver = await listen(resolver, spec.port ?? 0, address);
  return {
    address,
    port: ports.resolver,
    dynamicPort: ports.objects,
    counters,
    async close() {
      const closed = [shut(resolver), shut(objects)];
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

function counted(service: RpcService, calls: Map<string, number>): RpcService {
  return {
    syntax: service.syntax,
    call(call) {
      const key = `${service.syntax.uuid}/${call.opnum}`;
      calls.set(key, (calls.get(key) ?? 0) + 1);
      return service.call(call);
    },
  };
}

/** Feeds one connection to an acceptor, in order; what cannot be read ends the connection. */
function answer(socket: Socket, options: RpcAcceptorOptions): void {
  const acceptor = new RpcAcceptor(options);
  let turn = Promise.resolve();
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    turn = turn.then(async () => {
      try {
        for (const unit of await acceptor.push(bytes)) socket.write(unit);
      } catch {
        socket.destroy();
      }
    });
  });
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
