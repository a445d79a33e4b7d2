/** A connected byte stream, handed in: this package opens no sockets. */
export interface RpcTransport {
  send(bytes: Uint8Array): Promise<void> | void;
  /** The next bytes, as many as there are; an empty array when the peer has closed. Rejects when the connection broke. */
  receive(): Promise<Uint8Array>;
  close(): void;
}
