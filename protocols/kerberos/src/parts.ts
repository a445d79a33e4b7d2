/** Building blocks of messages for the other side of the exchanges: a KDC, or a test. They carry keys and ciphertext. */
export { type EncryptionType, encryptionType, typeOfChecksum, type UsageKey } from './crypto/encryption-type.ts';
export {
  type EncKdcRepPart,
  type EncTicketPart,
  readAuthenticator,
  readEncTicketPart,
  readTimestamp,
  type SessionKey,
  writeEncKdcRepPart,
  writeEncTicketPart,
} from './enc-parts.ts';
export { ETYPE, KRB, MESSAGE, NAME_TYPE, PA, USAGE } from './numbers.ts';
export { type ApReq, type EncryptedData, type KdcReq, type PaData, readEncrypted, readWire } from './wire.ts';
export { writeEncrypted, writeError, writeEtypeInfo2, writeExtendedError, writePaData, writeReply, writeTicket } from './write-wire.ts';
